"""The machine's clock, beside others: a wrong one refuses codes of second factors, and puts chats out of order."""

import http.client
import time
from collections.abc import Iterator
from contextlib import closing
from email.utils import parsedate_to_datetime
from functools import partial
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from django.db import Error, connection
from django.db.models import Max
from django.utils import timezone

from conversations.doctor import asking
from conversations.doctor.finding import Finding, fault, ok, warning
from conversations.models import Message
from conversations.provider.sources import configured

SLIGHT, WRONG = 5.0, 30.0  # seconds: codes of a second factor count for 30
PATIENCE = 5.0  # seconds
REMEDY = "Let the machine set its clock by the network: timedatectl set-ntp true (or chrony, ntpd)."


def look() -> Iterator[Finding]:
    asked = [*_database(), *_provider()]
    found = [finding for name, offset in asked if (finding := _judged(name, offset))]
    found += _future()
    if found:
        yield from found
    elif asked:
        names = " and ".join(name for name, _ in asked)
        yield ok(f"it agrees with that of {names}, to {max(abs(offset) for _, offset in asked):.1f} s")
    else:
        yield ok("nobody was there to compare it with; nothing was written in its future")


def _judged(name: str, offset: float) -> Finding | None:
    if abs(offset) < SLIGHT:
        return None
    text = f"This machine's clock is {abs(offset):.0f} s {'behind' if offset > 0 else 'ahead of'} that of {name}."
    return (fault if abs(offset) >= WRONG else warning)(text, REMEDY)


def _database() -> Iterator[tuple[str, float]]:
    """PostgreSQL's may be another machine's; SQLite has ours."""
    if connection.vendor == "sqlite":
        return
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT extract(epoch FROM clock_timestamp())")
            yield "the database", float(cursor.fetchone()[0]) - time.time()
    except Error:
        return  # the database's look tells of it
    finally:
        connection.close()


def _provider() -> Iterator[tuple[str, float]]:
    """By the date that each reply of HTTP bears, in whole seconds; what was asked for does not matter."""
    source = configured()
    if source is None:
        return
    (offset,) = asking.side_by_side([partial(_offset, urlsplit(source.base_url))], seconds=2 * PATIENCE)
    if offset is not None:  # else the provider's look tells of it
        yield urlsplit(source.base_url).hostname or "", offset


def _offset(address: SplitResult) -> float | None:
    kind = http.client.HTTPSConnection if address.scheme == "https" else http.client.HTTPConnection
    try:
        with closing(kind(address.hostname or "", address.port, timeout=PATIENCE)) as connection:
            connection.request("HEAD", "/")
            date = connection.getresponse().headers["Date"]
            return parsedate_to_datetime(date).timestamp() + 0.5 - time.time()
    except (OSError, http.client.HTTPException, TypeError, ValueError):
        return None


def _future() -> Iterator[Finding]:
    if connection.vendor == "sqlite" and not Path(connection.settings_dict["NAME"]).exists():
        return  # the database's look tells of it
    try:
        newest = Message.objects.aggregate(Max("created_at"))["created_at__max"]
    except Error:
        return
    finally:
        connection.close()
    if newest and (ahead := (newest - timezone.now()).total_seconds()) > WRONG:
        yield fault(f"The newest message is of {ahead:.0f} s from now: the clock was ahead, or is behind.", REMEDY)

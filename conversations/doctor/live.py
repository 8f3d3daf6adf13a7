"""Redis, by which processes hear each other."""

import asyncio
from collections.abc import Iterator

from django.conf import settings
from django.db import connection

from conversations import live
from conversations.doctor.finding import Finding, fault, ok
from conversations.text import one_line

OLDEST = 5  # which has streams


def look() -> Iterator[Finding]:
    if not settings.REDIS_URL:
        is_alone = connection.vendor == "sqlite"
        yield ok("not used" if is_alone else "not used: processes follow each other's answers by the database")
        return
    try:
        version = asyncio.run(live.version(settings.REDIS_URL))
    except OSError as error:
        yield fault(
            f"Redis does not answer: {one_line(error)}. Readers at other processes see an answer about once a second.",
            'See whether it runs and whether REDIS_URL has the right host and password: redis-cli -u "$REDIS_URL" ping',
        )
        return
    if int(version.partition(".")[0]) < OLDEST:
        yield fault(f"Redis {version} is too old.", f"Use Redis {OLDEST} or later.")
    else:
        yield ok(f"Redis {version} answers")

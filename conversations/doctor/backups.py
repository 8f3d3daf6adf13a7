"""Whether backups can be made, and how old the last one is."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta

from django.db import Error, connection
from django.utils import timezone

from conversations import backup
from conversations.doctor.finding import Finding, fault, ok, warning

OLD = timedelta(days=2)
REMEDY = "Let it be done every night (docs/backup.md): manage.py backup"


def look() -> Iterator[Finding]:
    try:
        with suppress(Error):  # of a database that is away another look tells
            backup.check_programs()
    except backup.Unfit as error:
        yield fault(error.reason, f"{error.remedy} Until then no new version starts that changes the database.")
    finally:
        connection.close()
    last, verified = backup.last_made(), backup.last_verified()
    if last is None:
        yield warning("Nothing was ever backed up.", REMEDY)
    elif (age := timezone.now() - last) > OLD:
        yield warning(f"The last backup was made {age.days} days ago.", REMEDY)
    elif verified is None or last - verified > OLD:
        yield warning("No backup of the last days was found to be whole.", "Look through one: manage.py verify")
    else:
        yield ok(f"the last one was made {last:%Y-%m-%d %H:%M} UTC")

"""How old the last backup is."""

from collections.abc import Iterator
from datetime import timedelta

from django.utils import timezone

from conversations import backup
from conversations.doctor.finding import Finding, ok, warning

OLD = timedelta(days=2)
REMEDY = "Let it be done every night (docs/backup.md): manage.py backup"


def look() -> Iterator[Finding]:
    last, verified = backup.last_made(), backup.last_verified()
    if last is None:
        yield warning("Nothing was ever backed up.", REMEDY)
    elif (age := timezone.now() - last) > OLD:
        yield warning(f"The last backup was made {age.days} days ago.", REMEDY)
    elif verified is None or last - verified > OLD:
        yield warning("No backup of the last days was found to be whole.", "Look through one: manage.py verify")
    else:
        yield ok(f"the last one was made {last:%Y-%m-%d %H:%M} UTC")

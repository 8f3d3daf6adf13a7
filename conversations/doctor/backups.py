"""How old the last backup is."""

from collections.abc import Iterator
from datetime import timedelta

from django.utils import timezone

from conversations import backup
from conversations.doctor.finding import Finding, ok, warning

OLD = timedelta(days=2)
REMEDY = "Let it be done every night (docs/backup.md): manage.py backup"


def look() -> Iterator[Finding]:
    last = backup.last_made()
    if last is None:
        yield warning("Nothing was ever backed up.", REMEDY)
    elif (age := timezone.now() - last) > OLD:
        yield warning(f"The last backup was made {age.days} days ago.", REMEDY)
    else:
        yield ok(f"the last one was made {last:%Y-%m-%d %H:%M} UTC")

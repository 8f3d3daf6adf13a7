"""Looks at all that a site needs, one thing after the other, and says for each what is found and what would mend it.

Each look is a function that yields findings, and raises nothing.
"""

from collections.abc import Callable, Iterator

from conversations.doctor import backups, clock, database, disk, live, mail, provider, secrets, streaming, values
from conversations.doctor.finding import Finding, Level

__all__ = ["LOOKS", "Finding", "Level"]

LOOKS: dict[str, Callable[[], Iterator[Finding]]] = {
    "settings": values.look,
    "secrets": secrets.look,
    "disk": disk.look,
    "database": database.look,
    "migrations": database.migrations,
    "backups": backups.look,
    "redis": live.look,
    "provider": provider.look,
    "clock": clock.look,
    "mail": mail.look,
    "streaming": streaming.look,
}

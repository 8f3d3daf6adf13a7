"""Looks at all that a site needs, one thing after the other, and says for each what is found and what would mend it.

Each look is a function that yields findings, and raises nothing.
"""

from collections.abc import Callable, Iterator

from chatsite.settings import environment
from conversations.doctor import backups, clock, database, disk, live, mail, provider, secrets, streaming, values
from conversations.doctor.finding import Finding, Level, fault

__all__ = ["LOOKS", "Finding", "Level", "look"]

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
# Where one of these makes no sense, its default is in force, and what would be looked at is not what was meant.
SETTINGS = {
    "database": {"DATABASE_URL"},
    "migrations": {"DATABASE_URL"},
    "clock": {"DATABASE_URL"},
    "redis": {"REDIS_URL"},
    "provider": {"OPENAI_BASE_URL", "AZURE_OPENAI_ENDPOINT"},
    "mail": {"EMAIL_URL"},
    "streaming": {"PUBLIC_URL", "PORT"},
}


def look(name: str) -> Iterator[Finding]:
    """What the look of LOOKS finds."""
    broken = {problem.name.removesuffix("_FILE") for problem in environment.problems}
    if wanted := sorted(SETTINGS.get(name, set()) & broken):
        yield fault(f"{wanted[0]} makes no sense, so that nothing was looked at.", "See under settings, and mend it.")
        return
    yield from LOOKS[name]()

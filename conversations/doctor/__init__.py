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
DATABASE = {"DATABASE_URL", "DATA_DIR"}
PROVIDER = {
    *("OPENAI_BASE_URL", "OPENAI_API_KEY", "AZURE_OPENAI_ENDPOINT", "AZURE_OPENAI_API_KEY"),
    *("AZURE_OPENAI_API_VERSION", "AZURE_OPENAI_DEPLOYMENT", "CHAT_MODELS"),
}
# Where one of these could not be taken, its default is in force, and what would be looked at is not what was meant.
SETTINGS = {
    "secrets": {"SECRET_KEY", *DATABASE},
    "disk": DATABASE,
    "database": DATABASE,
    "migrations": DATABASE,
    "backups": DATABASE,
    "clock": DATABASE,
    "redis": {"REDIS_URL"},
    "provider": PROVIDER,
    "mail": {"EMAIL_URL"},
    "streaming": {"PUBLIC_URL", "HOST", "PORT"},
}


def look(name: str) -> Iterator[Finding]:
    """What the look of LOOKS finds."""
    broken = {problem.name.removesuffix("_FILE") for problem in environment.problems}
    if wanted := sorted(SETTINGS.get(name, set()) & broken):
        yield fault(
            f"{wanted[0]} could not be taken (see settings), so that nothing was looked at.",
            "chatsite doctor settings, or manage.py check, says why, and what mends it.",
        )
        return
    yield from LOOKS[name]()

"""Who else on this machine could read what only the site should."""

from collections.abc import Iterator
from pathlib import Path

from django.conf import settings

from chatsite.settings import environment
from conversations.doctor.disk import database_folder
from conversations.doctor.finding import Finding, fault, ok, warning

SHORTEST_KEY = 32  # characters; Django makes 50
LETTERS = 5  # different ones at least: "xxxx…" is no secret
OF_EVERYBODY = 0o007
MOUNTED = Path("/run/secrets")  # where Docker and systemd put what this process alone sees


def look() -> Iterator[Finding]:
    found = [*_of_key(), *_of_folder(), *_of_files()]
    yield from found or [ok("the secret key is long, and nobody else can read it or the data")]


def _of_key() -> Iterator[Finding]:
    key = settings.SECRET_KEY
    if len(key) < SHORTEST_KEY or len(set(key)) < LETTERS:
        yield fault(
            "SECRET_KEY is so short or simple that it can be guessed: whoever knows it can log in as anybody.",
            "Set it to what `openssl rand -base64 48` prints, or leave it out: one is made. Everybody logs in again.",
        )


def _of_folder() -> Iterator[Finding]:
    for folder in dict.fromkeys([settings.DATA_DIR, *database_folder()]):
        if _is_open(folder):
            yield warning(
                f"Every user of this machine may look into {folder}, which has the database or the secret key.",
                f"chmod 700 {folder}",
            )


def _of_files() -> Iterator[Finding]:
    for name, path in environment.files().items():
        if _is_open(path) and MOUNTED not in path.parents:
            yield warning(f"Every user of this machine may read {path}, which {name} names.", f"chmod 600 {path}")


def _is_open(path: Path) -> bool:
    try:
        return bool(path.stat().st_mode & OF_EVERYBODY)
    except OSError:  # the settings' look tells of it
        return False

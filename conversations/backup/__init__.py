"""Backups: the whole database in one file, made while the site goes on, looked through, and put back."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, connection

from conversations import metrics, upgrades
from conversations.backup import archive, engines, room
from conversations.backup.archive import Manifest
from conversations.backup.contents import Contents, contents_of, differences
from conversations.backup.errors import Failed
from conversations.backup.moving import move

__all__ = [
    "KEPT",
    "Backup",
    "Failed",
    "Manifest",
    "backups_in",
    "counted",
    "default_folder",
    "described",
    "last_made",
    "make",
    "move",
    "restore",
    "verify",
]

KEPT = 14  # backups of one kind in a folder, where nothing else is asked for


@dataclass(frozen=True)
class Backup:
    path: Path
    manifest: Manifest


def default_folder() -> Path:
    return Path(settings.DATA_DIR) / "backups"


def make(folder: Path, *, kind: str = "chatsite", kept: int = KEPT) -> Backup:
    """Writes a backup of the database as it is now into `folder`, and removes all but the newest `kept` of its kind.

    The site may go on meanwhile. Needs room for the database in DATA_DIR beside that for the backup. Raises Failed, and
    then nothing has changed: a backup has its name only when it is whole and on the disk.
    """
    with room.scratch(default_folder()) as scratch:
        return _made(folder, scratch, kind=kind, kept=kept)


def last_made() -> datetime | None:
    """When the last backup of the site was made, wherever it went; None where there was none."""
    try:
        return datetime.fromtimestamp(_mark().stat().st_mtime, UTC)
    except OSError:
        return None


def _mark() -> Path:
    return default_folder() / ".last"


def backups_in(folder: Path, kind: str = "chatsite") -> list[Path]:
    """Those of this kind, the oldest first."""
    return sorted(folder.glob(f"{kind}-[0-9]*.zip"))


def described(manifest: Manifest) -> str:
    """What is in it, for a person."""
    return f"{counted(manifest.contents)}, of {manifest.made_at:%Y-%m-%d %H:%M} UTC"


def counted(contents: Contents) -> str:
    """How much there is, for a person."""
    rows = {name: table.rows for name, table in contents.items()}
    chats, messages = rows.get("conversations_conversation", 0), rows.get("conversations_message", 0)
    return f"{chats:,} conversations with {messages:,} messages, {sum(rows.values()):,} rows in all"


def verify(path: Path) -> Manifest:
    """Restores the backup into a scratch place, and compares what is there with what was there when it was made.

    SQLite's needs room for the database in DATA_DIR; PostgreSQL's is restored into a database of its own on the site's
    server. Raises Failed where it is not whole.
    """
    with room.scratch(default_folder()) as scratch:
        manifest, file = _extracted(path, scratch)
        _compare(manifest, file)
        return manifest


def restore(path: Path, *, keeps: bool) -> tuple[Manifest, Backup | None]:
    """Puts the backup in the place of the database, which nobody else may use meanwhile.

    What was there before is backed up first where `keeps`, if there is something: the second of what is returned.
    Killed in the middle, the old or the new database is there. Raises Failed, and then nothing has changed, except
    where it says so.
    """
    with room.scratch(default_folder()) as scratch:
        manifest, file = _extracted(path, scratch)
        _refuse_stranger(manifest)
        if manifest.engine == "sqlite":  # PostgreSQL compares what it has put back
            _compare(manifest, file)
        before = _kept_before(scratch) if keeps else None
        engines.of(manifest.engine).load(file, manifest.contents)
        return manifest, before


def _made(folder: Path, scratch: Path, *, kind: str, kept: int) -> Backup:
    dump = engines.of(connection.vendor).dump(scratch)
    made_at = datetime.now(UTC)
    path = folder / f"{kind}-{made_at:%Y%m%d-%H%M%S-%f}.zip"
    with room.as_sentence(f"No backup could be kept in {folder}"):
        with room.part_of(path) as unfinished:
            manifest = archive.write(unfinished, dump, version=metrics.version(), made_at=made_at)
        for old in backups_in(folder, kind)[:-kept]:
            old.unlink()
    dump.path.unlink()
    with room.as_sentence(f"{path} is whole, but its time cannot be kept"):
        _mark().touch()
    return Backup(path, manifest)


def _extracted(path: Path, scratch: Path) -> tuple[Manifest, Path]:
    """What the backup says of itself, and its database in a file."""
    file = scratch / "extracted"
    with room.as_sentence(f"{path} cannot be read"):
        manifest = archive.manifest_of(path)
        archive.extract(path, manifest, file)
    return manifest, file


def _refuse_stranger(manifest: Manifest) -> None:
    if manifest.engine != connection.vendor:
        raise Failed(
            f"It is a backup of {engines.NAMES[manifest.engine]}, and the site's database is "
            f"{engines.NAMES[connection.vendor]}. Set DATABASE_URL to where it shall go."
        )
    if newer := upgrades.newer(manifest.migrations):
        raise Failed(f"It is newer than this code, which does not know {newer[0]}. Restore it with the newer code.")


def _kept_before(scratch: Path) -> Backup | None:
    try:
        if not upgrades.applied(connection):
            return None
        return _made(default_folder(), scratch, kind="before-restore", kept=KEPT)
    except (Failed, DatabaseError) as error:
        reason = str(error).rstrip(".")
        raise Failed(
            f"What is there now could not be backed up first, so nothing was changed: {reason}. Where it is broken, "
            "copy it aside and add --without-copy."
        ) from error


def _compare(manifest: Manifest, file: Path) -> None:
    with engines.of(manifest.engine).scratch(file) as database:
        if told := differences(manifest.contents, contents_of(database)):
            raise Failed(f"It is not what was backed up: {'; '.join(told)}.")

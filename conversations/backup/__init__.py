"""Backups: the whole database in one file, made while the site goes on, looked through, and put back."""

import os
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, connection

from conversations import metrics, upgrades
from conversations.backup import archive, clients, engines, room
from conversations.backup.archive import Manifest
from conversations.backup.contents import Contents, contents_of, differences
from conversations.backup.errors import Damaged, Failed, Unfit
from conversations.backup.moving import move

__all__ = [
    "KEPT",
    "Backup",
    "Damaged",
    "Failed",
    "Manifest",
    "Unfit",
    "backups_in",
    "check_programs",
    "counted",
    "default_folder",
    "described",
    "last_made",
    "last_verified",
    "look",
    "make",
    "move",
    "restore",
    "verify",
]

REGULAR = "chatsite"  # the kind of those that were asked for
MADE, VERIFIED = ".made", ".verified"  # files whose times are when the last ones were made
KEPT = 14  # backups of one kind in a folder, where nothing else is asked for


@dataclass(frozen=True)
class Backup:
    path: Path
    manifest: Manifest


def default_folder() -> Path:
    return Path(settings.DATA_DIR) / "backups"


def make(folder: Path, *, kind: str = REGULAR, kept: int = KEPT) -> Backup:
    """Writes a backup of the database as it is now into `folder`, and removes all but the newest `kept` of its kind.

    The site may go on meanwhile. Needs room for the database in DATA_DIR beside that for the backup. Raises Failed, and
    then nothing has changed: a backup has its name only when it is whole and on the disk.
    """
    with room.scratch(default_folder()) as scratch:
        if not upgrades.applied(connection):
            raise Failed("There is nothing to back up: the database is empty.")
        return _made(folder, scratch, kind=kind, kept=kept)


def check_programs() -> None:
    """Raises Unfit where backups need programs that are not here, and DatabaseError where the database is away."""
    if connection.vendor == "postgresql":
        clients.check(connection)


def last_made() -> datetime | None:
    """When the last backup was made that was asked for, wherever it went; None where there was none."""
    return _marked(MADE)


def last_verified() -> datetime | None:
    """When the newest backup was made of those that were found to be whole."""
    return _marked(VERIFIED)


def _marked(name: str) -> datetime | None:
    try:
        return datetime.fromtimestamp((default_folder() / name).stat().st_mtime, UTC)
    except OSError:
        return None


def _mark(name: str, moment: datetime) -> None:
    path = default_folder() / name
    path.touch()
    os.utime(path, (moment.timestamp(), moment.timestamp()))


def _note_verified(made_at: datetime) -> None:
    """Not where a newer one was found whole before. A clock that was ahead leaves no time that is still to come."""
    now = datetime.now(UTC)
    before = last_verified()
    if before is None or not made_at < before <= now:
        _mark(VERIFIED, min(made_at, now))


def backups_in(folder: Path, kind: str = REGULAR) -> list[Path]:
    """Those of this kind, the oldest first."""
    return sorted(folder.glob(f"{kind}-[0-9]*.zip"))


def described(manifest: Manifest) -> str:
    """What is in it, for a person."""
    return f"{counted(manifest.contents)}, of {manifest.made_at:%Y-%m-%d %H:%M} UTC"


def counted(contents: Contents) -> str:
    """How much there is, for a person."""
    rows = {name: table.rows for name, table in contents.items()}
    chats, messages = rows.get("conversations_conversation", 0), rows.get("conversations_message", 0)
    return f"{some(chats, 'conversation')} with {some(messages, 'message')}, {sum(rows.values()):,} rows in all"


def some(count: int, what: str) -> str:
    return f"{count:,} {what}" if count == 1 else f"{count:,} {what}s"


def look(path: Path) -> Manifest:
    """What the backup says of itself. Raises Failed."""
    with room.as_sentence(f"{path} cannot be read"):
        return archive.manifest_of(path)


def verify(path: Path) -> Manifest:
    """Restores the backup into a scratch place, and compares what is there with what was there when it was made.

    SQLite's needs room for the database in DATA_DIR; PostgreSQL's is restored into a database of its own on the site's
    server. Raises Failed where it is not whole.
    """
    with room.scratch(default_folder()) as scratch:
        manifest, file = _extracted(path, scratch)
        _refuse_newer(manifest.migrations)
        _compare(manifest, file)
        _note_verified(manifest.made_at)
        return manifest


def restore(path: Path, *, keeps: bool) -> Backup | None:
    """Puts the backup in the place of the database, which nobody else may use meanwhile.

    What was there before is backed up first where `keeps`, if there is something: returned. Killed in the middle, the
    old or the new database is there. Raises Failed, and then nothing has changed, except where it says so.
    """
    with room.scratch(default_folder()) as scratch:
        manifest, file = _extracted(path, scratch)
        _refuse_stranger(manifest)
        _refuse_newer(manifest.migrations)
        if manifest.engine == "sqlite":  # PostgreSQL compares what it has put back
            _compare(manifest, file)
        before = _kept_before(scratch, spared=path) if keeps else None
        engines.of(manifest.engine).load(file, manifest.contents)
        return before


def _made(folder: Path, scratch: Path, *, kind: str, kept: int, spared: Path | None = None) -> Backup:
    """`spared` does not go, however old it is, and is not counted."""
    _refuse_newer(upgrades.applied(connection))
    dump = engines.of(connection.vendor).dump(scratch)
    if kind != REGULAR and (same := _same(dump, folder, kind)):
        return same
    made_at = datetime.now(UTC)
    path = folder / f"{kind}-{made_at:%Y%m%d-%H%M%S-%f}.zip"
    with room.as_sentence(f"No backup could be kept in {folder}"):
        with room.part_of(path) as unfinished:
            manifest = archive.write(
                unfinished, dump, engine=connection.vendor, version=metrics.version(), made_at=made_at
            )
        staying = {path, spared and spared.resolve()}
        others = [other for other in reversed(backups_in(folder, kind)) if not {other, other.resolve()} & staying]
        for old in others[kept - 1 :]:
            old.unlink()
        dump.path.unlink()
        if kind == REGULAR:
            _mark(MADE, made_at)
    return Backup(path, manifest)


def _same(dump: archive.Dump, folder: Path, kind: str) -> Backup | None:
    """The newest of this kind, if it is whole and has the very same in it: a start that fails again and again would
    else take the place of all copies from before it, five times the same."""
    for path in backups_in(folder, kind)[-1:]:
        with suppress(Failed):
            manifest = look(path)
            if (manifest.contents, manifest.migrations) == (dump.contents, dump.migrations):
                with room.as_sentence(f"{path} cannot be read"):
                    archive.check(path, manifest)
                dump.path.unlink()
                return Backup(path, manifest)
    return None


def _extracted(path: Path, scratch: Path) -> tuple[Manifest, Path]:
    """What the backup says of itself, and its database in a file."""
    file = scratch / "extracted"
    manifest = look(path)
    with room.as_sentence(f"{path} could not be unpacked in {scratch}"):
        room.refuse_too_large(archive.size_of(path, manifest), scratch)
        archive.extract(path, manifest, file)
    return manifest, file


def _refuse_newer(migrations: upgrades.Names) -> None:
    if newer := upgrades.newer(migrations):
        raise Failed(f"The database is newer than this code, which does not know {newer[0]}: use the newer code.")


def _refuse_stranger(manifest: Manifest) -> None:
    if manifest.engine != connection.vendor:
        its, ours = archive.ENGINES[manifest.engine], archive.ENGINES[connection.vendor]
        raise Failed(
            f"It is a backup of {its}, and the site's database is {ours}. Set DATABASE_URL to where it shall go."
        )


def _kept_before(scratch: Path, *, spared: Path) -> Backup | None:
    try:
        if not upgrades.applied(connection):
            return None
        return _made(default_folder(), scratch, kind="before-restore", kept=KEPT, spared=spared)
    except (Failed, DatabaseError) as error:
        reason = str(error).rstrip(".")
        raise Failed(
            f"What is there now could not be backed up first, so nothing was changed: {reason}. Where it is broken, "
            "copy it aside and add --without-copy."
        ) from error


def _compare(manifest: Manifest, file: Path) -> None:
    with engines.of(manifest.engine).scratch(file) as database:
        if told := differences(manifest.contents, contents_of(database)):
            raise Damaged(f"It is not what was backed up: {'; '.join(told)}.")

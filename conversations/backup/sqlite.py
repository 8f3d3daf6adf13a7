"""SQLite: a copy of the file, made while others read and write, and put in its place as a whole."""

import errno
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from django.db import DatabaseError, connection
from django.db.backends.base.base import BaseDatabaseWrapper

from chatsite.environment import SQLITE
from conversations import files, upgrades
from conversations.backup.archive import PIECE, Dump
from conversations.backup.beside import beside
from conversations.backup.contents import Contents, contents_of
from conversations.backup.errors import Damaged, Failed

BESIDE = ("-wal", "-shm", "-journal")  # files that SQLite takes for a part of the database


def dump(folder: Path) -> Dump:
    """The site's database as it is at one moment, in a file in `folder`. Nobody waits meanwhile."""
    path = folder / "database.sqlite3"
    try:
        with files.new(path):
            pass
        connection.ensure_connection()
        with closing(sqlite3.connect(path)) as copy:
            connection.connection.backup(copy)
            copy.execute("PRAGMA journal_mode=DELETE")  # no second file beside it
        with opened(path) as database:
            return Dump(path, upgrades.applied(database), contents_of(database))
    except (sqlite3.Error, DatabaseError) as error:
        raise Failed(f"The database could not be copied: {error}.") from error


@contextmanager
def scratch(file: Path) -> Iterator[BaseDatabaseWrapper]:
    """A connection to the dump itself, if SQLite finds it whole."""
    try:
        with opened(file) as database:
            with database.cursor() as cursor:
                cursor.execute("PRAGMA integrity_check(1)")
                (verdict,) = cursor.fetchone()
            if verdict != "ok":
                raise Damaged(f"SQLite finds the database in it broken: {verdict}.")
            yield database
    except DatabaseError as error:
        raise Damaged(f"SQLite finds the database in it broken: {error}.") from error


def load(file: Path, _expected: Contents) -> None:
    """Puts the dump in the place of the site's database; killed in the middle, the old or the new one is there."""
    target = Path(connection.settings_dict["NAME"]).resolve()
    connection.close()
    restored = target.with_name(f"{target.name}.restored")
    try:
        restored.unlink(missing_ok=True)  # a killed run left it
        _move(file, restored)
        files.give(restored, to_owner_of=target if target.exists() else target.parent)
        with alone_at(target):
            restored.replace(target)
        files.settle(target.parent)
    except OSError as error:
        raise Failed(f"{target} could not be replaced: {error.strerror or error}.") from error
    finally:
        restored.unlink(missing_ok=True)


def _move(file: Path, target: Path) -> None:
    """Also onto another disk: as a new file, with what is promised of one."""
    try:
        file.rename(target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        with file.open("rb") as source, files.new(target) as written:
            shutil.copyfileobj(source, written, PIECE)


@contextmanager
def alone_at(target: Path) -> Iterator[None]:
    """Nobody reads or writes the file, and nothing beside it would be taken for a part of one that takes its place."""
    try:
        with closing(sqlite3.connect(target, timeout=1)) as old:
            old.execute("PRAGMA journal_mode=DELETE")
            old.execute("BEGIN EXCLUSIVE")
            yield
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            raise Failed("Somebody uses the database: stop the site, and what else has it open.") from error
        raise Failed(f"The database could not be replaced: {error}.") from error
    except sqlite3.DatabaseError:  # it is broken, and goes
        for ending in BESIDE:
            target.with_name(target.name + ending).unlink(missing_ok=True)
        yield


@contextmanager
def opened(path: Path) -> Iterator[BaseDatabaseWrapper]:
    with beside(ENGINE=SQLITE, NAME=str(path), OPTIONS={}) as database:
        yield database

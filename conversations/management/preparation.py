"""What must be done before the site can serve: the database brought up to the code, with a copy kept."""

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from conversations import storage

KEPT_COPIES = 5
PREPARATION = 0x63686174  # the number of PostgreSQL's lock for it: "chat"
LONGEST_PREPARATION = "10min"  # for which another process is waited for; a request's lock_timeout is far shorter

Say = Callable[[str], object]


def prepare(say: Say) -> None:
    """Migrates the database and collects static files, each only where it is needed, and says what it does.

    Raises CommandError with a sentence for whoever runs the command.
    """
    make_data_folder()
    try:
        with alone_at_database(say):
            prepare_database(say)
            call_command("createcachetable", verbosity=0)  # where the counts are in the database, and it has none yet
    except DatabaseError as error:
        raise CommandError(f"The database cannot be used: {' '.join(str(error).split())}") from error
    finally:
        connection.close()
    prepare_static(say)


def make_data_folder() -> None:
    try:
        settings.DATA_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise CommandError(f"DATA_DIR, {settings.DATA_DIR}, cannot be made: {error.strerror}.") from error


@contextmanager
def alone_at_database(say: Say) -> Iterator[None]:
    """Lets one process at a time prepare a PostgreSQL database. (An SQLite database has one process anyway.)"""
    if connection.vendor != "postgresql":
        yield
        return
    # A connection of its own and not of the pool: it tells at once why it fails, and its end is the lock's.
    own = connection.copy()
    own.settings_dict["OPTIONS"].pop("pool", None)
    with closing(own), own.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [PREPARATION])
        if cursor.fetchone() == (False,):
            say("Another process is preparing the database …")
            cursor.execute("SELECT set_config('lock_timeout', %s, false)", [LONGEST_PREPARATION])
            cursor.execute("SELECT pg_advisory_lock(%s)", [PREPARATION])
        yield


def prepare_database(say: Say) -> None:
    executor = MigrationExecutor(connection)
    refuse_newer(executor)
    if not executor.migration_plan(executor.loader.graph.leaf_nodes()):
        return
    if connection.vendor == "sqlite" and executor.loader.applied_migrations:
        say(f"A copy of the database is kept in {keep_copy()}")
    say("Preparing the database …")
    call_command("migrate", interactive=False, verbosity=0)


def refuse_newer(executor: MigrationExecutor) -> None:
    """Raises CommandError where the database was migrated by newer code than this."""
    loader = executor.loader
    replaced = {name for migration in loader.disk_migrations.values() for name in migration.replaces}
    unknown = set(loader.applied_migrations) - set(loader.disk_migrations) - replaced
    newer = sorted(f"{app}.{name}" for app, name in unknown if app in loader.migrated_apps)
    if newer:
        raise CommandError(
            f"The database is newer than this code: it has the migration {newer[0]}, which this code does not know. "
            f"Run the newer code again, or put back a copy from {settings.DATA_DIR / 'backups'}."
        )


def keep_copy() -> Path:
    """Copies the SQLite database into DATA_DIR/backups, also while others write, and keeps the newest few."""
    folder = settings.DATA_DIR / "backups"
    copy: Path = folder / f"db-{datetime.now(UTC):%Y%m%d-%H%M%S-%f}.sqlite3"
    unfinished = copy.with_suffix(".part")
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_copy(unfinished)
        unfinished.rename(copy)
    except (OSError, sqlite3.Error) as error:
        unfinished.unlink(missing_ok=True)
        raise CommandError(
            f"No copy of the database could be kept in {folder}: {error}. Nothing was changed."
        ) from error
    for old in sorted(folder.glob("db-*.sqlite3"))[:-KEPT_COPIES]:
        old.unlink()
    return copy


def write_copy(path: Path) -> None:
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    connection.ensure_connection()
    with closing(sqlite3.connect(path)) as copy:
        connection.connection.backup(copy)


def prepare_static(say: Say) -> None:
    if settings.DEBUG:
        return
    try:
        if storage.collect_static():
            say(f"The static files are in {settings.STATIC_ROOT}")
    except OSError as error:
        raise CommandError(f"The static files cannot be kept in {settings.STATIC_ROOT}: {error.strerror}.") from error

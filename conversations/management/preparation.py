"""What must be done before the site can serve: the database brought up to the code, with a copy kept."""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection
from django.db.backends.base.base import BaseDatabaseWrapper

from conversations import backup, database, storage, upgrades
from conversations.text import one_line

KEPT_COPIES = 5
PREPARATION = 0x63686174  # the number of PostgreSQL's lock for it: "chat"
LONGEST_PREPARATION = "10min"  # for which another process is waited for; a request's lock_timeout is far shorter

Say = Callable[[str], object]


def prepare(say: Say) -> None:
    """Migrates the database and collects static files, each only where it is needed, and says what it does.

    Raises CommandError with a sentence for whoever runs the command.
    """
    make_data_folder()
    bring_up_database(say)
    prepare_static(say)


def bring_up_database(say: Say) -> None:
    """As `prepare`, of the database alone."""
    try:
        with alone_at_database(say):
            prepare_database(say)
    except DatabaseError as error:
        raise CommandError(f"The database cannot be used: {one_line(error)}") from error
    finally:
        connection.close()


def make_data_folder() -> None:
    try:
        settings.DATA_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise CommandError(f"DATA_DIR, {settings.DATA_DIR}, cannot be made: {error.strerror}.") from error


@contextmanager
def alone_at_database(say: Say) -> Iterator[BaseDatabaseWrapper | None]:
    """Lets one process at a time prepare a PostgreSQL database: gives the connection that has the lock. (An SQLite
    database has one process anyway.)"""
    if connection.vendor != "postgresql":
        yield None
        return
    # A connection of its own and not of the pool: it tells at once why it fails, and its end is the lock's.
    with closing(database.apart()) as own, own.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [PREPARATION])
        if cursor.fetchone() == (False,):
            say("Another process is preparing the database …")
            cursor.execute("SELECT set_config('lock_timeout', %s, false)", [LONGEST_PREPARATION])
            cursor.execute("SELECT pg_advisory_lock(%s)", [PREPARATION])
        yield own


def prepare_database(say: Say) -> None:
    """For who is alone at it."""
    refuse_newer()
    if upgrades.lacking(connection):
        keep_copy(say)
        say("Preparing the database …")
        call_command("migrate", interactive=False, verbosity=0, without_copy=True)
    call_command("createcachetable", verbosity=0)  # where the counts are in the database, and it has none yet


def refuse_newer() -> None:
    """Raises CommandError where the database was migrated by newer code than this."""
    if newer := upgrades.newer(upgrades.applied(connection)):
        raise CommandError(
            f"The database is newer than this code: it has the migration {newer[0]}, which this code does not know. "
            f"Run the newer code again, or restore a backup from {backup.default_folder()}."
        )


def keep_copy(say: Say) -> None:
    """Backs up a database that has something in it, before it is migrated."""
    if not upgrades.applied(connection):
        return
    try:
        made = backup.make(backup.default_folder(), kind="before-migration", kept=KEPT_COPIES)
    except backup.Failed as error:
        raise CommandError(
            f"No copy of the database could be kept, so nothing was changed. {error} "
            "(`manage.py migrate --without-copy` goes on without one.)"
        ) from error
    say(f"A copy of the database is kept in {made.path}")


def prepare_static(say: Say) -> None:
    if settings.DEBUG:
        return
    try:
        if storage.collect_static():
            say(f"The static files are in {settings.STATIC_ROOT}")
    except OSError as error:
        raise CommandError(f"The static files cannot be kept in {settings.STATIC_ROOT}: {error.strerror}.") from error

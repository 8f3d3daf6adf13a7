"""The database: whether it answers, takes writes, is whole, and fits this code."""

from collections.abc import Callable, Iterator
from functools import wraps
from pathlib import Path

from django.conf import settings
from django.db import Error, connection, transaction
from django.db.migrations.recorder import MigrationRecorder

from conversations import database, upgrades
from conversations.doctor.finding import Finding, fault, ok, warning
from conversations.text import one_line

PATIENCE = 5000  # milliseconds for which a writer is waited for
BUSY = 0.8  # of PostgreSQL's connections
USED = "SELECT sum(numbackends)::int, current_setting('max_connections')::int FROM pg_stat_database"
FORBIDDEN = """SELECT name FROM unnest(%s::text[]) name, to_regclass(quote_ident(name)) AS its WHERE NOT (
                   has_table_privilege(its, 'SELECT') AND has_table_privilege(its, 'INSERT')
                   AND has_table_privilege(its, 'UPDATE') AND has_table_privilege(its, 'DELETE')
               ) ORDER BY name"""
SCHEMA = "SELECT current_schema()"  # NULL where the role may look into none of its search_path
INTO_SCHEMA = "Let it look there again, as its owner: GRANT USAGE ON SCHEMA public TO …"
GRANT = "Give it all rights on them again, as their owner: GRANT ALL ON ALL TABLES IN SCHEMA public TO …"
REMEDIES = {  # by SQLSTATE, else by the kind of database
    "42501": GRANT,
    "55P03": "Somebody holds a table for long. SELECT pid, state, query FROM pg_stat_activity tells who, and "
    "pg_terminate_backend(pid) ends them.",
    "sqlite": "See whether another process holds it for long, and whether its disk is well; restore a backup if it is "
    "broken (docs/backup.md).",
    "postgresql": "See whether PostgreSQL runs and whether DATABASE_URL has the right host, name and password: psql "
    '"$DATABASE_URL"',
}

Look = Callable[[], Iterator[Finding]]


def where_it_answers(look: Look) -> Look:
    """What the database raises is a fault."""

    @wraps(look)
    def looked() -> Iterator[Finding]:
        if connection.vendor == "sqlite" and not Path(connection.settings_dict["NAME"]).exists():
            yield fault(  # looking into it would make it
                f"There is no database at {connection.settings_dict['NAME']}.",
                "Start the site, which makes it; or set DATA_DIR or DATABASE_URL as the site has it.",
            )
            return
        try:
            yield from look() if _may_look() else [fault("The site's role may not look at its tables.", INTO_SCHEMA)]
        except Error as error:
            state = str(getattr(error.__cause__, "sqlstate", ""))
            yield fault(f"The database fails: {one_line(error)}", REMEDIES.get(state, REMEDIES[connection.vendor]))
        finally:
            connection.close()

    return looked


@where_it_answers
def look() -> Iterator[Finding]:
    if connection.vendor == "sqlite":
        yield from _of_sqlite()
    else:
        yield from _of_postgresql()


@where_it_answers
def migrations() -> Iterator[Finding]:
    if newer := upgrades.newer(upgrades.applied(connection)):
        yield fault(
            f"The database is newer than this code, which does not know {newer[0]}.",
            "Run the newer code again, or restore a backup of before the upgrade (docs/backup.md).",
        )
    elif not upgrades.applied(connection):
        yield fault("The database is empty.", "Start the site, which prepares it: make run, or manage.py serve.")
    elif lacking := upgrades.lacking(connection):
        yield fault(
            f"The database lacks {len(lacking)} migrations of this code, the first of them {lacking[0]}.",
            "Restart the site, which migrates it at its start: the new code is there, and the old one runs.",
        )
    else:
        yield ok("the database has all that this code needs, and nothing newer")


def _may_look() -> bool:
    """Where it may not, PostgreSQL's tables are not forbidden, but seem not to be there."""
    if connection.vendor == "sqlite":
        return True
    with connection.cursor() as cursor:
        cursor.execute(SCHEMA)
        return bool(cursor.fetchone()[0])


def tables() -> list[str]:
    """All that the site uses: those of models, and those that Django keeps for itself."""
    counts = [str(cache["LOCATION"]) for cache in settings.CACHES.values() if "DatabaseCache" in cache["BACKEND"]]
    return [*connection.introspection.django_table_names(), MigrationRecorder.Migration._meta.db_table, *counts]


def _of_sqlite() -> Iterator[Finding]:
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA quick_check(1)")
        if (verdict := cursor.fetchone()[0]) != "ok":
            yield fault(f"The database is broken: {verdict}", "Stop the site and restore a backup (docs/backup.md).")
            return
        cursor.execute(f"PRAGMA busy_timeout = {PATIENCE}")
    with transaction.atomic():  # waits for the writer before it
        pass
    yield ok(f"SQLite answers at {connection.settings_dict['NAME']}, is whole, and takes writes")


def _of_postgresql() -> Iterator[Finding]:
    if database.is_read_only():
        yield fault("PostgreSQL takes no writes.", "DATABASE_URL names a standby, or its disk is full: see its log.")
        return
    with connection.cursor() as cursor:
        cursor.execute(USED)
        used, most = cursor.fetchone()
        cursor.execute(FORBIDDEN, [tables()])
        forbidden = [name for (name,) in cursor.fetchall()]
    if forbidden:
        yield fault(
            f"The site's role may not use {len(forbidden)} of its tables, the first of them {forbidden[0]}.", GRANT
        )
        return
    if used > BUSY * most:
        yield warning(
            f"{used} of PostgreSQL's {most} connections are in use.",
            "Raise max_connections in postgresql.conf: each process of the site has at most fourteen.",
        )
        return
    yield ok(f"PostgreSQL answers, and takes writes; {used} of its {most} connections are in use")

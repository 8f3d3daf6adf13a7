"""PostgreSQL: dumped while others use it, and put back in one transaction."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from secrets import token_hex
from typing import Any

from django.db import DatabaseError, connection, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from conversations import upgrades
from conversations.backup import clients
from conversations.backup.archive import Dump
from conversations.backup.beside import beside
from conversations.backup.contents import Contents, contents_of, differences, models_of
from conversations.backup.errors import Damaged, Failed
from conversations.text import one_line

MARK = "chatsite: a place to verify a backup in"  # the comment of databases that are ours to drop
ALONE = 0x63687665  # the number of the lock of whoever has such a database: "chve"
NOT_ALLOWED = "42501"
CREATE = "CREATE DATABASE {} TEMPLATE template0 ENCODING {} LC_COLLATE {} LC_CTYPE {}"
LIKE_THIS = """SELECT quote_literal(pg_encoding_to_char(encoding)), quote_literal(datcollate), quote_literal(datctype)
               FROM pg_database WHERE datname = current_database()"""
LEFT_BEHIND = """SELECT datname FROM pg_database
                 WHERE shobj_description(oid, 'pg_database') = %s AND datname LIKE %s"""
# Tables and views of others, and sequences that belong to none of ours.
OTHERS = """SELECT relname FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
            WHERE nspname = current_schema() AND CASE WHEN relkind = 'S' THEN NOT EXISTS (
                SELECT 1 FROM pg_depend JOIN pg_class owner ON owner.oid = refobjid
                WHERE objid = pg_class.oid AND deptype IN ('a', 'i') AND owner.relname = ANY(%(ours)s)
            ) ELSE relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT relname = ANY(%(ours)s) END"""
FUNCTIONS = """SELECT pg_proc.oid::regprocedure::text FROM pg_proc JOIN pg_namespace ON pg_namespace.oid = pronamespace
               WHERE nspname = current_schema() AND proname LIKE 'conversations\\_%'"""


def dump(folder: Path) -> Dump:
    """The site's tables as they are at one moment, in a file in `folder`. Nobody waits meanwhile."""
    path = folder / "database.dump"
    try:
        with own() as database, snapshot(database) as name:
            found = contents_of(database)
            clients.run(
                "pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--snapshot={name}", f"--file={path}",
                f"--schema={quoted(database, schema_of(database))}",
                *(f"--exclude-table={quoted(database, other)}" for other in others(database, found)),
                f"--dbname={clients.address(database)}", of=database,
            )  # fmt: skip
            return Dump(path, upgrades.applied(database), found)
    except DatabaseError as error:
        raise Failed(f"The database could not be read: {one_line(error)}.") from error


@contextmanager
def snapshot(database: BaseDatabaseWrapper) -> Iterator[str]:
    """A transaction that sees the database as it is now, and a name by which pg_dump sees the same."""
    with transaction.atomic(using=database.alias), database.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")  # pg_dump takes as long as it takes
        cursor.execute("SELECT pg_export_snapshot()")
        yield cursor.fetchone()[0]


def others(database: BaseDatabaseWrapper, ours: Contents) -> list[str]:
    """Tables, views and sequences in the site's schema that are somebody else's."""
    with database.cursor() as cursor:
        cursor.execute(OTHERS, {"ours": list(ours)})
        return [name for (name,) in cursor.fetchall()]


@contextmanager
def scratch(file: Path) -> Iterator[BaseDatabaseWrapper]:
    """A connection to a database of its own on the site's server, into which the dump was restored; gone at the end."""
    name = f"{connection.settings_dict['NAME'][:40]}_verify_{token_hex(4)}"
    with own() as database:
        create(database, name)
        try:
            with own(NAME=name) as restored:
                schema = quoted(database, schema_of(database))
                clients.replay(file, [f"CREATE SCHEMA IF NOT EXISTS {schema}"], into=restored)
                yield restored
        except DatabaseError as error:
            raise Damaged(f"PostgreSQL cannot read what is in it: {one_line(error)}.") from error
        finally:
            drop(database, name)


def create(database: BaseDatabaseWrapper, name: str) -> None:
    """An empty database like the site's. Those that killed runs left behind go."""
    try:
        with database.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(%s)", [ALONE])
            if cursor.fetchone() == (False,):
                raise Failed("Another backup of this database is being verified. Try again when that has ended.")
            cursor.execute(LEFT_BEHIND, [MARK, f"{connection.settings_dict['NAME'][:40]}\\_verify\\_%"])
            for (left,) in cursor.fetchall():
                drop(database, left)
            cursor.execute(LIKE_THIS)
            cursor.execute(CREATE.format(quoted(database, name), *cursor.fetchone()))
            cursor.execute(f"COMMENT ON DATABASE {quoted(database, name)} IS %s", [MARK])
    except DatabaseError as error:
        remedy = ""
        if getattr(error.__cause__, "sqlstate", "") == NOT_ALLOWED:
            remedy = f" Let the site's role make it: ALTER ROLE {database.settings_dict['USER'] or '…'} CREATEDB."
        raise Failed(f"No database to verify in could be made: {one_line(error)}.{remedy}") from error


def drop(database: BaseDatabaseWrapper, name: str) -> None:
    with database.cursor() as cursor:
        cursor.execute(f"DROP DATABASE IF EXISTS {quoted(database, name)} WITH (FORCE)")


def load(file: Path, expected: Contents) -> None:
    """Puts what is in the dump in the place of the site's tables, in one transaction. Tables of others stay."""
    try:
        with own() as database:
            clients.replay(file, removals(database, expected), into=database)
            analyze(database)
            told = differences(expected, contents_of(database))
    except DatabaseError as error:
        raise Failed(f"The database cannot be used: {one_line(error)}.") from error
    if told:
        raise Failed(f"It was put back, and is not as it was: {'; '.join(told)}.")


def analyze(database: BaseDatabaseWrapper) -> None:
    """Lets PostgreSQL know at once how much there is: until then it plans searches as for empty tables."""
    with database.cursor() as cursor:
        cursor.execute("ANALYZE")


def removals(database: BaseDatabaseWrapper, expected: Contents) -> list[str]:
    """What takes away all that the site's migrations made, also such as the backup does not know."""
    tables = sorted({*expected, *(model._meta.db_table for model in models_of(database))})
    with database.cursor() as cursor:
        cursor.execute(FUNCTIONS)
        functions = [signature for (signature,) in cursor.fetchall()]
    return [
        *(f"DROP TABLE IF EXISTS {quoted(database, name)} CASCADE" for name in tables),
        *(f"DROP FUNCTION IF EXISTS {signature} CASCADE" for signature in functions),
    ]


def own(**changes: Any) -> AbstractContextManager[BaseDatabaseWrapper]:
    """A connection that is not the pool's, to the site's database or to one of another NAME."""
    options = {name: value for name, value in connection.settings_dict["OPTIONS"].items() if name != "pool"}
    return beside(OPTIONS=options, **changes)


def schema_of(database: BaseDatabaseWrapper) -> str:
    with database.cursor() as cursor:
        cursor.execute("SELECT current_schema()")
        return str(cursor.fetchone()[0])


def quoted(database: BaseDatabaseWrapper, name: str) -> str:
    return str(database.ops.quote_name(name))

"""PostgreSQL: dumped while others use it, and put back in one transaction."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from secrets import token_hex
from typing import Any

from django.db import DatabaseError, connection, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from conversations import upgrades
from conversations.backup import clients, script
from conversations.backup.archive import Dump
from conversations.backup.beside import beside
from conversations.backup.contents import Contents, contents_of, differences, models_of
from conversations.backup.errors import Damaged, Failed
from conversations.text import one_line

MARK = "chatsite: a place to verify a backup of {} in"  # the comment of databases that are ours to drop
ALONE = 0x63687665  # the number of the lock of whoever has such a database: "chve"
NOT_ALLOWED = "42501"
# A backup takes as long as it takes, and in a transaction it waits for pg_dump and pg_restore.
WITHOUT_LIMITS = "-c statement_timeout=0 -c idle_in_transaction_session_timeout=0"
CREATE = "CREATE DATABASE {} TEMPLATE template0 ENCODING {} LC_COLLATE {} LC_CTYPE {}"
LIKE_THIS = """SELECT quote_literal(pg_encoding_to_char(encoding)), quote_literal(datcollate), quote_literal(datctype)
               FROM pg_database WHERE datname = current_database()"""
LEFT_BEHIND = "SELECT datname FROM pg_database WHERE shobj_description(oid, 'pg_database') = %s"
# Where the site finds its tables, or would make them.
SCHEMA = """SELECT coalesce((SELECT nspname FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
                             WHERE pg_class.oid = to_regclass('django_migrations')), current_schema(), 'public')"""
ELSEWHERE = """SELECT name FROM unnest(%(ours)s::text[]) name WHERE to_regclass(quote_ident(name)) IS DISTINCT FROM
               to_regclass(quote_ident(%(schema)s) || '.' || quote_ident(name))"""
# Tables and views of others, and sequences that belong to none of ours.
OTHERS = """SELECT relname FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
            WHERE nspname = %(schema)s AND CASE WHEN relkind = 'S' THEN NOT EXISTS (
                SELECT 1 FROM pg_depend JOIN pg_class owner ON owner.oid = refobjid
                WHERE objid = pg_class.oid AND deptype IN ('a', 'i') AND owner.relname = ANY(%(ours)s)
                AND owner.relnamespace = pg_namespace.oid
            ) ELSE relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT relname = ANY(%(ours)s) END"""


def dump(folder: Path) -> Dump:
    """The site's tables as they are at one moment, in a file in `folder`. Nobody waits meanwhile."""
    path = folder / "database.dump"
    try:
        with own() as database, snapshot(database) as name:
            found, schema = contents_of(database), schema_of(database)
            clients.run(
                "pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--snapshot={name}", f"--file={path}",
                f"--schema={quoted(schema)}",
                *(f"--exclude-table={quoted(schema)}.{quoted(other)}" for other in others(database, schema, found)),
                f"--dbname={clients.address(database)}", of=database,
            )  # fmt: skip
            if lacking := sorted(found.keys() - script.listed(path, database).tables):
                raise Failed(f"The database could not be read: pg_dump left out {', '.join(lacking)}.")
            return Dump(path, upgrades.applied(database), found)
    except DatabaseError as error:
        raise Failed(f"The database could not be read: {one_line(error)}.") from error


@contextmanager
def snapshot(database: BaseDatabaseWrapper) -> Iterator[str]:
    """A transaction that sees the database as it is now, and a name by which pg_dump sees the same."""
    with transaction.atomic(using=database.alias), database.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        cursor.execute("SELECT pg_export_snapshot()")
        yield cursor.fetchone()[0]


def others(database: BaseDatabaseWrapper, schema: str, ours: Contents) -> list[str]:
    """Tables, views and sequences in the site's schema that are somebody else's."""
    given: dict[str, Any] = {"schema": schema, "ours": list(ours)}
    with database.cursor() as cursor:
        cursor.execute(ELSEWHERE, given)
        if elsewhere := [name for (name,) in cursor.fetchall()]:
            raise Failed(f"Not all tables of the site are in the schema {schema}: {', '.join(elsewhere)}.")
        cursor.execute(OTHERS, given)
        return [name for (name,) in cursor.fetchall()]


@contextmanager
def scratch(file: Path) -> Iterator[BaseDatabaseWrapper]:
    """A connection to a database of its own on the site's server, into which the dump was restored; gone at the end."""
    name = f"{connection.settings_dict['NAME'][:40]}_verify_{token_hex(4)}"
    with own() as database:
        create(database, name)
        try:
            with own(NAME=name) as restored:
                what = script.listed(file, restored)
                with transaction.atomic(using=restored.alias):
                    make_schema(restored, what.schema)
                    script.carry_out(file, what, restored)
                with restored.cursor() as cursor:
                    cursor.execute(f"SET search_path = {quoted(what.schema)}")
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
            mark = MARK.format(connection.settings_dict["NAME"])
            cursor.execute(LEFT_BEHIND, [mark])
            for (left,) in cursor.fetchall():
                drop(database, left)
            cursor.execute(LIKE_THIS)
            cursor.execute(CREATE.format(quoted(name), *cursor.fetchone()))
            cursor.execute(f"REVOKE ALL ON DATABASE {quoted(name)} FROM PUBLIC")
            cursor.execute(f"COMMENT ON DATABASE {quoted(name)} IS %s", [mark])
    except DatabaseError as error:
        remedy = ""
        if getattr(error.__cause__, "sqlstate", "") == NOT_ALLOWED:
            remedy = f" Let the site's role make it: ALTER ROLE {database.settings_dict['USER'] or '…'} CREATEDB."
        raise Failed(f"No database to verify in could be made: {one_line(error)}.{remedy}") from error


def drop(database: BaseDatabaseWrapper, name: str) -> None:
    with database.cursor() as cursor:
        cursor.execute(f"DROP DATABASE IF EXISTS {quoted(name)} WITH (FORCE)")


def load(file: Path, expected: Contents) -> None:
    """Puts what is in the dump in the place of the site's tables, in one transaction, in which it is compared with what
    was expected. Tables of others stay. Raises Failed, and then nothing has changed."""
    try:
        with own() as database:
            what = script.listed(file, database)
            with transaction.atomic(using=database.alias):
                with database.cursor() as cursor:
                    for statement in removals(database):
                        cursor.execute(statement)
                make_schema(database, what.schema)
                script.carry_out(file, what, database)
                compare(database, expected)
                analyze(database)
    except DatabaseError as error:
        raise Failed(f"PostgreSQL does not take what is in it: {one_line(error)}. Nothing was changed.") from error


def compare(database: BaseDatabaseWrapper, expected: Contents) -> None:
    """Raises Failed where the site would not find, in this database, what is expected."""
    with database.cursor() as cursor:
        cursor.execute("RESET search_path")
        cursor.execute("SELECT to_regclass('django_migrations')")
        if cursor.fetchone() == (None,):
            raise Failed("Nothing was changed: the schema that it is of is not where the site looks (search_path).")
    if told := differences(expected, contents_of(database)):
        raise Failed(f"Nothing was changed, as it would not be as it was: {'; '.join(told)}.")


def make_schema(database: BaseDatabaseWrapper, name: str) -> None:
    with database.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_namespace WHERE nspname = %s", [name])
        if cursor.fetchone() is None:  # asked for without need, it would be refused to who may make none
            cursor.execute(f"CREATE SCHEMA {quoted(name)}")


def analyze(database: BaseDatabaseWrapper) -> None:
    """Lets PostgreSQL know at once how much there is: until then it plans searches as for empty tables."""
    with database.cursor() as cursor:
        cursor.execute("ANALYZE")


def removals(database: BaseDatabaseWrapper) -> list[str]:
    """What takes away all that the site's migrations made, whatever the backup says: those that the database has had,
    and, where it has lost their list, those of this code."""
    schema = quoted(schema_of(database))
    migrated = {model._meta.db_table for model in models_of(database)}
    tables = sorted(migrated.union(database.introspection.django_table_names()))
    return [
        *(f"DROP TABLE IF EXISTS {schema}.{quoted(name)} CASCADE" for name in tables),
        *(f"DROP FUNCTION IF EXISTS {schema}.{signature} CASCADE" for signature in script.FUNCTIONS),
    ]


def own(**changes: Any) -> AbstractContextManager[BaseDatabaseWrapper]:
    """A connection that is not the pool's and has no such limits, to the site's database or to one of another NAME."""
    options = {name: value for name, value in connection.settings_dict["OPTIONS"].items() if name != "pool"}
    options["options"] = f"{options.get('options', '')} {WITHOUT_LIMITS}"
    return beside(OPTIONS=options, **changes)


def schema_of(database: BaseDatabaseWrapper) -> str:
    with database.cursor() as cursor:
        cursor.execute(SCHEMA)
        return str(cursor.fetchone()[0])


def quoted(name: str) -> str:
    """As a name in SQL, and as one in a pattern of pg_dump's."""
    return '"{}"'.format(name.replace('"', '""'))

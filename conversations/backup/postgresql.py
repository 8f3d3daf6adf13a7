"""PostgreSQL: pg_dump and pg_restore, from and into the database while others use the server."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from conversations import upgrades
from conversations.backup.archive import Dump
from conversations.backup.beside import beside
from conversations.backup.contents import Contents, contents_of, differences, models_of
from conversations.backup.errors import Failed

ENGINE = "postgresql"
ON_DEBIAN = "usr/lib/postgresql/*/bin"
AS_IT_WAS = ("--no-owner", "--no-privileges")  # whoever restores owns it
AT_ONCE = ("--single-transaction", "--set=ON_ERROR_STOP=1", "--no-psqlrc", "--quiet", "--output=/dev/null")
LINES = 3  # of what a program says when it fails
VARIABLES = {  # of libpq, by the names that Django's connections have for them
    "dbname": "PGDATABASE",
    "host": "PGHOST",
    "port": "PGPORT",
    "user": "PGUSER",
    "password": "PGPASSWORD",
    "passfile": "PGPASSFILE",
    "service": "PGSERVICE",
    "options": "PGOPTIONS",
    "connect_timeout": "PGCONNECT_TIMEOUT",
    "sslmode": "PGSSLMODE",
    "sslrootcert": "PGSSLROOTCERT",
    "sslcert": "PGSSLCERT",
    "sslkey": "PGSSLKEY",
}
LIKE_THIS = """SELECT pg_encoding_to_char(encoding), datcollate, datctype FROM pg_database
               WHERE datname = current_database()"""
CREATE = "CREATE DATABASE {} TEMPLATE template0 ENCODING %s LC_COLLATE %s LC_CTYPE %s"
FUNCTIONS = """SELECT pg_proc.oid::regprocedure::text FROM pg_proc JOIN pg_namespace ON pg_namespace.oid = pronamespace
          WHERE nspname = current_schema() AND proname LIKE 'conversations\\_%'"""


def dump(folder: Path) -> Dump:
    """The site's database as it is at one moment, in a file in `folder`. Nobody waits meanwhile."""
    path = folder / "database.dump"
    try:
        with own() as database, snapshot(database) as name:
            run("pg_dump", "--format=custom", *AS_IT_WAS, f"--snapshot={name}", f"--file={path}", of=database)
            return Dump(path, ENGINE, upgrades.applied(database), contents_of(database))
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


@contextmanager
def scratch(file: Path) -> Iterator[BaseDatabaseWrapper]:
    """A connection to a database of its own on the site's server, into which the dump was restored; gone at the end."""
    name = f"{connection.settings_dict['NAME'][:50]}_verify"
    with own() as database:
        create(database, name)
        try:
            with own(NAME=name) as restored:
                run("pg_restore", "--exit-on-error", *AS_IT_WAS, f"--dbname={name}", file, of=restored)
                yield restored
        finally:
            drop(database, name)


def create(database: BaseDatabaseWrapper, name: str) -> None:
    """An empty database like the site's; one that a killed run left behind goes."""
    try:
        with database.cursor() as cursor:
            cursor.execute(LIKE_THIS)
            encoding, *locale = cursor.fetchone()
            drop(database, name)
            cursor.execute(CREATE.format(quoted(database, name)), [encoding, *locale])
    except DatabaseError as error:
        raise Failed(
            f"No database to verify in could be made: {one_line(error)}. Let the site's role make it: "
            f"ALTER ROLE {database.settings_dict['USER'] or '…'} CREATEDB."
        ) from error


def drop(database: BaseDatabaseWrapper, name: str) -> None:
    with database.cursor() as cursor:
        cursor.execute(f"DROP DATABASE IF EXISTS {quoted(database, name)} WITH (FORCE)")


def load(file: Path, contents: Contents) -> None:
    """Puts what is in the dump in the place of the site's tables, in one transaction. Tables of others stay."""
    script, before = file.with_suffix(".sql"), file.with_name("before.sql")
    try:
        with own() as database:
            run("pg_restore", "--clean", "--if-exists", *AS_IT_WAS, f"--file={script}", file, of=database)
            before.write_text("".join(f"{statement};\n" for statement in removals(database, contents)))
            run("psql", *AT_ONCE, f"--file={before}", f"--file={script}", of=database)
            if told := differences(contents, contents_of(database)):
                raise Failed(f"It was put back, and is not as it was: {'; '.join(told)}.")
    except DatabaseError as error:
        raise Failed(f"The database cannot be used: {one_line(error)}.") from error


def removals(database: BaseDatabaseWrapper, contents: Contents) -> Iterator[str]:
    """What takes away all that the site's migrations made, also such as the backup does not know."""
    counts = str(settings.CACHES["default"]["LOCATION"])
    ours = {*contents, *(model._meta.db_table for model in models_of(database)), counts}
    for name in sorted(ours):
        yield f"DROP TABLE IF EXISTS {quoted(database, name)} CASCADE"
    with database.cursor() as cursor:
        cursor.execute(FUNCTIONS)
        yield from (f"DROP FUNCTION IF EXISTS {signature} CASCADE" for (signature,) in cursor.fetchall())


def own(**changes: Any) -> AbstractContextManager[BaseDatabaseWrapper]:
    """A connection that is not the pool's, to the site's database or to one of another NAME."""
    options = {name: value for name, value in connection.settings_dict["OPTIONS"].items() if name != "pool"}
    return beside(OPTIONS=options, **changes)


def run(program: str, *arguments: str | Path, of: BaseDatabaseWrapper) -> None:
    """Runs one of PostgreSQL's own programs to its end. What it says goes nowhere, unless it fails."""
    try:
        done = subprocess.run(  # noqa: S603 - found by name, without a shell
            [path_of(program), *arguments],
            env={**os.environ, **access(of)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            restore_signals=False,  # what may not be written is an error to tell of, and not its end
            check=False,
        )
    except OSError as error:
        raise Failed(f"{program} cannot be run: {error.strerror}.") from error
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        raise Failed(f"{program} failed: {' '.join(said[-LINES:]) or done.returncode}")


def path_of(program: str) -> str:
    """In PATH, or where Debian keeps it: the newest."""
    found = [shutil.which(program), *sorted(map(str, Path("/").glob(f"{ON_DEBIAN}/{program}")), reverse=True)]
    for path in filter(None, found):
        return path
    raise Failed(f"{program} is not installed here. Install PostgreSQL's client programs (postgresql-client).")


def access(database: BaseDatabaseWrapper) -> dict[str, str]:
    """How a program reaches the database, in its environment: there nobody else reads the password."""
    known = database.get_connection_params()
    return {variable: str(known[name]) for name, variable in VARIABLES.items() if known.get(name) not in (None, "")}


def quoted(database: BaseDatabaseWrapper, name: str) -> str:
    return str(database.ops.quote_name(name))


def one_line(error: Exception) -> str:
    return " ".join(str(error).split())

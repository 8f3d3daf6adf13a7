"""Backups of a PostgreSQL database in which others have schemas, tables and functions too, and mean no good."""

from pathlib import Path

import psycopg
import pytest

from conversations.backup.script import FUNCTIONS
from tests.backup.rewriting import manifest_of
from tests.programs.host import Host

pytestmark = pytest.mark.postgresql

MADE = """SELECT oid::regprocedure::text FROM pg_proc
          WHERE pronamespace = 'public'::regnamespace AND proowner = current_user::regrole"""
OF_OTHERS = "CREATE TABLE of_others AS SELECT 'theirs' AS word"
PEEK = """CREATE FUNCTION conversations_peek() RETURNS SETOF text SECURITY DEFINER LANGUAGE sql
          AS 'SELECT text FROM public.conversations_message'"""
LIMITS = ("statement_timeout", "idle_in_transaction_session_timeout")
SHOW_LIMITS = f"""
from django.db import connection
from conversations.backup.postgresql import own

def shown(database, name):
    with database.cursor() as cursor:
        cursor.execute("SHOW " + name)
        return cursor.fetchone()[0]

with own() as database:
    print(shown(connection, "statement_timeout"), *(shown(database, name) for name in {LIMITS}))
"""
SCRATCH = "SELECT datname FROM pg_database WHERE datname LIKE '%\\_verify\\_%'"


def comes_back(host: Host, path: Path) -> None:
    """Restored over something else, the backup is what the database was."""
    host.ask("UPDATE conversations_message SET text = 'overwritten'")
    verified, done = host.manage("verify", path), host.manage("restore", path, "--yes")
    assert (verified.status, done.status) == (0, 0), verified.err + done.err
    assert "What is a turn? 😀 <b>" in host.texts


def test_functions_that_migrations_make_are_known(postgresql_host: Host):
    assert [name for (name,) in postgresql_host.ask(MADE)] == list(FUNCTIONS)


def test_schema_of_the_roles_name_that_came_later_takes_no_table_away(postgresql_host: Host):
    """Where new tables would be made now is not where the site's are."""
    postgresql_host.ask("CREATE SCHEMA AUTHORIZATION chatsite")

    comes_back(postgresql_host, postgresql_host.backup())


def test_backup_of_before_such_a_schema_comes_back(postgresql_host: Host):
    path = postgresql_host.backup()
    postgresql_host.ask("CREATE SCHEMA AUTHORIZATION chatsite")

    comes_back(postgresql_host, path)


def test_tables_in_two_schemas_are_refused(postgresql_host: Host):
    postgresql_host.ask("CREATE SCHEMA AUTHORIZATION chatsite")
    postgresql_host.ask("ALTER TABLE conversations_preset SET SCHEMA chatsite")

    done = postgresql_host.manage("backup")

    assert (done.status, done.err) == (
        1,
        "CommandError: Not all tables of the site are in the schema public: conversations_preset.\n",
    )


@pytest.fixture
def in_app(empty: Host) -> Host:
    """A site in a schema of its own."""
    return moved_to_app(empty).fill()


def moved_to_app(host: Host) -> Host:
    host.ask("CREATE SCHEMA app")
    host.ask(f'ALTER DATABASE "{host.name}" SET search_path = app')
    return host


@pytest.mark.parametrize("host", ["postgresql"], indirect=True)
def test_site_in_a_schema_of_its_own_comes_back(in_app: Host):
    comes_back(in_app, in_app.backup())


@pytest.mark.parametrize("host", ["postgresql"], indirect=True)
def test_site_in_a_schema_of_its_own_goes_to_another_machine(in_app: Host, tmp_path: Path):
    assert in_app.postgresql
    path = in_app.backup()
    in_app.postgresql.create_database(f"{in_app.name}_new")
    new = Host(tmp_path / "new", in_app.postgresql, f"{in_app.name}_new")
    before = new.manage("restore", path, "--yes")
    new.ask(f'ALTER DATABASE "{new.name}" SET search_path = app')

    done = new.manage("restore", path, "--yes")

    assert before.err == (
        "CommandError: Nothing was changed: the schema that it is of is not where the site looks (search_path).\n"
    )
    assert (done.status, done.err) == (0, "")
    assert new.texts == in_app.texts


@pytest.mark.parametrize("name", ['conversations_""*', 'x""\\(', "%", "x\ny"])
def test_name_of_anothers_table_takes_nothing_away(postgresql_host: Host, name: str):
    postgresql_host.ask(f'CREATE TABLE "{name}" (number integer)')

    comes_back(postgresql_host, postgresql_host.backup())


def test_function_of_another_is_not_made_the_sites_own(postgresql_host: Host):
    postgresql_host.ask(PEEK)
    path = postgresql_host.backup()
    postgresql_host.ask("DROP FUNCTION conversations_peek()")

    comes_back(postgresql_host, path)

    assert [name for (name,) in postgresql_host.ask(MADE)] == list(FUNCTIONS)


def test_procedure_of_another_is_in_nobodys_way(postgresql_host: Host):
    postgresql_host.ask("CREATE PROCEDURE conversations_x() LANGUAGE sql AS 'SELECT 1'")

    comes_back(postgresql_host, postgresql_host.backup())


def test_nobody_else_comes_into_the_place_where_a_backup_is_verified(postgresql_host: Host):
    path = postgresql_host.backup()
    postgresql_host.ask(f"CREATE ROLE eve_{postgresql_host.name} LOGIN")
    with postgresql_host.begin_to("conversations.backup.script.carry_out", "verify", path):
        ((scratch,),) = postgresql_host.ask(SCRATCH)
        url = postgresql_host.environment["DATABASE_URL"].replace("chatsite@", f"eve_{postgresql_host.name}@")
        with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
            psycopg.connect(url.replace(f"/{postgresql_host.name}", f"/{scratch}"))


@pytest.mark.parametrize("name", ["of_others", 'x" CASCADE;\n\\! touch {mark}\n--'])
def test_name_in_a_manifest_takes_nothing_away_and_runs_nothing(postgresql_host: Host, name: str, tmp_path: Path):
    mark = tmp_path / "mark"
    postgresql_host.ask(OF_OTHERS)
    path = postgresql_host.backup()
    with manifest_of(path) as told:
        told["contents"][name.format(mark=mark)] = {"rows": 0, "digest": "0" * 64}
    postgresql_host.ask("UPDATE conversations_message SET text = 'still here'")

    done = postgresql_host.manage("restore", path, "--yes")

    assert (done.status, done.err[:50]) == (1, "CommandError: Nothing was changed, as it would not")
    assert set(postgresql_host.texts) == {"still here"}
    assert postgresql_host.ask("SELECT word FROM of_others") == [("theirs",)]
    assert not mark.exists()


def test_backup_that_is_not_what_it_says_changes_nothing(postgresql_host: Host):
    path = postgresql_host.backup()
    with manifest_of(path) as told:
        told["contents"]["conversations_message"]["rows"] = 7
    postgresql_host.ask("UPDATE conversations_message SET text = 'still here'")

    done = postgresql_host.manage("restore", path, "--yes")

    assert done.status == 1
    assert "conversations_message has 10 rows in place of 7" in done.err
    assert set(postgresql_host.texts) == {"still here"}


def test_table_that_belongs_to_another_is_named(postgresql_host: Host):
    path = postgresql_host.backup()
    role = f"other_{postgresql_host.name}"
    postgresql_host.ask(f"CREATE ROLE {role} LOGIN")
    for what in ("TABLES", "SEQUENCES"):
        postgresql_host.ask(f"GRANT ALL ON ALL {what} IN SCHEMA public TO {role}")
    url = postgresql_host.environment["DATABASE_URL"].replace("chatsite@", f"{role}@")

    done = postgresql_host.manage("restore", path, "--yes", DATABASE_URL=url)

    assert done.status == 1
    assert "must be owner of table" in done.err
    assert "What is a turn? 😀 <b>" in postgresql_host.texts


def test_limits_of_the_role_stop_nothing(postgresql_host: Host):
    for name in LIMITS:
        postgresql_host.ask(f"ALTER DATABASE \"{postgresql_host.name}\" SET {name} = '1h'")

    seen = postgresql_host.manage("shell", "-v", "0", "-c", SHOW_LIMITS)

    assert (seen.status, seen.out) == (0, "1h 0 0\n"), seen.err

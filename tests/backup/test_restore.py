"""manage.py restore: everything is as it was, and what was there instead is not lost."""

import pytest

from tests.processes.waiting import until
from tests.programs.host import Host

REFUSE_INDEXES = (
    "CREATE FUNCTION refuse() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no'; END $$",
    "CREATE EVENT TRIGGER refuse ON ddl_command_end WHEN TAG IN ('CREATE INDEX') EXECUTE FUNCTION refuse()",
)
EVE = "from django.contrib.auth.models import User; User.objects.create(username='eve')"
ALL_GONE = "DELETE FROM conversations_preferences"


def test_everything_is_as_it_was(host: Host):
    path = host.backup()
    host.ask(ALL_GONE)
    host.ask("UPDATE conversations_message SET text = 'overwritten'")

    done = host.manage("restore", path, "--yes")

    assert (done.status, done.err) == (0, "")
    assert "What is a turn? 😀 <b>" in host.texts
    assert host.ask("SELECT theme FROM conversations_preferences") == [("dark",)]


def test_what_was_there_is_kept_and_can_be_put_back(host: Host):
    path = host.backup()
    host.ask("UPDATE conversations_message SET text = 'written since'")

    host.manage("restore", path, "--yes")
    (kept,) = host.backups.glob("before-restore-*.zip")
    done = host.manage("restore", kept, "--yes")

    assert done.status == 0, done.err
    assert set(host.texts) == {"written since"}


def test_another_machine_has_everything(host: Host, empty: Host):
    path = host.backup()

    done = empty.manage("restore", path, "--yes")

    assert (done.status, done.err) == (0, "")
    assert done.out.startswith("Restored: 4 conversations with 10 messages, ")
    assert empty.texts == host.texts
    assert list(empty.backups.glob("before-restore-*")) == []
    with empty.serve() as serve:
        assert "ready" not in serve.log


def test_what_is_written_next_gets_a_key_of_its_own(host: Host, empty: Host):
    empty.manage("restore", host.backup(), "--yes")

    empty.manage("shell", "-v", "0", "-c", EVE)

    assert empty.ask("SELECT count(*) FROM auth_user WHERE username = 'eve'") == [(1,)]


def test_older_backup_is_migrated_with_the_next_start(host: Host, empty: Host):
    assert host.manage("migrate", "mfa", "zero", "-v", "0").status == 0
    path = host.backup()
    assert host.manage("migrate", "-v", "0").status == 0

    restored = host.manage("restore", path, "--yes")
    verified = host.manage("verify", path)
    migrated = host.manage("migrate", "-v", "0")

    assert (restored.status, verified.status, migrated.status) == (0, 0, 0), restored.err + verified.err + migrated.err
    assert host.ask("SELECT count(*) FROM mfa_authenticator") == [(0,)]
    assert "What is a turn? 😀 <b>" in host.texts


def test_newer_backup_is_refused(host: Host):
    host.ask("INSERT INTO django_migrations (app, name, applied) VALUES ('conversations', '9999_x', '2030-01-01')")
    path = host.backup()
    host.ask("DELETE FROM django_migrations WHERE name = '9999_x'")
    host.ask("UPDATE conversations_message SET text = 'still here'")

    done = host.manage("restore", path, "--yes")

    assert done.err == (
        "CommandError: It is newer than this code, which does not know conversations.9999_x. Restore it with the newer "
        "code.\n"
    )
    assert set(host.texts) == {"still here"}


def test_nothing_is_restored_while_the_site_runs(host: Host):
    path = host.backup()
    host.ask("UPDATE conversations_message SET text = 'still here'")

    with host.serve():
        done = host.manage("restore", path, "--yes")

    assert done.status == 1
    assert "Stop" in done.err
    assert set(host.texts) == {"still here"}


def test_nothing_is_restored_where_nobody_is_asked(host: Host):
    path = host.backup()

    done = host.manage("restore", path)

    assert done.err == "CommandError: Nobody is there to be asked: add --yes to restore all the same.\n"


@pytest.mark.postgresql
def test_backup_of_another_database_is_refused(sqlite_host: Host, postgresql_host: Host):
    of_sqlite, of_postgresql = sqlite_host.backup(), postgresql_host.backup()

    there = postgresql_host.manage("restore", of_sqlite, "--yes")
    here = sqlite_host.manage("restore", of_postgresql, "--yes")

    assert there.err == (
        "CommandError: It is a backup of SQLite, and the site's database is PostgreSQL. Set DATABASE_URL to where it "
        "shall go.\n"
    )
    assert here.err.startswith("CommandError: It is a backup of PostgreSQL, and the site's database is SQLite.")


def test_damaged_backup_changes_nothing(host: Host):
    path = host.backup()
    path.write_bytes(path.read_bytes()[:-100])
    host.ask("UPDATE conversations_message SET text = 'still here'")

    done = host.manage("restore", path, "--yes")

    assert (done.status, done.err) == (1, "CommandError: It is no backup, or not whole.\n")
    assert set(host.texts) == {"still here"}


def test_broken_database_is_replaced_only_where_that_is_asked_for(sqlite_host: Host):
    path = sqlite_host.backup()
    (sqlite_host.data / "db.sqlite3").write_bytes(b"no database " * 1000)

    refused = sqlite_host.manage("restore", path, "--yes")
    done = sqlite_host.manage("restore", path, "--yes", "--without-copy")

    assert refused.err == (
        "CommandError: What is there now could not be backed up first, so nothing was changed: file is not a database. "
        "Where it is broken, copy it aside and add --without-copy.\n"
    )
    assert (done.status, done.err) == (0, "")
    assert "What is a turn? 😀 <b>" in sqlite_host.texts


def test_what_was_not_yet_in_the_file_of_the_old_database_is_not_taken_for_a_part_of_the_new(sqlite_host: Host):
    """A process that was killed leaves its last commits in a file beside the database."""
    path = sqlite_host.backup()
    with sqlite_host.serve() as serve:
        serve.make_accounts("eve")
        serve.kill()
    assert (sqlite_host.data / "db.sqlite3-wal").stat().st_size

    sqlite_host.manage("restore", path, "--yes")
    (kept,) = sqlite_host.backups.glob("before-restore-*.zip")

    assert sqlite_host.ask("PRAGMA integrity_check") == [("ok",)]
    assert sqlite_host.ask("SELECT count(*) FROM auth_user WHERE username = 'eve'") == [(0,)]
    sqlite_host.manage("restore", kept, "--yes")
    assert sqlite_host.ask("SELECT count(*) FROM auth_user WHERE username = 'eve'") == [(1,)]


def test_killed_in_the_middle_the_old_database_is_there_and_the_next_run_ends_it(host: Host):
    path = host.backup()
    host.ask("UPDATE conversations_message SET text = 'still here'")
    slowly = {"conversations.backup.archive.AT_ONCE": 4}
    with host.begin("restore", path, "--yes", shrink=slowly):
        until(lambda: list(host.backups.glob(".scratch-*/extracted")))
    assert set(host.texts) == {"still here"}

    done = host.manage("restore", path, "--yes")

    assert done.status == 0, done.err
    assert "What is a turn? 😀 <b>" in host.texts


@pytest.mark.postgresql
def test_tables_of_others_in_the_database_stay(postgresql_host: Host):
    path = postgresql_host.backup()
    postgresql_host.ask("CREATE TABLE of_others AS SELECT 'theirs' AS word")
    (postgresql_host.data / "backups").mkdir(exist_ok=True)

    done = postgresql_host.manage("restore", path, "--yes")

    assert done.status == 0, done.err
    assert postgresql_host.ask("SELECT word FROM of_others") == [("theirs",)]


@pytest.mark.postgresql
def test_restore_that_fails_in_the_middle_changes_nothing(postgresql_host: Host):
    path = postgresql_host.backup()
    postgresql_host.ask("UPDATE conversations_message SET text = 'still here'")
    for statement in REFUSE_INDEXES:
        postgresql_host.ask(statement)

    done = postgresql_host.manage("restore", path, "--yes")

    assert (done.status, done.err.startswith("CommandError: psql failed: ")) == (1, True)
    assert set(postgresql_host.texts) == {"still here"}

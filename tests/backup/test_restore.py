"""manage.py restore: everything is as it was, and what was there instead is not lost."""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.processes.waiting import until
from tests.programs.host import ASKS_WHO_IS_THERE, SAID, Host
from tests.programs.postgresql import PostgreSQL

REFUSE_INDEXES = (
    "CREATE FUNCTION refuse() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no'; END $$",
    "CREATE EVENT TRIGGER refuse ON ddl_command_end WHEN TAG IN ('CREATE INDEX') EXECUTE FUNCTION refuse()",
)
WAIT_AT_INDEXES = (
    "CREATE FUNCTION wait() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(0.5); END $$",
    "CREATE EVENT TRIGGER wait ON ddl_command_end WHEN TAG IN ('CREATE INDEX') EXECUTE FUNCTION wait()",
)
OURS = "FROM pg_stat_activity WHERE application_name = 'chatsite' AND datname = current_database()"
GIVE_ALL = """DO $$ DECLARE each record; BEGIN
    FOR each IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
        EXECUTE format('ALTER TABLE %I OWNER TO "{0}"', each.tablename);
    END LOOP;
    ALTER FUNCTION conversations_words(text) OWNER TO "{0}";
END $$"""
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


def test_what_was_there_is_kept_and_can_be_put_back(sqlite_host: Host):
    path = sqlite_host.backup()
    sqlite_host.ask("UPDATE conversations_message SET text = 'written since'")

    sqlite_host.manage("restore", path, "--yes")
    (kept,) = sqlite_host.backups.glob("before-restore-*.zip")
    done = sqlite_host.manage("restore", kept, "--yes")

    assert done.status == 0, done.err
    assert set(sqlite_host.texts) == {"written since"}


def test_what_is_put_back_is_not_among_the_old_ones_that_go(sqlite_host: Host, tmp_path: Path):
    """It is the oldest of its kind, one more is made, and then the site's database is in use."""
    path = sqlite_host.backup().rename(sqlite_host.backups / "before-restore-20260101-000000-000000.zip")
    others = [sqlite_host.backups / f"before-restore-202602{day:02}-000000-000000.zip" for day in range(1, 15)]
    for other in others:
        other.touch()
    (tmp_path / "link").symlink_to(sqlite_host.backups)
    sqlite_host.ask("UPDATE conversations_message SET text = 'written since'")

    with in_use(sqlite_host):
        refused = sqlite_host.manage("restore", tmp_path / "link" / path.name, "--yes")
    gone = [other for other in others if not other.exists()]
    done = sqlite_host.manage("restore", path, "--yes")

    assert (refused.status, gone, done.status) == (1, others[:1], 0), refused.err + done.err
    assert "What is a turn? 😀 <b>" in sqlite_host.texts


@contextmanager
def in_use(host: Host) -> Iterator[None]:
    with closing(sqlite3.connect(host.data / "db.sqlite3")) as other:
        other.execute("BEGIN IMMEDIATE")
        yield


def test_another_machine_has_everything(host: Host, empty: Host):
    path = host.backup()

    done = empty.manage("restore", path, "--yes")

    assert (done.status, done.err) == (0, "")
    assert done.out.startswith("Restored: 4 conversations with 10 messages, ")
    assert empty.texts == host.texts
    assert list(empty.backups.glob("before-restore-*")) == []
    with empty.serve() as serve:
        assert not any("Preparing the database" in line for line in serve.program.said)


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


def test_nothing_is_restored_while_the_site_runs(host: Host):
    path = host.backup()
    host.ask("UPDATE conversations_message SET text = 'still here'")

    with host.serve():
        done = host.manage("restore", path, "--yes")

    assert done.status == 1
    assert "Stop" in done.err
    assert set(host.texts) == {"still here"}


@pytest.mark.postgresql
def test_nothing_is_restored_where_the_site_started_meanwhile(postgresql_host: Host):
    """Between the question who is there and the lock that keeps others out there is no gap."""
    path = postgresql_host.backup()
    postgresql_host.ask("UPDATE conversations_message SET text = 'still here'")

    with postgresql_host.begin_to(ASKS_WHO_IS_THERE, "restore", path, "--yes") as running, postgresql_host.serve():
        running.resume()
        status = running.wait()

    assert (status, running.log) == (
        1,
        "CommandError: The database is in use, by chatsite. Stop the site, and what else is there.\n",
    )
    assert set(postgresql_host.texts) == {"still here"}


@pytest.mark.postgresql
def test_site_that_starts_while_it_is_restored_waits_for_that(postgresql_host: Host):
    path = postgresql_host.backup()

    with postgresql_host.begin_to("conversations.backup.restore", "restore", path, "--yes") as running:
        status = postgresql_host.serve_behind(running)

    assert status == 0, running.log


def test_nothing_is_restored_where_nobody_is_asked(sqlite_host: Host):
    path = sqlite_host.backup()

    done = sqlite_host.manage("restore", path)

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


def test_damaged_backup_changes_nothing(sqlite_host: Host):
    path = sqlite_host.backup()
    path.write_bytes(path.read_bytes()[:-100])
    sqlite_host.ask("UPDATE conversations_message SET text = 'still here'")

    done = sqlite_host.manage("restore", path, "--yes")

    assert (done.status, done.err) == (1, "CommandError: It is no backup, or not whole.\n")
    assert set(sqlite_host.texts) == {"still here"}


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


def test_killed_while_it_is_unpacked_the_old_database_is_there_and_the_next_run_ends_it(sqlite_host: Host):
    path = sqlite_host.backup()
    sqlite_host.ask("UPDATE conversations_message SET text = 'still here'")
    with sqlite_host.begin_to("conversations.backup.archive.copied", "restore", path, "--yes"):
        assert list(sqlite_host.backups.glob(".scratch-*/extracted"))
    assert set(sqlite_host.texts) == {"still here"}

    done = sqlite_host.manage("restore", path, "--yes")

    assert done.status == 0, done.err
    assert "What is a turn? 😀 <b>" in sqlite_host.texts


@pytest.mark.postgresql
def test_killed_while_postgresql_is_at_it_nothing_goes_on_without_us(postgresql_host: Host):
    """PostgreSQL goes on with what it was told, and must not commit what nobody waits for."""
    path = postgresql_host.backup()
    postgresql_host.ask("UPDATE conversations_message SET text = 'still here'")
    for statement in WAIT_AT_INDEXES:
        postgresql_host.ask(statement)
    with postgresql_host.begin("restore", path, "--yes"):
        until(lambda: postgresql_host.asleep("SELECT 1"))
    postgresql_host.ask("DROP EVENT TRIGGER wait")
    until(lambda: not postgresql_host.ask(f"SELECT 1 {OURS}"))

    assert set(postgresql_host.texts) == {"still here"}


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

    assert done.status == 1
    assert done.err.startswith("CommandError: PostgreSQL does not take what is in it: no ")
    assert done.err.endswith(" Nothing was changed.\n")
    assert set(postgresql_host.texts) == {"still here"}


@pytest.mark.postgresql
def test_tables_of_others_stay_as_they_are_also_where_they_are_older_than_the_backup(postgresql_host: Host):
    assert postgresql_host.postgresql
    postgresql_host.ask("CREATE TABLE of_others AS SELECT 'old' AS word")
    postgresql_host.ask("CREATE TABLE numbered (id serial)")
    postgresql_host.ask("CREATE SEQUENCE invoices")
    postgresql_host.ask("CREATE EXTENSION pg_trgm")
    path = postgresql_host.backup()
    postgresql_host.ask("UPDATE of_others SET word = 'new'")

    verified, done = postgresql_host.manage("verify", path), postgresql_host.manage("restore", path, "--yes")

    assert (verified.status, done.status) == (0, 0), verified.err + done.err
    assert postgresql_host.ask("SELECT word FROM of_others") == [("new",)]


@pytest.mark.postgresql
def test_role_with_no_more_rights_than_it_needs_backs_up_and_restores(postgresql_host: Host, server: PostgreSQL):
    """It owns its tables, and neither the database nor another's tables in it."""
    name = postgresql_host.name
    server.ask(f'CREATE ROLE "{name}" LOGIN')
    postgresql_host.ask(f'GRANT CREATE ON SCHEMA public TO "{name}"')
    postgresql_host.ask(GIVE_ALL.format(name))
    postgresql_host.ask("CREATE TABLE secret AS SELECT 'hidden' AS word")
    url = postgresql_host.environment["DATABASE_URL"].replace("chatsite@", f"{name}@")
    postgresql_host.settings["DATABASE_URL"] = url

    path = postgresql_host.backup()
    postgresql_host.ask("UPDATE conversations_message SET text = 'overwritten'")
    done = postgresql_host.manage("restore", path, "--yes")

    assert (done.status, done.err) == (0, "")
    assert "What is a turn? 😀 <b>" in postgresql_host.texts


@pytest.mark.postgresql
def test_database_that_is_not_there_is_a_sentence(postgresql_host: Host):
    path = postgresql_host.backup()

    done = postgresql_host.manage(
        "restore", path, "--yes", DATABASE_URL=postgresql_host.environment["DATABASE_URL"] + "x"
    )

    assert (done.status, done.err.startswith("CommandError: The database cannot be used: ")) == (1, True)


def test_database_behind_a_link_is_replaced_where_it_is(sqlite_host: Host, tmp_path: Path):
    path = sqlite_host.backup()
    link, real = sqlite_host.data / "db.sqlite3", tmp_path / "large disk.sqlite3"
    shutil.move(link, real)
    link.symlink_to(real)
    sqlite_host.ask("UPDATE conversations_message SET text = 'overwritten'")

    done = sqlite_host.manage("restore", path, "--yes")

    assert (done.status, link.is_symlink()) == (0, True)
    assert "What is a turn? 😀 <b>" in sqlite_host.texts


@pytest.fixture
def another_disk(sqlite_host: Host) -> Iterator[Path]:
    """Where the database lies, while the backups stay where they are."""
    with TemporaryDirectory(dir="/dev/shm") as name:
        folder = Path(name)
        assert folder.stat().st_dev != sqlite_host.data.stat().st_dev
        shutil.move(sqlite_host.data / "db.sqlite3", folder / "db.sqlite3")
        sqlite_host.settings["DATABASE_URL"] = f"sqlite:///{folder}/db.sqlite3"
        yield folder


def test_database_on_another_disk_is_written_for_its_owner_alone_and_for_good(sqlite_host: Host, another_disk: Path):
    path = sqlite_host.backup()
    with closing(sqlite3.connect(another_disk / "db.sqlite3")) as database, database:
        database.execute("UPDATE conversations_message SET text = 'overwritten'")
    restored = another_disk / "db.sqlite3.restored"

    with sqlite_host.begin_to("os.fsync", "restore", path, "--yes") as running:
        while not restored.exists():  # others come before it
            running.resume()
            running.wait_paused()
        mode = restored.stat().st_mode & 0o777

    done = sqlite_host.manage("restore", path, "--yes")
    assert (mode, done.status, restored.exists()) == (0o600, 0, False), done.err
    with closing(sqlite3.connect(another_disk / "db.sqlite3")) as database:
        assert ("What is a turn? 😀 <b>",) in database.execute(SAID).fetchall()


def test_nothing_is_restored_while_somebody_reads_or_writes(sqlite_host: Host):
    path = sqlite_host.backup()
    with in_use(sqlite_host):
        done = sqlite_host.manage("restore", path, "--yes")

    assert done.err == "CommandError: Somebody uses the database: stop the site, and what else has it open.\n"
    assert sorted(each.name for each in sqlite_host.data.glob("db.sqlite3*")) == ["db.sqlite3", "db.sqlite3.lock"]

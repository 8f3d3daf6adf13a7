"""A copy is kept before every migration, and nothing is migrated without one unless somebody says so."""

import sqlite3
import zipfile
from contextlib import closing
from pathlib import Path

import pytest

from tests.people import Person
from tests.programs.host import Host
from tests.programs.serve import ROOT

SESSION = """
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.models import User
from conversations.models.session import SessionStore
ada, session = User.objects.get(username="ada"), SessionStore()
session[SESSION_KEY], session[BACKEND_SESSION_KEY] = str(ada.pk), settings.AUTHENTICATION_BACKENDS[0]
session[HASH_SESSION_KEY] = ada.get_session_auth_hash()
session.save()
print(session.session_key)
"""

BACK = ["migrate", "mfa", "zero", "-v", "0", "--without-copy"]
WRITING = [
    *(["run_jobs"], ["retention"], ["first_admin_link"], ["reset_mfa", "ada"], ["check_index"], ["backup"]),
    ["runserver", "--noreload"],
]
NEWER = "INSERT INTO django_migrations (app, name, applied) VALUES ('conversations', '9999_x', '2030-01-01')"
IS_BACK = "SELECT count(*) FROM django_migrations WHERE app = 'mfa'"


@pytest.fixture
def back(host: Host) -> Host:
    """One whose database lacks migrations."""
    assert host.manage(*BACK).status == 0
    assert host.ask(IS_BACK) == [(0,)]
    return host


def copies(host: Host) -> list[Path]:
    return sorted(host.backups.glob("before-migration-*.zip"))


def test_server_keeps_a_copy_of_what_was_there_before_it_migrates(back: Host):
    with back.serve() as serve:
        told = next(line for line in serve.program.said if line.startswith("A copy of the database is kept in "))

    (copy,) = copies(back)
    assert told == f"A copy of the database is kept in {copy}\n"
    assert back.ask(IS_BACK) != [(0,)]
    back.manage("restore", copy, "--yes")
    assert back.ask(IS_BACK) == [(0,)]
    assert "What is a turn? 😀 <b>" in back.texts


def test_command_keeps_one_too(back: Host):
    done = back.manage("migrate")

    (copy,) = copies(back)
    assert done.out.startswith(f"A copy of the database is kept in {copy}\n")
    assert zipfile.is_zipfile(copy)


@pytest.mark.parametrize("arguments", [["--plan"], ["--check"], ["--without-copy"]], ids=str)
def test_no_copy_is_kept_where_nothing_is_migrated_or_none_is_wanted(back: Host, arguments: list[str]):
    back.manage("migrate", *arguments)

    assert copies(back) == []


def test_no_copy_is_kept_where_there_is_nothing_to_migrate(host: Host):
    host.manage("migrate")

    assert copies(host) == []


def test_first_start_has_nothing_to_copy(empty: Host):
    assert empty.manage("migrate", "-v", "0").status == 0

    assert copies(empty) == []


def test_the_newest_five_are_kept(back: Host):
    back.backups.mkdir(exist_ok=True)
    olds = [back.backups / f"before-migration-2020010{number}-000000-000000.zip" for number in range(5)]
    for old in olds:
        old.touch()

    back.manage("migrate", "-v", "0")

    assert copies(back)[:-1] == olds[1:]


def test_start_that_fails_again_and_again_keeps_the_copy_from_before_it(back: Host):
    """Each start makes a migration before the one that fails: that a table is there already."""
    back.ask("CREATE TABLE mfa_authenticator (id integer)")

    statuses = [back.manage("migrate", "-v", "0").status for _ in range(3)]

    assert statuses == [1, 1, 1]
    assert len(copies(back)) == 1


def test_copy_that_was_damaged_since_does_not_count_as_one(back: Host):
    """Nothing was changed by the start that failed: the copy that is asked for is as the one that is there was."""
    back.ask("CREATE TABLE mfa_authenticator (id integer)")
    back.manage("migrate", "mfa", "-v", "0")
    (damaged,) = copies(back)
    content = bytearray(damaged.read_bytes())
    content[len(content) // 3] ^= 1
    damaged.write_bytes(content)

    again = back.manage("migrate", "mfa", "-v", "0")

    assert copies(back)[0] == damaged
    assert again.out.startswith(f"A copy of the database is kept in {copies(back)[-1]}\n")
    assert [back.manage("verify", copy).status for copy in copies(back)] == [1, 0]


def test_nothing_is_migrated_where_no_copy_can_be_kept(back: Host):
    (back.backups).write_text("a file where a folder should be")

    refused = back.manage("migrate", "-v", "0")
    untouched = back.ask(IS_BACK)
    done = back.manage("migrate", "-v", "0", "--without-copy")

    assert (refused.status, untouched) == (1, [(0,)])
    assert refused.err.startswith("CommandError: No copy of the database could be kept, so nothing was changed. ")
    assert refused.err.endswith("(`manage.py migrate --without-copy` goes on without one.)\n")
    assert (done.status, back.ask(IS_BACK) == [(0,)]) == (0, False)


@pytest.mark.parametrize("command", WRITING, ids=lambda command: str(command[0]))
def test_nothing_is_written_into_a_newer_database(sqlite_host: Host, command: list[str]):
    sqlite_host.ask(NEWER)

    done = sqlite_host.manage(*command)

    assert (done.status, done.err.startswith("CommandError: The database is newer than this code")) == (1, True)


def test_newer_database_is_not_migrated(back: Host):
    back.ask(NEWER)

    done = back.manage("migrate")

    assert done.err == (
        "CommandError: The database is newer than this code: it has the migration conversations.9999_x, which this "
        f"code does not know. Run the newer code again, or restore a backup from {back.backups}.\n"
    )
    assert (back.ask(IS_BACK), copies(back)) == ([(0,)], [])


@pytest.mark.parametrize("arguments", [[], ["--plan"]], ids=str)
def test_no_database_is_made_where_nobody_knows_which_one_was_meant(tmp_path: Path, arguments: list[str]):
    host = Host(tmp_path / "data", settings={"DATABASE_URL": "postgre://chat"})
    host.data.mkdir()

    done = host.manage("migrate", *arguments)

    assert (done.status, "(chatsite.E001) DATABASE_URL has a value that makes no sense." in done.err) == (1, True)
    assert [each.name for each in host.data.iterdir()] == ["secret-key"]


def test_site_of_the_first_release_is_upgraded_and_its_copy_is_good(tmp_path: Path):
    host = Host(tmp_path / "data")
    host.data.mkdir(mode=0o700)
    release = (ROOT / "tests" / "releases" / "0.1.0" / "db.sql").read_text(encoding="utf-8")
    with closing(sqlite3.connect(host.data / "db.sqlite3")) as file:
        file.executescript(release)
    texts = host.texts

    with host.serve() as serve:
        session = serve.run(SESSION).strip()
        page = Person(serve.url, session).get("/?q=exchange")

    (copy,) = copies(host)
    assert (page.status, "Turns" in page.text) == (200, True)
    assert host.texts == texts
    assert host.manage("verify", copy).status == 0
    assert host.manage("restore", copy, "--yes").status == 0
    assert host.ask("SELECT count(*) FROM django_migrations WHERE name = '0013_search'") == [(0,)]

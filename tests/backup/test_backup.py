"""manage.py backup: whole, made while the site goes on, and never at the cost of the one before."""

import os
import pwd
import re
import signal
import threading
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from conversations.backup import clients
from tests.people import Person
from tests.programs.host import Host, old_programs
from tests.programs.program import Program

MIDDLE = "zipfile.ZipFile.writestr"  # the database is in the ZIP, and what ends it is not
NEWER = "INSERT INTO django_migrations (app, name, applied) VALUES ('conversations', '9999_x', '2030-01-01')"
FULL = (
    r"CommandError: (The database cannot be used: disk I/O error"
    r"|pg_dump failed: .*could not (write|close).*File too large.*)\n"
)


def test_backup_is_one_file_that_its_owner_alone_reads(sqlite_host: Host):
    path = sqlite_host.backup()

    assert [each for each in sqlite_host.backups.iterdir() if each.name[0] != "."] == [path]
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)


def test_backup_goes_where_it_is_asked_to(sqlite_host: Host, tmp_path: Path):
    (tmp_path / "another place").mkdir()
    path = sqlite_host.backup("--to", tmp_path / "another place")

    assert path.parent == tmp_path / "another place"
    assert sqlite_host.manage("verify", path).status == 0


def test_backup_keeps_the_newest_few_and_nothing_else_goes(sqlite_host: Host):
    sqlite_host.backups.mkdir(exist_ok=True)
    others = [sqlite_host.backups / "before-migration-20200101-000000-000000.zip", sqlite_host.backups / "holiday.zip"]
    for other in others:
        other.touch()

    made = [sqlite_host.backup("--keep", "2") for _ in range(3)]

    assert set(sqlite_host.backups.glob("*.zip")) == {*made[1:], *others}


def test_backup_is_of_one_moment_while_others_write(host: Host):
    stop, written = threading.Event(), count()

    def write() -> None:
        while not stop.is_set():
            host.ask(f"INSERT INTO auth_group (name) VALUES ('{next(written)}')")  # noqa: S608 - a number

    writer = threading.Thread(target=write)
    writer.start()
    try:
        path = host.backup()
    finally:
        stop.set()
        writer.join()

    assert host.manage("verify", path).status == 0
    assert host.manage("restore", path, "--yes").status == 0
    kept = sorted(int(name) for (name,) in host.ask("SELECT name FROM auth_group") if name.isdecimal())
    assert kept == list(range(len(kept)))
    assert 0 < len(kept) < next(written)


def test_site_answers_while_it_is_backed_up(host: Host):
    with host.serve() as serve:
        eve = Person(serve.url, serve.make_accounts("eve")["eve"])
        with host.begin_to(MIDDLE, "backup") as running:
            begun = eve.ask("Are you there?")
            page = eve.get(begun["conversation"]["url"])

            assert "Are you there?" in page.text
            assert list(host.backups.glob("chatsite-*.part"))
            running.resume()
            assert running.wait() == 0


def test_site_answers_while_its_database_is_read(host: Host):
    """What is written meanwhile is not in the backup, whose moment was before it."""
    with host.serve() as serve:
        eve = Person(serve.url, serve.make_accounts("eve")["eve"])
        with reading(host) as running:
            begun = eve.ask("Are you there?")
            page = eve.get(begun["conversation"]["url"])

            assert "Are you there?" in page.text
            running.resume()
            assert running.wait() == 0, running.log

    assert " is whole: 4 conversations with 10 messages, " in host.manage("verify").out


def reading(host: Host) -> Program:
    """A backup that stands still while it has the site's own database open: SQLite in the midst of copying it, and on
    PostgreSQL in the transaction that pg_dump shares."""
    if host.postgresql:
        return host.begin_to("conversations.backup.contents.models_of", "backup")
    return host.begin_to_write("conversations.backup.sqlite.dump", "backup")


def test_killed_in_the_middle_the_last_good_backup_is_whole(host: Host):
    good = host.backup()

    with host.begin_to(MIDDLE, "backup"):
        (part,) = host.backups.glob("*.part")
        assert part.stat().st_size

    assert list(host.backups.glob("*.zip")) == [good]
    assert host.manage("verify").out.startswith(f"{good} is whole: ")
    after = host.backup()
    assert host.manage("verify", after).status == 0
    assert list(host.backups.glob(".scratch-*")) == []


def test_full_disk_is_a_sentence_and_leaves_the_last_good_backup(host: Host):
    good = host.backup()
    before = set(host.backups.iterdir())

    done = host.manage("backup", most_blocks=20)

    assert (done.status, done.out) == (1, "")
    assert re.fullmatch(FULL, done.err)
    assert set(host.backups.iterdir()) == before
    assert host.manage("verify", good).status == 0


def test_two_at_once_wait_for_each_other(sqlite_host: Host):
    with sqlite_host.begin_to(MIDDLE, "backup") as first, sqlite_host.begin_to("fcntl.flock", "backup") as second:
        second.resume()
        second.wait_paused()  # before it asks again whether the other has ended
        first.resume()
        assert first.wait() == 0, first.log
        second.resume()
        assert second.wait() == 0, second.log

    assert len(list(sqlite_host.backups.glob("chatsite-*.zip"))) == 2


def test_folder_that_cannot_be_written_is_a_sentence(sqlite_host: Host, tmp_path: Path):
    (tmp_path / "file").touch()

    done = sqlite_host.manage("backup", "--to", tmp_path / "file" / "folder")

    assert (done.status, done.out) == (1, "")
    assert done.err == f"CommandError: No backup could be kept in {tmp_path}/file/folder: Not a directory.\n"


@pytest.mark.parametrize("number", ["0", "-1", "many"])
def test_number_of_backups_to_keep_is_one_at_least(sqlite_host: Host, number: str):
    done = sqlite_host.manage("backup", f"--keep={number}")

    assert done.status != 0
    assert "it must be a whole number from 1 on" in done.err


@pytest.mark.postgresql
def test_backup_without_the_clients_of_postgresql_says_what_to_install(postgresql_host: Host):
    postgresql_host.settings["PATH"] = "/nowhere"

    with postgresql_host.begin("backup", shrink={"conversations.backup.clients.ON_DEBIAN": "nowhere"}) as running:
        status = running.wait()

    assert status == 1
    assert running.log == (
        "CommandError: pg_dump is not installed here. Install PostgreSQL's client programs, of the server's version or "
        "a later one (postgresql-client).\n"
    )


@pytest.mark.postgresql
def test_backup_by_a_program_that_is_older_than_the_server_says_what_to_install(postgresql_host: Host, tmp_path: Path):
    old_programs(postgresql_host, tmp_path)

    with postgresql_host.begin("backup", shrink={"conversations.backup.clients.ON_DEBIAN": "nowhere"}) as running:
        status = running.wait()

    assert status == 1
    assert re.fullmatch(
        r"CommandError: pg_dump is of PostgreSQL 9, and the server of \d+, which it does not know. Install .*\n",
        running.log,
    )


@pytest.mark.postgresql
def test_password_is_in_no_argument_which_everybody_on_the_machine_reads(postgresql_host: Host, tmp_path: Path):
    told = tmp_path / "told"
    spy = tmp_path / "bin" / "pg_dump"
    spy.parent.mkdir()
    real = clients.path_of("pg_dump", 0)
    spy.write_text(f'#!/bin/sh\nprintf "%s\\n" "$*" "$PGPASSWORD" > {told}\nexec {real} "$@"\n')
    spy.chmod(0o755)
    url = postgresql_host.environment["DATABASE_URL"].replace("@", ":s%20ecret@")
    postgresql_host.settings |= {"PATH": f"{spy.parent}:{os.environ['PATH']}", "DATABASE_URL": url}

    with postgresql_host.begin("backup", shrink={"conversations.backup.clients.ON_DEBIAN": "nowhere"}) as running:
        status = running.wait()

    assert status == 0, running.log
    arguments, password = told.read_text().splitlines()
    assert (password, "s ecret" in arguments, "s%20ecret" in arguments) == ("s ecret", False, False)


def test_newest_backup_is_kept_where_others_seem_to_be_newer(sqlite_host: Host):
    sqlite_host.backups.mkdir(exist_ok=True)
    for number in range(3):
        (sqlite_host.backups / f"chatsite-20990101-00000{number}-000000.zip").touch()

    path = sqlite_host.backup("--keep", "2")

    assert sorted(sqlite_host.backups.glob("*.zip")) == [
        path,
        sqlite_host.backups / "chatsite-20990101-000002-000000.zip",
    ]


def test_files_of_others_stay(sqlite_host: Host, tmp_path: Path):
    place = tmp_path / "shared"
    place.mkdir()
    old, folder = place / "film.part", place / "x.part"
    old.touch()
    folder.mkdir()
    os.utime(old, (0, 0))

    sqlite_host.backup("--to", place)

    assert (old.exists(), folder.exists()) == (True, True)


def test_folder_that_is_not_there_is_not_made(sqlite_host: Host, tmp_path: Path):
    """It may be a disk that is not mounted."""
    done = sqlite_host.manage("backup", "--to", tmp_path / "mnt")

    assert done.err == f"CommandError: No backup could be kept in {tmp_path}/mnt: No such file or directory.\n"
    assert not (tmp_path / "mnt").exists()


def test_nothing_to_back_up_is_a_sentence(empty: Host):
    assert empty.manage("backup").err == "CommandError: There is nothing to back up: the database is empty.\n"


def test_database_that_is_newer_than_the_code_is_not_backed_up_in_part(sqlite_host: Host):
    sqlite_host.ask(
        "INSERT INTO django_migrations (app, name, applied) VALUES ('conversations', '9999_x', '2030-01-01')"
    )

    done = sqlite_host.manage("backup")

    assert done.err == (
        "CommandError: The database is newer than this code, which does not know conversations.9999_x: use the newer "
        "code.\n"
    )


def test_value_that_cannot_be_read_is_told(sqlite_host: Host):
    sqlite_host.ask("UPDATE auth_user SET date_joined = '2026-13-45 00:00:00'")

    done = sqlite_host.manage("backup")

    assert done.err.startswith("CommandError: The table auth_user has a value that cannot be read: ")


def test_ended_by_a_signal_nothing_is_left_behind(host: Host):
    with host.begin_to(MIDDLE, "backup") as running:
        running.signal(signal.SIGTERM)
        running.resume()
        status = running.wait()

    assert (status, [each.name for each in host.backups.iterdir()]) == (128 + signal.SIGTERM, [".lock"])


def test_root_leaves_the_files_of_another_user_alone(tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch):
    """Where root runs the tests the folder is given away; else root is played."""
    if os.geteuid() == 0:
        os.chown(tmp_path, 65534, 65534)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    settings.DATA_DIR = tmp_path
    owner = pwd.getpwuid(tmp_path.stat().st_uid).pw_name

    with pytest.raises(CommandError) as refused:
        call_command("backup")

    assert str(refused.value) == f"{tmp_path} belongs to {owner}. Run this as that user: sudo -u {owner} …"
    assert not (tmp_path / "backups").exists()

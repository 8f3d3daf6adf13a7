"""manage.py backup: whole, made while the site goes on, and never at the cost of the one before."""

import os
import re
import threading
from itertools import count
from pathlib import Path

import pytest

from conversations.backup import postgresql
from tests.people import Person
from tests.processes.waiting import until
from tests.programs.host import Host

SLOWLY = {"conversations.backup.archive.AT_ONCE": 4}  # the ZIP takes seconds: time enough to come in its middle
FULL = (
    r"CommandError: (The database could not be copied: .*(disk|full).*"
    r"|pg_dump failed: .*could not (write|close).*File too large.*)\n"
)


def test_backup_is_one_file_that_its_owner_alone_reads(host: Host):
    path = host.backup()

    assert [each for each in host.backups.iterdir() if each.name != ".lock"] == [path]
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)


def test_backup_goes_where_it_is_asked_to(host: Host, tmp_path: Path):
    path = host.backup("--to", tmp_path / "another place")

    assert path.parent == tmp_path / "another place"
    assert host.manage("verify", path).status == 0


def test_backup_keeps_the_newest_few_and_nothing_else_goes(host: Host):
    host.backups.mkdir(exist_ok=True)
    others = [host.backups / "before-migration-20200101-000000-000000.zip", host.backups / "holiday.zip"]
    for other in others:
        other.touch()

    made = [host.backup("--keep", "2") for _ in range(3)]

    assert set(host.backups.glob("*.zip")) == {*made[1:], *others}


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
        with host.begin("backup", shrink=SLOWLY) as running:
            until(lambda: list(host.backups.glob("chatsite-*.part")))
            running.pause()

            begun = eve.ask("Are you there?")
            page = eve.get(begun["conversation"]["url"])

            assert (running.is_running, "Are you there?" in page.text) == (True, True)
            running.resume()
            assert running.wait() == 0


def test_killed_in_the_middle_the_last_good_backup_is_whole(host: Host):
    good = host.backup()

    with host.begin("backup", shrink=SLOWLY):
        until(lambda: any(part.stat().st_size for part in host.backups.glob("*.part")))

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


def test_two_at_once_wait_for_each_other(host: Host):
    with host.begin("backup", shrink=SLOWLY) as first, host.begin("backup", shrink={}) as second:
        statuses = first.wait(), second.wait()

    assert statuses == (0, 0), first.log + second.log
    assert len(list(host.backups.glob("chatsite-*.zip"))) == 2


def test_folder_that_cannot_be_written_is_a_sentence(host: Host, tmp_path: Path):
    (tmp_path / "file").touch()

    done = host.manage("backup", "--to", tmp_path / "file" / "folder")

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

    with postgresql_host.begin("backup", shrink={"conversations.backup.postgresql.ON_DEBIAN": "nowhere"}) as running:
        status = running.wait()

    assert status == 1
    assert running.log == (
        "CommandError: pg_dump is not installed here. Install PostgreSQL's client programs (postgresql-client).\n"
    )


@pytest.mark.postgresql
def test_password_is_in_no_argument_which_everybody_on_the_machine_reads(postgresql_host: Host, tmp_path: Path):
    told = tmp_path / "told"
    spy = tmp_path / "bin" / "pg_dump"
    spy.parent.mkdir()
    real = postgresql.path_of("pg_dump")
    spy.write_text(f'#!/bin/sh\nprintf "%s\\n" "$*" "$PGPASSWORD" > {told}\nexec {real} "$@"\n')
    spy.chmod(0o755)
    url = postgresql_host.environment["DATABASE_URL"].replace("@", ":s%20ecret@")

    done = postgresql_host.manage("backup", PATH=f"{spy.parent}:{os.environ['PATH']}", DATABASE_URL=url)

    assert done.status == 0, done.err
    arguments, password = told.read_text().splitlines()
    assert (password, "s ecret" in arguments, "s%20ecret" in arguments) == ("s ecret", False, False)

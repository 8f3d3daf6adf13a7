"""manage.py verify: what is said to be whole is, and what is not is told."""

import json
import re
import shutil
import sqlite3
import zipfile
from collections.abc import Callable
from contextlib import closing
from hashlib import sha256
from pathlib import Path

import pytest

from conversations.backup import Damaged, look
from conversations.backup.archive import extract
from tests.backup.rewriting import Parts, manifest_of, parts_of
from tests.programs.host import Host


def test_whole_backup_is_told_with_what_is_in_it(host: Host):
    path = host.backup()

    done = host.manage("verify", path)

    rows = sum(count for (count,) in (host.ask(f'SELECT count(*) FROM "{name}"')[0] for name in tables(path)))  # noqa: S608
    assert (done.status, done.err) == (0, "")
    assert done.out.startswith(f"{path} is whole: 4 conversations with 10 messages, {rows} rows in all, of 20")


def tables(path: Path) -> list[str]:
    with manifest_of(path) as told:
        return list(told["contents"])


def test_newest_is_verified_where_none_is_named(sqlite_host: Host):
    _, newest = sqlite_host.backup(), sqlite_host.backup()

    assert sqlite_host.manage("verify").out.startswith(f"{newest} is whole")


def test_nothing_is_left_of_the_scratch_place(host: Host):
    path = host.backup()
    before = databases(host), {*host.data.rglob("*"), host.backups / ".verified"}

    host.manage("verify", path)

    assert (databases(host), set(host.data.rglob("*"))) == before


def databases(host: Host) -> list[tuple[object, ...]]:
    return host.postgresql.ask("SELECT datname FROM pg_database ORDER BY 1") if host.postgresql else []


@pytest.mark.postgresql
def test_what_a_killed_run_left_on_the_server_goes_with_the_next(postgresql_host: Host):
    path = postgresql_host.backup()
    before = databases(postgresql_host)
    with postgresql_host.begin_to("conversations.backup.script.carry_out", "verify", path):
        assert databases(postgresql_host) != before

    done = postgresql_host.manage("verify", path)

    assert done.status == 0, done.err
    assert databases(postgresql_host) == before


@pytest.mark.postgresql
def test_role_that_may_make_no_database_is_told_the_remedy(postgresql_host: Host):
    path = postgresql_host.backup()
    assert postgresql_host.postgresql
    postgresql_host.postgresql.ask("DROP ROLE IF EXISTS poor")
    postgresql_host.postgresql.ask("CREATE ROLE poor LOGIN")
    url = postgresql_host.environment["DATABASE_URL"].replace("chatsite@", "poor@")

    done = postgresql_host.manage("verify", path, DATABASE_URL=url)

    assert (done.status, done.out) == (1, "")
    assert "permission denied to create database" in done.err
    assert done.err.endswith("Let the site's role make it: ALTER ROLE poor CREATEDB.\n")


def without_a_message(parts: Parts, folder: Path) -> None:
    """As if it had not been there when the copy was made; the hash of the file fits."""
    altered(parts, folder, "DELETE FROM conversations_feedback", "DELETE FROM conversations_preferences")


def with_another_word(parts: Parts, folder: Path) -> None:
    altered(parts, folder, "UPDATE conversations_conversation SET title = 'Spins' WHERE title = 'Turns'")


def altered(parts: Parts, folder: Path, *statements: str) -> None:
    file = folder / "altered.sqlite3"
    file.write_bytes(parts["database.sqlite3"])
    with closing(sqlite3.connect(file)) as database, database:
        for statement in statements:
            database.execute(statement)
    parts["database.sqlite3"] = file.read_bytes()
    with_its_hash(parts)


def with_its_hash(parts: Parts) -> None:
    told = json.loads(parts["manifest.json"])
    parts["manifest.json"] = json.dumps({**told, "sha256": sha256(parts["database.sqlite3"]).hexdigest()}).encode()


def with_a_broken_page(parts: Parts, folder: Path) -> None:
    database = bytearray(parts["database.sqlite3"])
    database[4096 * 2 : 4096 * 40] = bytes(4096 * 38)
    parts["database.sqlite3"] = bytes(database)
    with_its_hash(parts)


def with_another_byte(parts: Parts, folder: Path) -> None:
    parts["database.sqlite3"] = parts["database.sqlite3"][:-1] + b"\xff"


def without_manifest(parts: Parts, folder: Path) -> None:
    del parts["manifest.json"]


def without_database(parts: Parts, folder: Path) -> None:
    del parts["database.sqlite3"]


def with_a_manifest_of_nonsense(parts: Parts, folder: Path) -> None:
    parts["manifest.json"] = b'{"format": 1, "contents": 3}'


def with_a_manifest_that_never_ends(parts: Parts, folder: Path) -> None:
    parts["manifest.json"] = b" " * 2_000_000


def of_another_engine(parts: Parts, folder: Path) -> None:
    parts["manifest.json"] = parts["manifest.json"].replace(b'"sqlite"', b'"../../etc"')


def of_a_later_form(parts: Parts, folder: Path) -> None:
    parts["manifest.json"] = parts["manifest.json"].replace(b'"format": 1', b'"format": 2')


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (without_a_message, "It is not what was backed up: conversations_preferences has 0 rows in place of 1."),
        (with_another_word, "It is not what was backed up: conversations_conversation has other values."),
        (with_a_broken_page, "SQLite finds the database in it broken: "),
        (with_another_byte, "It is damaged: the database in it is not the one that was written."),
        (without_manifest, "It is a ZIP, and no backup of this site."),
        (without_database, "It is a ZIP, and no backup of this site."),
        (with_a_manifest_of_nonsense, "It is a ZIP, and no backup of this site."),
        (with_a_manifest_that_never_ends, "It is no backup: its manifest is too large."),
        (of_another_engine, "It is a ZIP, and no backup of this site."),
        (of_a_later_form, "It was made by a newer version of the site, in a form that this one does not know."),
    ],
)
def test_backup_that_is_not_what_it_was_is_told(
    sqlite_host: Host, tmp_path: Path, change: Callable[[Parts, Path], None], sentence: str
):
    path = sqlite_host.backup()
    with parts_of(path) as parts:
        change(parts, tmp_path)

    done = sqlite_host.manage("verify", path)

    assert (done.status, done.out) == (1, "")
    assert done.err.startswith(f"CommandError: {path} is not good. {sentence}")
    assert "Traceback" not in done.err


@pytest.mark.parametrize("command", [["verify"], ["restore", "--yes"]], ids=lambda command: command[0])
def test_backup_that_says_to_be_larger_than_the_disk_is_not_unpacked(sqlite_host: Host, command: list[str]):
    path = sqlite_host.backup()
    with zipfile.ZipFile(path, "a") as archive:
        archive.getinfo("database.sqlite3").file_size = 2**60
        archive.writestr("more", b"")  # so that the directory is written

    done = sqlite_host.manage(*command, path)

    assert (done.status, done.out) == (1, "")
    assert re.fullmatch(
        rf"CommandError: There is no room to unpack it in {sqlite_host.backups}: it has 1,099,511,627,776 MB, and "
        r"[\d,]+ MB are free, of which 100 MB stay so\.\n",
        done.err,
    )


def test_more_than_a_backup_says_to_have_is_not_unpacked(sqlite_host: Host, tmp_path: Path):
    path = sqlite_host.backup()
    with zipfile.ZipFile(path, "a") as archive:
        archive.getinfo("database.sqlite3").file_size = 1000
        archive.writestr("more", b"")

    with pytest.raises(Damaged):
        extract(path, look(path), tmp_path / "unpacked")

    assert (tmp_path / "unpacked").stat().st_size <= 1000


@pytest.mark.parametrize("packing", [zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2])
def test_backup_that_is_packed_as_no_backup_is_told(sqlite_host: Host, packing: int):
    path = sqlite_host.backup()
    with parts_of(path, packing=packing):
        pass

    done = sqlite_host.manage("verify", path)

    assert done.err == f"CommandError: {path} is not good. It is a ZIP, and no backup of this site.\n"


@pytest.mark.parametrize("share", [0, 0.5, 0.999])
def test_backup_that_was_cut_off_is_told(sqlite_host: Host, share: float):
    path = sqlite_host.backup()
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])

    done = sqlite_host.manage("verify", path)

    assert (done.status, done.err) == (1, f"CommandError: {path} is not good. It is no backup, or not whole.\n")


def test_flipped_bit_in_what_is_packed_is_told(sqlite_host: Host):
    path = sqlite_host.backup()
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(bytes(content))

    done = sqlite_host.manage("verify", path)

    assert (done.status, done.err) == (1, f"CommandError: {path} is not good. It is no backup, or not whole.\n")


def test_file_that_is_not_there_is_a_sentence(sqlite_host: Host, tmp_path: Path):
    done = sqlite_host.manage("verify", tmp_path / "none.zip")

    path = tmp_path / "none.zip"
    assert done.err == f"CommandError: {path} cannot be read: No such file or directory.\n"


def test_no_backup_at_all_is_a_sentence(sqlite_host: Host):
    done = sqlite_host.manage("verify")

    assert done.err == (f"CommandError: There is no backup in {sqlite_host.backups}. `manage.py backup` makes one.\n")


def test_plain_database_that_an_older_version_kept_is_told_for_what_it_is(sqlite_host: Host, tmp_path: Path):
    file = tmp_path / "db-20260101-000000-000000.sqlite3"
    shutil.copy(sqlite_host.data / "db.sqlite3", file)

    done = sqlite_host.manage("verify", file)

    assert "It is an SQLite database, such as older versions kept: stop the site and put it where" in done.err


def test_newer_backup_is_told_for_what_it_is(sqlite_host: Host):
    path = sqlite_host.backup()
    with manifest_of(path) as told:
        told["migrations"].append(["conversations", "9999_x"])

    verified, restored = sqlite_host.manage("verify", path), sqlite_host.manage("restore", path, "--yes")

    assert verified.err == restored.err
    assert verified.err.startswith("CommandError: The database is newer than this code, which does not know ")


@pytest.mark.postgresql
def test_database_of_somebody_else_with_such_a_name_stays(postgresql_host: Host):
    path = postgresql_host.backup()
    assert postgresql_host.postgresql
    others = [f"{postgresql_host.name}_verify", f"{postgresql_host.name}_verify_12345678"]
    for name in others:
        postgresql_host.postgresql.create_database(name)

    assert postgresql_host.manage("verify", path).status == 0

    assert {(name,) for name in others} <= set(databases(postgresql_host))


@pytest.mark.postgresql
def test_two_that_verify_at_once_do_not_disturb_each_other(postgresql_host: Host, tmp_path: Path):
    """From two data folders: two machines of one site."""
    path = postgresql_host.backup()
    other = Host(tmp_path / "other", postgresql_host.postgresql, postgresql_host.name)
    with postgresql_host.begin_to("conversations.backup.script.carry_out", "verify", path) as first:
        second = other.manage("verify", path)
        first.resume()
        status = first.wait()

    assert (status, second.err) == (
        0,
        "CommandError: Another backup of this database is being verified. Try again when that has ended.\n",
    )

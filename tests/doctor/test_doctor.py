"""manage.py doctor: what is on the machine itself, each line with its fault made to happen."""

import json
import os
import sqlite3
import time
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from tests.doctor.told import FAULT, OK, WARNING, found
from tests.fakes.provider import FakeProvider
from tests.fakes.replies import chunks
from tests.programs.host import Host, old_programs
from tests.programs.program import free_port

WHAT_IS_THERE = "which has the database or the secret key"


def test_well_site_has_a_line_for_each_look(host: Host, provider: FakeProvider):
    host.manage("verify", host.backup())
    provider.default = lambda call: chunks("ok")
    host.settings |= {"OPENAI_BASE_URL": provider.base_url, "CHAT_MODELS": "fake-model", "OPENAI_API_KEY": "right"}
    looks = ["settings", "secrets", "disk", "database", "migrations", "backups", "redis", "provider", "mail"]

    status, lines = found(host.manage("doctor", *looks))

    assert (status, [line.split()[:2] for line in lines]) == (OK, [["ok", look] for look in looks])


def test_json_is_for_programs(sqlite_host: Host):
    done = sqlite_host.manage("doctor", "--json", "redis", "backups")

    assert (done.status, json.loads(done.out)) == (
        WARNING,
        [
            {"look": "redis", "level": "ok", "text": "not used", "remedy": ""},
            {
                "look": "backups",
                "level": "warning",
                "text": "Nothing was ever backed up.",
                "remedy": "Let it be done every night (docs/backup.md): manage.py backup",
            },
        ],
    )


def test_look_that_there_is_not_is_a_sentence(sqlite_host: Host):
    done = sqlite_host.manage("doctor", "everything")

    assert (done.status, done.out) == (64, "")
    assert done.err.startswith("CommandError: There is no look called everything, but: settings, ")


def test_what_a_broken_setting_is_about_is_not_looked_at(sqlite_host: Host):
    """Its default is in force: a database that nobody meant would be well."""
    broken = {"DATABASE_URL": "postgre://chat", "REDIS_URL": "nowhere", "EMAIL_URL": "post", "PUBLIC_URL": "chat"}
    looks = ["database", "migrations", "clock", "redis", "mail", "streaming"]

    status, lines = found(sqlite_host.manage("doctor", *looks, **broken))

    assert (status, lines[::2]) == (
        FAULT,
        [
            f"FAULT {look} {name} could not be taken (see settings), so that nothing was looked at."
            for look, name in zip(looks, ["DATABASE_URL"] * 3 + ["REDIS_URL", "EMAIL_URL", "PUBLIC_URL"], strict=True)
        ],
    )


@pytest.mark.parametrize(
    ("name", "value", "looks"),
    [
        ("DATA_DIR", "~nobody-of-this-name/x", ["secrets", "disk", "database", "migrations", "backups", "clock"]),
        ("DATABASE_URL_FILE", "/nowhere/url", ["secrets", "disk", "database", "migrations", "backups", "clock"]),
        ("SECRET_KEY_FILE", "/nowhere/key", ["secrets"]),
        ("OPENAI_API_KEY_FILE", "/dev/null", ["provider"]),
        ("CHAT_MODELS_FILE", "/nowhere/models", ["provider"]),
    ],
)
def test_what_a_setting_that_could_not_be_read_is_about(sqlite_host: Host, name: str, value: str, looks: list[str]):
    status, lines = found(sqlite_host.manage("doctor", *looks, **{name: value}))

    setting = name.removesuffix("_FILE")
    assert (status, lines[::2]) == (
        FAULT,
        [f"FAULT {look} {setting} could not be taken (see settings), so that nothing was looked at." for look in looks],
    )


def test_settings_that_make_no_sense(sqlite_host: Host):
    status, lines = found(sqlite_host.manage("doctor", "settings", PORT="many", PUBLIC_URL="http://chat.example.org"))

    assert status == FAULT
    assert lines[:2] == [
        "FAULT settings PORT has a value that makes no sense. (chatsite.E001)",
        "→ Set PORT to a whole number from 0 to 65535.",
    ]
    assert any(line.startswith("warning settings PUBLIC_URL begins with http:") for line in lines)


@pytest.mark.parametrize("key", ["secret", "x" * 60])
def test_secret_key_that_can_be_guessed(sqlite_host: Host, key: str):
    status, lines = found(sqlite_host.manage("doctor", "secrets", SECRET_KEY=key))

    assert (status, lines[0][:62]) == (FAULT, "FAULT secrets SECRET_KEY is so short or simple that it can be ")
    assert "openssl rand" in lines[1]


def test_data_that_everybody_on_the_machine_may_read(sqlite_host: Host):
    sqlite_host.data.chmod(0o755)

    assert found(sqlite_host.manage("doctor", "secrets")) == (
        WARNING,
        [
            f"warning secrets Every user of this machine may look into {sqlite_host.data}, {WHAT_IS_THERE}.",
            f"→ chmod 700 {sqlite_host.data}",
        ],
    )


def test_key_in_a_file_that_everybody_may_read(sqlite_host: Host, tmp_path: Path):
    file = tmp_path / "key"
    file.write_text("sk-secret")
    file.chmod(0o644)

    assert found(sqlite_host.manage("doctor", "secrets", OPENAI_API_KEY_FILE=str(file))) == (
        WARNING,
        [
            f"warning secrets Every user of this machine may read {file}, which OPENAI_API_KEY_FILE names.",
            f"→ chmod 600 {file}",
        ],
    )


def test_full_disk(host: Host):
    status, lines = found(host.manage("doctor", "disk", most_blocks=1))

    assert (status, lines[0].split()[:2], lines[1][:11]) == (FAULT, ["FAULT", "disk"], "→ Make room")


def test_disk_without_room_for_a_copy(sqlite_host: Host):
    with sqlite_host.begin("doctor", "disk", shrink={"conversations.doctor.disk.COPIES": 10**9}) as running:
        status = running.wait()

    assert status == WARNING
    assert "a backup or an upgrade needs" in "".join(running.said)


def test_folder_that_is_not_there_any_more(sqlite_host: Host):
    sqlite_host.data.chmod(0o700)
    sqlite_host.settings |= {"SECRET_KEY": "k" * 20 + "abcdefghijklmnopqrst", "DATA_DIR": "/proc/nothing"}

    status, lines = found(sqlite_host.manage("doctor", "disk"))

    assert (status, lines[0]) == (
        FAULT,
        "FAULT disk /proc/nothing cannot be written: No such file or directory. Nobody can send anything.",
    )


def test_broken_database(sqlite_host: Host):
    (sqlite_host.data / "db.sqlite3").write_bytes(b"no database " * 1000)

    status, lines = found(sqlite_host.manage("doctor", "database", "migrations"))

    assert (status, lines[0], lines[2]) == (
        FAULT,
        "FAULT database The database fails: file is not a database",
        "FAULT migrations The database fails: file is not a database",
    )
    assert "restore a backup" in lines[1]


def test_page_of_the_database_that_is_broken(sqlite_host: Host):
    file = sqlite_host.data / "db.sqlite3"
    content = bytearray(file.read_bytes())
    content[4096 * 40 : 4096 * 80] = bytes(4096 * 40)
    file.write_bytes(bytes(content))

    status, lines = found(sqlite_host.manage("doctor", "database"))

    assert status == FAULT
    assert lines[0].startswith(("FAULT database The database is broken: ", "FAULT database The database fails: "))


def test_database_that_somebody_holds(sqlite_host: Host):
    with closing(sqlite3.connect(sqlite_host.data / "db.sqlite3")) as other:
        other.execute("BEGIN IMMEDIATE")
        with sqlite_host.begin("doctor", "database", shrink={"conversations.doctor.database.PATIENCE": 50}) as running:
            status = running.wait()

    assert status == FAULT
    assert "The database fails: database is locked" in "".join(running.said)


@pytest.mark.postgresql
def test_database_that_does_not_answer(postgresql_host: Host):
    url = f"postgres://chatsite@127.0.0.1:{free_port()}/chatsite"

    status, lines = found(postgresql_host.manage("doctor", "database", "migrations", DATABASE_URL=url))

    assert (status, [line.split()[:2] for line in lines[::2]]) == (
        FAULT,
        [["FAULT", "database"], ["FAULT", "migrations"]],
    )
    assert "refused" in lines[0]
    assert "DATABASE_URL has the right host" in lines[1]


@pytest.mark.postgresql
def test_database_that_takes_no_writes(postgresql_host: Host):
    postgresql_host.ask(f'ALTER DATABASE "{postgresql_host.name}" SET default_transaction_read_only = on')

    status, lines = found(postgresql_host.manage("doctor", "database"))

    assert (status, lines[0]) == (FAULT, "FAULT database PostgreSQL takes no writes.")


@pytest.mark.postgresql
def test_tables_that_the_role_may_not_use(postgresql_host: Host):
    url = as_poor(postgresql_host, but="REVOKE INSERT ON conversations_message, auth_user")
    postgresql_host.ask(f"CREATE SCHEMA AUTHORIZATION poor_{postgresql_host.name}")  # before public, and empty

    status, lines = found(postgresql_host.manage("doctor", "database", DATABASE_URL=url))

    assert (status, lines[0]) == (
        FAULT,
        "FAULT database The site's role may not use 2 of its tables, the first of them auth_user.",
    )
    assert lines[1].startswith("→ Give it all rights on them again")


@pytest.mark.postgresql
@pytest.mark.parametrize("table", ["limits", "django_migrations"])
def test_table_of_djangos_own_that_the_role_may_not_use(postgresql_host: Host, table: str):
    postgresql_host.manage("createcachetable")
    url = as_poor(postgresql_host, but=f"REVOKE UPDATE ON {table}")

    status, lines = found(postgresql_host.manage("doctor", "database", DATABASE_URL=url))

    assert (status, lines[0]) == (
        FAULT,
        f"FAULT database The site's role may not use 1 of its tables, the first of them {table}.",
    )


@pytest.mark.postgresql
def test_schema_that_the_role_may_not_look_into(postgresql_host: Host):
    url = as_poor(postgresql_host, but="REVOKE USAGE ON SCHEMA public FROM PUBLIC; REVOKE USAGE ON SCHEMA public")

    status, lines = found(postgresql_host.manage("doctor", "database", "migrations", DATABASE_URL=url))

    assert (status, lines[::2]) == (
        FAULT,
        [f"FAULT {look} The site's role may not look at its tables." for look in ("database", "migrations")],
    )
    assert lines[1].startswith("→ Let it look there again, as its owner: GRANT USAGE")


@pytest.mark.postgresql
def test_table_of_migrations_that_the_role_may_not_read(postgresql_host: Host):
    url = as_poor(postgresql_host, but="REVOKE SELECT ON django_migrations")

    status, lines = found(postgresql_host.manage("doctor", "migrations", DATABASE_URL=url))

    assert status == FAULT
    assert "permission denied for table django_migrations" in lines[0]
    assert lines[1].startswith("→ Give it all rights on them again")


def as_poor(host: Host, *, but: str) -> str:
    """The address of the host's database for a role of its own that has all rights on the tables, but."""
    role = f"poor_{host.name}"
    host.ask(f"CREATE ROLE {role} LOGIN")
    host.ask(f"GRANT ALL ON ALL TABLES IN SCHEMA public TO {role}")
    host.ask(f"{but} FROM {role}")
    return host.environment["DATABASE_URL"].replace("chatsite@", f"{role}@")


@pytest.mark.postgresql
def test_table_that_somebody_holds(postgresql_host: Host):
    import psycopg  # only where PostgreSQL is used: its driver is an extra

    with psycopg.connect(postgresql_host.environment["DATABASE_URL"]) as other:
        other.execute("LOCK TABLE django_migrations")
        status, lines = found(postgresql_host.manage("doctor", "migrations"))

    assert status == FAULT
    assert "lock timeout" in lines[0]
    assert lines[1].startswith("→ Somebody holds a table for long.")


@pytest.mark.postgresql
def test_database_with_few_connections_left(postgresql_host: Host):
    with postgresql_host.begin("doctor", "database", shrink={"conversations.doctor.database.BUSY": 0}) as running:
        status = running.wait()

    assert status == WARNING
    assert "of PostgreSQL's 100 connections are in use." in "".join(running.said)


def test_migrations_that_are_lacking(host: Host):
    host.manage("migrate", "mfa", "zero", "-v", "0", "--without-copy")

    status, lines = found(host.manage("doctor", "migrations"))

    assert (status, lines[0][:48]) == (FAULT, "FAULT migrations The database lacks 3 migrations")
    assert lines[1].startswith("→ Restart the site")


def test_database_that_is_newer_than_the_code(host: Host):
    host.ask("INSERT INTO django_migrations (app, name, applied) VALUES ('conversations', '9999_x', '2030-01-01')")

    status, lines = found(host.manage("doctor", "migrations"))

    assert (status, lines[0]) == (
        FAULT,
        "FAULT migrations The database is newer than this code, which does not know conversations.9999_x.",
    )


def test_database_that_is_empty(empty: Host):
    if empty.postgresql is None:
        empty.data.mkdir()
        empty.ask("VACUUM")

    status, lines = found(empty.manage("doctor", "migrations"))

    assert (status, lines[0]) == (FAULT, "FAULT migrations The database is empty.")


def test_backup_that_is_old(sqlite_host: Host, tmp_path: Path):
    sqlite_host.manage("verify", sqlite_host.backup("--to", tmp_path))
    fresh = found(sqlite_host.manage("doctor", "backups"))
    days = time.time() - timedelta(days=9).total_seconds()
    os.utime(sqlite_host.backups / ".made", (days, days))

    assert fresh[0] == OK
    assert found(sqlite_host.manage("doctor", "backups")) == (
        WARNING,
        [
            "warning backups The last backup was made 9 days ago.",
            "→ Let it be done every night (docs/backup.md): manage.py backup",
        ],
    )


@pytest.mark.postgresql
def test_programs_that_are_too_old_to_back_up(postgresql_host: Host, tmp_path: Path):
    old_programs(postgresql_host, tmp_path)
    anywhere = {"conversations.backup.clients.ON_DEBIAN": "nowhere"}

    with postgresql_host.begin("doctor", "backups", shrink=anywhere) as running:
        status = running.wait()

    assert (status, running.said[0][:35]) == (FAULT, "FAULT    backups     pg_dump is of ")
    assert "→ Install PostgreSQL's client programs" in running.said[1]


def test_backups_that_nobody_looked_through(sqlite_host: Host):
    sqlite_host.backup()

    assert found(sqlite_host.manage("doctor", "backups")) == (
        WARNING,
        ["warning backups No backup of the last days was found to be whole.", "→ Look through one: manage.py verify"],
    )


def test_database_that_is_not_there_is_not_made(sqlite_host: Host):
    file = sqlite_host.data / "db.sqlite3"
    file.unlink()

    status, lines = found(sqlite_host.manage("doctor", "database", "migrations", "clock"))

    assert (status, [line for line in lines if "There is no database" in line]) == (
        FAULT,
        [f"FAULT {look} There is no database at {file}." for look in ("database", "migrations")],
    )
    assert not file.exists()


def test_database_in_a_folder_that_everybody_may_read(sqlite_host: Host, tmp_path: Path):
    folder = tmp_path / "elsewhere"
    folder.mkdir(mode=0o755)

    status, lines = found(sqlite_host.manage("doctor", "secrets", DATABASE_URL=f"sqlite:///{folder}/db.sqlite3"))

    assert (status, lines[1]) == (WARNING, f"→ chmod 700 {folder}")


def test_look_that_fails_itself_is_told_and_the_others_go_on(sqlite_host: Host):
    with sqlite_host.begin("doctor", "disk", "redis", shrink={"conversations.doctor.disk.LEAST": "much"}) as running:
        status = running.wait()

    assert status == FAULT
    assert [line.split()[:2] for line in running.said if "→" not in line] == [["FAULT", "disk"], ["ok", "redis"]]
    assert "the look disk failed" in running.log

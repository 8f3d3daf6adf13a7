"""manage.py doctor: each of its lines, with the fault that it is there for made to happen."""

import json
import os
import socket
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from tests.fakes.clock import FakeClock
from tests.fakes.mail import FakeMail
from tests.fakes.provider import FakeProvider
from tests.fakes.replies import Reply, chunks, refusal
from tests.programs.host import Done, Host
from tests.programs.program import free_port
from tests.programs.redis import Redis

OK, WARNING, FAULT = 0, 1, 2
WHAT_IS_THERE = "which has the database or the secret key"
HOUR = timedelta(hours=1).total_seconds()


def found(done: Done) -> tuple[int, list[str]]:
    """The command's status, and its lines without their columns."""
    assert done.err == ""
    return done.status, [" ".join(line.split()) for line in done.out.splitlines()]


@pytest.fixture
def provider() -> Iterator[FakeProvider]:
    with FakeProvider() as provider:
        yield provider


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


@pytest.mark.redis
def test_redis_that_was_stopped(sqlite_host: Host):
    with Redis() as redis:
        sqlite_host.settings["REDIS_URL"] = redis.url
        before = found(sqlite_host.manage("doctor", "redis"))
        redis.stop()
        status, lines = found(sqlite_host.manage("doctor", "redis"))

    assert (before[0], before[1][0].startswith("ok redis Redis "), before[1][0].endswith(" answers")) == (
        OK,
        True,
        True,
    )
    assert (status, lines[0].startswith("FAULT redis Redis does not answer: ")) == (FAULT, True)
    assert "redis-cli" in lines[1]


@pytest.mark.redis
def test_redis_that_hangs_is_waited_for_no_longer_than_seconds(sqlite_host: Host):
    with Redis() as redis:
        redis.pause()
        status, lines = found(sqlite_host.manage("doctor", "redis", REDIS_URL=redis.url))

    assert (status, lines[0].startswith("FAULT redis Redis does not answer: Timeout")) == (FAULT, True)


WRONG_KEY = refusal(401, {"error": {"message": "Incorrect API key provided: sk-secret-secret-secret"}})


@pytest.mark.parametrize(
    ("reply", "code", "remedy"),
    [
        (WRONG_KEY, "misconfigured", "Set OPENAI_API_KEY"),
        (refusal(404, {"error": {"message": "The model does not exist"}}), "unknown_model", "Set CHAT_MODELS"),
        (
            refusal(429, {"error": {"code": "insufficient_quota"}}),
            "quota_exceeded",
            "Buy credit",
        ),
        (refusal(301, headers={"Location": "https://elsewhere.example"}), "redirected", "Set OPENAI_BASE_URL"),
        (Reply([b"<h1>Hello</h1>"], headers={"Content-Type": "text/html"}), "not_a_stream", "Set OPENAI_BASE_URL"),
    ],
)
def test_provider_that_refuses(sqlite_host: Host, provider: FakeProvider, reply: Reply, code: str, remedy: str):
    provider.default = lambda call: reply
    given = {"OPENAI_BASE_URL": provider.base_url, "OPENAI_API_KEY": "sk-secret-secret-secret", "CHAT_MODELS": "m"}

    status, lines = found(sqlite_host.manage("doctor", "provider", **given))

    assert (status, lines[0].startswith(f"FAULT provider The provider does not answer ({code}")) == (FAULT, True)
    assert remedy in lines[1]
    assert "secret" not in "".join(lines)


def test_provider_that_is_not_there(sqlite_host: Host):
    given = {"OPENAI_BASE_URL": f"http://127.0.0.1:{free_port()}/v1", "CHAT_MODELS": "m"}

    status, lines = found(sqlite_host.manage("doctor", "provider", **given))

    assert (status, lines[0].startswith("FAULT provider The provider does not answer (unreachable")) == (FAULT, True)


def test_no_provider_is_told(sqlite_host: Host):
    status, lines = found(sqlite_host.manage("doctor", "provider"))

    assert (status, lines[0]) == (WARNING, "warning provider No model is connected: the demo model answers.")


@pytest.mark.parametrize(
    ("seconds", "status", "text"),
    [
        (HOUR, FAULT, "FAULT clock This machine's clock is 36"),
        (-HOUR, FAULT, "FAULT clock This machine's clock is 3"),
        (12, WARNING, "warning clock This machine's clock is 1"),
        (0, OK, "ok clock it agrees with that of 127.0.0.1, to "),
    ],
)
def test_clock_that_is_wrong(sqlite_host: Host, seconds: float, status: int, text: str):
    with FakeClock(seconds) as other:
        found_status, lines = found(sqlite_host.manage("doctor", "clock", OPENAI_BASE_URL=other.url))

    assert (found_status, lines[0][: len(text)]) == (status, text)
    assert (" behind that of" in lines[0], " ahead of that" in lines[0]) == (seconds > 0, seconds < 0)


@pytest.mark.postgresql
def test_clock_that_is_not_the_databases(postgresql_host: Host):
    postgresql_host.ask(
        "CREATE FUNCTION clock_timestamp() RETURNS timestamptz LANGUAGE sql AS $$ SELECT now() + interval '1 hour' $$"
    )
    postgresql_host.ask(f'ALTER DATABASE "{postgresql_host.name}" SET search_path = public, pg_catalog')

    status, lines = found(postgresql_host.manage("doctor", "clock"))

    assert (status, lines[0]) == (FAULT, "FAULT clock This machine's clock is 3600 s behind that of the database.")
    assert "timedatectl" in lines[1]


def test_message_from_the_future(host: Host):
    host.ask("UPDATE conversations_message SET created_at = '2090-01-01 00:00:00+00:00'")

    status, lines = found(host.manage("doctor", "clock"))

    assert (status, lines[-2].startswith("FAULT clock The newest message is of ")) == (FAULT, True)


def test_mail_that_is_not_taken(sqlite_host: Host):
    url = f"smtp://ada:right@127.0.0.1:{free_port()}"

    status, lines = found(sqlite_host.manage("doctor", "mail", EMAIL_URL=url))

    assert (status, lines[0].startswith("FAULT mail 127.0.0.1:")) == (FAULT, True)
    assert "refused" in lines[0]


@pytest.mark.parametrize(
    ("password", "kind", "status", "text"),
    [
        ("right", "smtp", OK, "takes mail from chat@localhost"),
        ("wrong", "smtp", FAULT, "refuses the login (535)."),
        ("right", "smtp+tls", FAULT, "does not take mail: STARTTLS extension not supported by server."),
    ],
)
def test_mail_with_its_login(sqlite_host: Host, password: str, kind: str, status: int, text: str):
    with FakeMail() as mail:
        done = found(sqlite_host.manage("doctor", "mail", EMAIL_URL=mail.url(password, kind)))

    assert (done[0], done[1][0].split(maxsplit=3)[3]) == (status, text)


def test_mail_that_goes_to_no_server(sqlite_host: Host):
    status, lines = found(sqlite_host.manage("doctor", "mail", EMAIL_URL="consolemail://"))

    assert (status, lines[0]) == (WARNING, "warning mail EMAIL_URL names no mail server: mail reaches nobody.")


def test_mail_server_that_never_answers_is_not_waited_for_without_end(sqlite_host: Host):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        sqlite_host.settings["EMAIL_URL"] = f"smtp://127.0.0.1:{silent.getsockname()[1]}"
        with sqlite_host.begin("doctor", "mail", shrink={"conversations.doctor.mail.PATIENCE": 0.5}) as running:
            status = running.wait()

    assert status == FAULT
    assert "takes longer than" in "".join(running.said)


@pytest.mark.redis
def test_redis_that_takes_nothing_more(sqlite_host: Host):
    import redis  # only where Redis is used: its driver is an extra

    with Redis() as server:
        with redis.Redis(port=server.port) as client:
            client.config_set("maxmemory", 1)
        status, lines = found(sqlite_host.manage("doctor", "redis", REDIS_URL=server.url))

    assert (status, lines[0].startswith("FAULT redis Redis does not answer: ")) == (FAULT, True)
    assert "maxmemory" in lines[0]


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

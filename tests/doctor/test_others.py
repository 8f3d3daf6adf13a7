"""manage.py doctor: what the site asks of others (Redis, provider, clocks, mail), each line with its fault made."""

import socket
from datetime import timedelta

import pytest

from tests.doctor.told import FAULT, OK, WARNING, found
from tests.fakes.clock import FakeClock
from tests.fakes.mail import FakeMail
from tests.fakes.provider import FakeProvider
from tests.fakes.redis import FakeRedis, bulk
from tests.fakes.replies import Reply, refusal
from tests.programs.host import Host
from tests.programs.program import free_port
from tests.programs.redis import Redis

HOUR = timedelta(hours=1).total_seconds()


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


@pytest.mark.redis
@pytest.mark.parametrize(
    ("replies", "said"),
    [
        ({b"XADD": b"-ERR \x1b[31mred\x1b]0;title\x07 it\r\n"}, r"\x1b[31mred\x1b]0;title\x07 it"),
        ({b"INFO": bulk(b"redis_version:\x1b[31m7")}, "what answers there is no Redis"),
        ({b"INFO": bulk(b"server:else")}, "what answers there is no Redis"),
    ],
)
def test_what_a_strange_redis_says_writes_no_codes_of_terminals(
    sqlite_host: Host, replies: dict[bytes, bytes], said: str
):
    with FakeRedis(replies) as server:
        done = sqlite_host.manage("doctor", "redis", REDIS_URL=server.url)

    status, lines = found(done)
    assert (status, lines[0].partition(" Readers ")[0]) == (FAULT, f"FAULT redis Redis does not answer: {said}.")
    assert "\x1b" not in done.out

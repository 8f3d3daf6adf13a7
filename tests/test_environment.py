"""Reading settings: strictly, from files where asked, and never with a value in what is said."""

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from chatsite.environment import SQLITE, Environment, Problem
from chatsite.settings import environment

ROOT = Path(__file__).resolve().parent.parent


def problem_names(env: Environment) -> list[str]:
    return [problem.name for problem in env.problems]


def test_text_is_stripped():
    env = Environment({"NAME": " value\n"})

    assert env.text("NAME") == "value"


def test_blank_value_is_the_default():
    env = Environment({"NAME": "  "})

    assert env.number("NAME", 3, least=1, most=9) == 3


@pytest.mark.parametrize(("raw", "meaning"), [("1", True), ("True", True), ("off", False), ("no", False)])
def test_flag_reads_usual_words(raw: str, meaning: bool):
    env = Environment({"DEBUG": raw})

    assert env.flag("DEBUG", default=not meaning) is meaning


def test_words_keep_order_and_lose_repeats():
    env = Environment({"CHAT_MODELS": "b, a,,b "})

    assert env.words("CHAT_MODELS") == ["b", "a"]


def test_phrases_are_words_with_bounds():
    raw = {"FULL": "ab, a b,,ab ,é4", "MANY": "a,b,c,d", "LONG": "a,abcd", "EMPTY": "a,?!"}
    env = Environment(raw)

    read = {name: env.phrases(name, most=3, longest=3) for name in raw}

    assert read == {"FULL": ["ab", "a b", "é4"], "MANY": [], "LONG": [], "EMPTY": []}
    assert problem_names(env) == ["MANY", "LONG", "EMPTY"]


@pytest.mark.parametrize(
    ("kind", "raw"),
    [
        ("flag", "maybe"),
        ("number", "eight"),
        ("number", "70000"),
        ("choice", "gpt"),
        ("url", "chat.example.org"),
        ("url", "https://chat.example.org:port"),
        ("zone", "Mars/Olympus"),
        ("zone", "../../etc/passwd"),
        ("hosts", "https://chat.example.org"),
        ("hosts", "chat.example.org:8000"),
        ("addresses", "*"),
        ("addresses", "proxy"),
        ("addresses", "10.0.0.1/8"),
        ("database", "nonsense"),
        ("database", "mysql://user:secret@host/name"),
        ("database", "postgres://user:secret@host"),
        ("database", "sqlite://"),
        ("database", "sqlite://:memory:"),
        ("database", "://user:secret@host/name"),
        ("database", "postgres://user:secret@host:port/name"),
        ("redis", "host:6379"),
        ("redis", "http://host:6379"),
        ("redis", "redis://"),
        ("redis", "redis://:secret@host:port"),
        ("redis", "redis://:secret@host/name"),
        ("redis", "unix://"),
        ("redis", "redis://host/0?foo=secret"),
        ("redis", "redis://host/0?foo"),
        ("redis", "redis://host/0?db=secret"),
        ("redis", "redis://host/0?decode_responses=0"),
        ("redis", "redis://host/0?socket_timeout=secret"),
        ("redis", "redis://host/0?ssl_cert_reqs=none"),
        ("redis", "rediss://host/0?ssl_cert_reqs=secret"),
        ("redis", "rediss://host/0?ssl_ca_certs="),
        ("redis", "unix:///run/redis.sock?db=-1"),
        ("email", "post"),
        ("email", "smtp://"),
    ],
)
def test_senseless_value_is_one_problem_without_the_value(kind: str, raw: str):
    env = Environment({"NAME": raw})

    read(env, kind)

    assert problem_names(env) == ["NAME"]
    assert "secret" not in env.problems[0].message + env.problems[0].remedy


def read(env: Environment, kind: str) -> object:
    readers: Mapping[str, object] = {
        "flag": lambda: env.flag("NAME", default=False),
        "number": lambda: env.number("NAME", 1, least=1, most=65535),
        "choice": lambda: env.choice("NAME", "nh3", ("nh3", "bleach")),
        "url": lambda: env.url("NAME", example="https://chat.example.org"),
        "zone": lambda: env.zone("NAME", "UTC"),
        "hosts": lambda: env.hosts("NAME"),
        "addresses": lambda: env.addresses("NAME"),
        "database": lambda: env.database("NAME", {"ENGINE": SQLITE, "NAME": "db.sqlite3"}),
        "redis": lambda: env.redis("NAME"),
        "email": lambda: env.email("NAME"),
    }
    return readers[kind]()  # type: ignore[operator]


def test_path_of_a_database_is_read():
    env = Environment({"DATABASE_URL": "sqlite:////srv/chat/db.sqlite3"})

    description = env.database("DATABASE_URL", {})

    assert (description["ENGINE"], description["NAME"], env.problems) == (SQLITE, "/srv/chat/db.sqlite3", [])


def test_addresses_are_read():
    env = Environment({"TRUSTED_PROXIES": "127.0.0.1, ::1,10.0.0.0/8"})

    assert env.addresses("TRUSTED_PROXIES") == ["127.0.0.1", "::1", "10.0.0.0/8"]


def test_value_comes_from_a_file(tmp_path: Path):
    (tmp_path / "key").write_text("sk-1\n")
    env = Environment({"OPENAI_API_KEY_FILE": str(tmp_path / "key"), "OPENAI_API_KEY": "other"})

    assert env.text("OPENAI_API_KEY") == "sk-1"


def test_unreadable_file_is_a_problem(tmp_path: Path):
    env = Environment({"OPENAI_API_KEY_FILE": str(tmp_path / "none")})

    assert env.text("OPENAI_API_KEY") == ""
    assert problem_names(env) == ["OPENAI_API_KEY_FILE"]


@pytest.mark.parametrize("content", ["", " \n"])
def test_empty_file_is_a_problem(tmp_path: Path, content: str):
    (tmp_path / "url").write_text(content)
    env = Environment({"DATABASE_URL_FILE": str(tmp_path / "url")})

    assert env.text("DATABASE_URL") == ""
    assert env.problems == [
        Problem(
            "DATABASE_URL_FILE",
            "DATABASE_URL_FILE names a file that is empty.",
            "Let DATABASE_URL_FILE name a readable file that holds nothing but the value.",
        )
    ]


def test_value_that_is_no_utf8_is_a_problem():
    env = Environment({"CHAT_SYSTEM_PROMPT": "\udcff"})

    assert env.text("CHAT_SYSTEM_PROMPT", "default") == "default"
    assert problem_names(env) == ["CHAT_SYSTEM_PROMPT"]


@pytest.mark.parametrize(
    "url",
    [
        "redis://host",
        "redis://host?db=2",
        "rediss://user:secret@host:6380/2",
        "rediss://host/0?ssl_cert_reqs=required&ssl_ca_certs=/etc/ssl/redis.pem",
        "redis://[::1]:6379/",
        "unix:///run/redis.sock?db=1",
    ],
)
def test_address_of_redis_is_kept_as_it_is(url: str):
    env = Environment({"REDIS_URL": f"{url}\n"})

    assert (env.redis("REDIS_URL"), env.problems) == (url, [])


def test_postgresql_without_its_driver_is_a_problem(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("chatsite.environment.find_spec", lambda name: None)
    env = Environment({"DATABASE_URL": "postgres://user:secret@host/name"})

    description = env.database("DATABASE_URL", {"ENGINE": SQLITE, "NAME": "db.sqlite3"})

    assert description["ENGINE"] == SQLITE
    assert env.problems == [
        Problem(
            "DATABASE_URL",
            "DATABASE_URL asks for PostgreSQL, whose driver is not installed.",
            "Install it with `make extras`, or leave DATABASE_URL out to use SQLite.",
        )
    ]


def test_redis_without_its_driver_is_a_problem(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("chatsite.environment.find_spec", lambda name: None)
    env = Environment({"REDIS_URL": "redis://:secret@host/0"})

    assert env.redis("REDIS_URL") == ""
    assert env.problems == [
        Problem(
            "REDIS_URL",
            "REDIS_URL asks for Redis, whose driver is not installed.",
            "Install it with `make extras`, or leave REDIS_URL out to do without.",
        )
    ]


def test_misspelled_names_are_found_and_strangers_left_alone():
    env = Environment({"CHAT_MODEL": "a", "OPENAI_APIKEY": "b", "OPENAI_LOG": "c", "PATH": "d", "CHAT_MODELS_FILE": ""})
    env.words("CHAT_MODELS")
    env.text("OPENAI_API_KEY")

    wrong = env.misspelled(("CHAT_", "OPENAI_"))

    assert wrong == {"CHAT_MODEL": "CHAT_MODELS", "OPENAI_APIKEY": "OPENAI_API_KEY"}


def test_readme_lists_every_setting():
    listed = re.findall(r"^\| `([A-Z_]+)`", (ROOT / "README.md").read_text(), flags=re.MULTILINE)

    assert sorted(listed) == sorted(environment.names)

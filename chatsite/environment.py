"""Reads settings from the environment: strictly, from a file where asked, and with every problem kept.

A wrong value does not stop Django half-way with a stack: the default is used, the problem is kept in
`problems`, and `manage.py check` (which every command that serves runs first) reports it with its remedy.
"""

import ipaddress
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import parse_qsl, urlsplit
from zoneinfo import ZoneInfo

from environ import Env

from conversations import rules

T = TypeVar("T")

HOST_PATTERN = re.compile(r"\*|\.?[\w-]+(\.[\w-]+)*|\[[0-9a-fA-F:.]+\]")
SQLITE = "django.db.backends.sqlite3"
POSTGRESQL = "django.db.backends.postgresql"
# What may stand behind the ? of its address. The driver's other options are the relay's to set, or mean nothing to it.
OF_REDIS = {"db": r"[0-9]+"}
OF_REDIS_WITH_TLS = {**OF_REDIS, "ssl_ca_certs": r".+", "ssl_cert_reqs": r"none|optional|required"}
FLAGS = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}


@dataclass(frozen=True)
class Problem:
    """A setting that makes no sense: its name, what is wrong, and what to write instead."""

    name: str
    message: str
    remedy: str


class Environment:
    """Typed reading of the variables in `source`. Every variable `X` may be given as a file in `X_FILE`."""

    def __init__(self, source: Mapping[str, str]) -> None:
        self._source = source
        self.problems: list[Problem] = []
        self.names: list[str] = []

    def text(self, name: str, default: str = "") -> str:
        return self._read(name, default, str.strip, "a text")

    def flag(self, name: str, *, default: bool) -> bool:
        return self._read(name, default, lambda raw: FLAGS[raw.strip().lower()], "1 or 0 (also true, yes, on, …)")

    def number(self, name: str, default: int, *, least: int, most: int) -> int:
        def parse(raw: str) -> int:
            value = int(raw)
            if not least <= value <= most:
                raise ValueError(raw)
            return value

        return self._read(name, default, parse, f"a whole number from {least} to {most}")

    def choice(self, name: str, default: str, options: tuple[str, ...]) -> str:
        lowered = {option.lower(): option for option in options}
        return self._read(name, default, lambda raw: lowered[raw.strip().lower()], "one of " + ", ".join(options))

    def words(self, name: str) -> list[str]:
        """A list separated by commas; blanks are dropped, order is kept, repeats go."""
        return self._read(name, [], listed, "a list separated by commas")

    def phrases(self, name: str, *, most: int, longest: int) -> list[str]:
        """Words, or several in a row, that are looked for in texts: a list like that of `words`."""

        def parse(raw: str) -> list[str]:
            phrases = listed(raw)
            if len(phrases) > most or not all(is_phrase(phrase, longest) for phrase in phrases):
                raise ValueError(raw)
            return phrases

        expected = f"up to {most} words or rows of words, separated by commas, each with up to {longest} characters"
        return self._read(name, [], parse, f"{expected} and a letter or digit among them")

    def hosts(self, name: str) -> list[str]:
        """Names or addresses under which the site is reached: without scheme, port or path."""

        def parse(raw: str) -> list[str]:
            words = [word.strip() for word in raw.split(",") if word.strip()]
            if not all(HOST_PATTERN.fullmatch(word) for word in words):
                raise ValueError(raw)
            return words

        return self._read(name, [], parse, "host names separated by commas, such as chat.example.org,10.0.0.5")

    def url(self, name: str, *, example: str) -> str:
        """An http or https address without a slash at its end; empty without one."""

        def parse(raw: str) -> str:
            parts = urlsplit(raw.strip())
            if parts.scheme not in ("http", "https") or not parts.hostname:
                raise ValueError(raw)
            _ = parts.port  # raises where the port is no number
            host = parts.hostname
            if not host.isascii():  # as browsers ask for it
                parts = parts._replace(netloc=parts.netloc.lower().replace(host, host.encode("idna").decode()))
            return parts.geturl().rstrip("/")

        return self._read(name, "", parse, f"an address such as {example}")

    def zone(self, name: str, default: str) -> str:
        """The name of a time zone that this machine knows."""
        return self._read(name, default, lambda raw: ZoneInfo(raw.strip()).key, "a time zone such as Europe/Berlin")

    def addresses(self, name: str) -> list[str]:
        """IP addresses and networks separated by commas. A star is none: it would trust what anybody writes."""

        def parse(raw: str) -> list[str]:
            words = [word.strip() for word in raw.split(",") if word.strip()]
            return [
                str(ipaddress.ip_network(word)) if "/" in word else str(ipaddress.ip_address(word)) for word in words
            ]

        return self._read(name, [], parse, "addresses or networks separated by commas, such as 127.0.0.1,10.0.0.0/8")

    def path(self, name: str, default: Path) -> Path:
        return self._read(name, default, lambda raw: Path(raw.strip()).expanduser().resolve(), "a folder")

    def database(self, name: str, default: dict[str, Any]) -> dict[str, Any]:
        """Django's description of a database, from an address such as postgres://user:password@host/name."""
        expected = "sqlite:////path/to/file or postgres://user:password@host/name"
        description = self._read(name, default, parse_database, expected)
        if description["ENGINE"] == POSTGRESQL and not (find_spec("psycopg") and find_spec("psycopg_pool")):
            self.complain_of_driver(name, "PostgreSQL", otherwise="use SQLite")
            return default
        return description

    def redis(self, name: str) -> str:
        """The address of a Redis, such as redis://:password@host:6379/0; empty without one."""
        expected = (
            "redis://host:6379/0, rediss://:password@host:6379/0 or unix:///path/to/socket; "
            "behind a ? it may have db, and for rediss also ssl_ca_certs and ssl_cert_reqs, and nothing else"
        )
        url = self._read(name, "", parse_redis, expected)
        if url and not find_spec("redis"):
            self.complain_of_driver(name, "Redis", otherwise="do without")
            return ""
        return url

    def email(self, name: str) -> dict[str, Any]:
        """Django's EMAIL_… settings, from an address such as smtp+tls://user:password@host:587; empty without one."""
        return self._read(name, {}, parse_email, "an address such as smtp+tls://user:password@host:587")

    def files(self) -> dict[str, Path]:
        """The files that were named in place of values, by their variables (`X_FILE`)."""
        named = {f"{name}_FILE": self._source.get(f"{name}_FILE") for name in self.names}
        return {name: Path(path) for name, path in named.items() if path}

    def misspelled(self, prefixes: tuple[str, ...]) -> dict[str, str]:
        """Variables nobody read that begin with one of `prefixes` and look like a name that was read: wrong → right."""
        known = {*self.names, *(f"{name}_FILE" for name in self.names)}
        strangers = sorted(name for name in self._source if name.startswith(prefixes) and name not in known)
        guesses = {name: get_close_matches(name, known, n=1, cutoff=0.75) for name in strangers}
        return {name: guess[0] for name, guess in guesses.items() if guess}

    def complain(self, name: str, message: str, remedy: str) -> None:
        self.problems.append(Problem(name, message, remedy))

    def complain_of_driver(self, name: str, program: str, *, otherwise: str) -> None:
        self.complain(
            name,
            f"{name} asks for {program}, whose driver is not installed.",
            f"Install it with `make extras`, or leave {name} out to {otherwise}.",
        )

    def complain_of_file(self, name: str, what: str) -> None:
        self.complain(
            f"{name}_FILE",
            f"{name}_FILE names a file that {what}.",
            f"Let {name}_FILE name a readable file that holds nothing but the value.",
        )

    def _read(self, name: str, default: T, parse: Callable[[str], T], expected: str) -> T:
        self.names.append(name)
        raw = self._raw(name)
        if raw is None or not raw.strip():
            return default
        try:
            raw.encode()  # bytes that were no UTF-8 end here and not in a page
            return parse(raw)
        except Exception:  # whatever a parser raises, the person is told the same: name and remedy, never the value
            self.complain(name, f"{name} has a value that makes no sense.", f"Set {name} to {expected}.")
            return default

    def _raw(self, name: str) -> str | None:
        file = self._source.get(f"{name}_FILE")
        if not file:
            return self._source.get(name)
        try:
            raw = Path(file).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            self.complain_of_file(name, f"cannot be read ({type(error).__name__})")
            return None
        if not raw.strip():  # whoever names a file does not mean the default
            self.complain_of_file(name, "is empty")
        return raw


def listed(raw: str) -> list[str]:
    return list(dict.fromkeys(word.strip() for word in raw.split(",") if word.strip()))


def is_phrase(text: str, longest: int) -> bool:
    return len(text) <= longest and rules.is_phrase(text)


def parse_database(raw: str) -> dict[str, Any]:
    """What Django needs to know of SQLite or PostgreSQL. Raises ValueError for others and where a part is missing."""
    parts = urlsplit(raw.strip())
    if parts.scheme == "sqlite" and (parts.netloc or parts.path in ("", "/")):  # in memory each connection has its own
        raise ValueError(raw)
    if parts.scheme not in ("sqlite", "postgres", "postgresql") or not parts.path.strip("/"):
        raise ValueError(raw)
    description: dict[str, Any] = Env.db_url_config(raw.strip())
    return description


def parse_redis(raw: str) -> str:
    """The address as it is. Raises ValueError where it is none, or has a part that the driver could not use."""
    parts = urlsplit(raw.strip())
    is_socket = parts.scheme == "unix" and bool(parts.path.strip("/"))
    is_server = parts.scheme in ("redis", "rediss") and bool(parts.hostname)
    if not (is_socket or (is_server and re.fullmatch(r"(/[0-9]*)?", parts.path))):
        raise ValueError(raw)
    _ = parts.port  # raises where the port is no number
    options = OF_REDIS_WITH_TLS if parts.scheme == "rediss" else OF_REDIS
    for name, value in parse_qsl(parts.query, keep_blank_values=True):
        if not re.fullmatch(options.get(name, "(?!)"), value):  # the default fits nothing
            raise ValueError(raw)
    return raw.strip()


def parse_email(raw: str) -> dict[str, Any]:
    """Django's EMAIL_… settings. Raises ValueError where an address of SMTP names no host."""
    settings: dict[str, Any] = Env.email_url_config(raw.strip())
    if settings["EMAIL_BACKEND"].endswith("smtp.EmailBackend") and not settings["EMAIL_HOST"]:
        raise ValueError(raw)
    return settings

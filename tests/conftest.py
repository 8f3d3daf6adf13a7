"""What every test may use, and the two rules for all: no traffic leaves this machine, and nothing is skipped in CI."""

import ipaddress
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.cache import cache
from django.db import connection

from tests.programs.caddy import CADDY
from tests.programs.nginx import NGINX
from tests.programs.postgresql import POSTGRES
from tests.programs.redis import REDIS

pytest_plugins = ["tests.hosts", "tests.live_site"]

ROOT = Path(__file__).resolve().parent.parent
IN_CI = os.environ.get("CI", "").lower() in ("1", "true")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
PROGRAMS = {  # by the mark of the tests that need them
    "browser": CHROMIUM,
    "curl": shutil.which("curl"),
    "postgresql": POSTGRES,
    "redis": REDIS,
    "nginx": NGINX,
    "caddy": CADDY,
    "systemd": shutil.which("systemd-analyze"),
    "age": shutil.which("age"),
    "gpg": shutil.which("gpg"),
}

outside: list[str] = []


def pytest_report_header() -> str:
    return f"database: {connection.display_name}"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leaves out what cannot run here, which in CI is a failure, and what needs no second run on another database."""
    missing = [mark for mark, program in PROGRAMS.items() if program is None]
    lacking = [item for item in items if any(item.get_closest_marker(mark) for mark in missing)]
    if lacking and IN_CI:
        raise pytest.UsageError(
            f"{len(lacking)} tests need {' and '.join(missing)}: make system installs what is missing."
        )
    leave_out(config, items, lacking, f"no {' and no '.join(missing)} here (make system)")
    if settings.TEST_DATABASE != "sqlite":
        leave_out(
            config, items, [item for item in items if not uses_database(item)], "they use no database of their own"
        )


def uses_database(item: pytest.Item) -> bool:
    """Whether the test may touch the test's database. pytest-django lets no other test do it, so none hides here."""
    return "django_db_setup" in item.fixturenames or item.get_closest_marker("django_db") is not None


def leave_out(config: pytest.Config, items: list[pytest.Item], chosen: list[pytest.Item], reason: str) -> None:
    if chosen:
        left = set(chosen)
        items[:] = [item for item in items if item not in left]
        config.hook.pytest_deselected(items=chosen)
        config.stash[LEFT_OUT] = [*config.stash.get(LEFT_OUT, []), f"{len(chosen)} tests left out: {reason}."]


LEFT_OUT = pytest.StashKey[list[str]]()


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    for line in config.stash.get(LEFT_OUT, []):
        terminalreporter.write_line(line)


@pytest.fixture(scope="session")
def corpora() -> Path:
    """The folder of inputs written by others: CORPORA_DIR, else ../shared/corpora."""
    folder = (ROOT / os.environ.get("CORPORA_DIR", "../shared/corpora")).resolve()
    if folder.is_dir():
        return folder
    if IN_CI:
        pytest.fail(f"There are no corpora in {folder}: set CORPORA_DIR.")
    pytest.skip(f"There are no corpora in {folder}: set CORPORA_DIR.")


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of the browser; only for tests marked `browser`."""
    assert CHROMIUM, "tests without Chromium are left out when they are collected"
    return CHROMIUM


@pytest.fixture(scope="session")
def django_db_keepdb() -> bool:
    """PostgreSQL ends with the run, and the test's database with it; dropped before, threads might still be in it."""
    return bool(settings.TEST_DATABASE == "postgresql")


@pytest.fixture(autouse=True)
def fresh_limits() -> Iterator[None]:
    """No test counts the failed logins of another."""
    cache.clear()
    yield
    cache.clear()


@pytest.fixture(autouse=True)
def no_outside_traffic() -> Iterator[None]:
    """Fails a test that connects or asks for an address outside this machine, whatever its code catches."""
    outside.clear()
    yield
    assert not outside, f"traffic to {outside}"


def refuse_outside(event: str, arguments: tuple[Any, ...]) -> None:
    """An audit hook: it sees every socket of this process, also those of libraries and of the event loop."""
    if event == "socket.getaddrinfo":
        host = arguments[0]
    elif event in ("socket.connect", "socket.sendto") and isinstance(arguments[1], tuple):
        host = arguments[1][0]
    else:
        return
    if not is_here(host):
        outside.append(str(host))
        raise PermissionError(f"Tests stay on this machine; {host} is elsewhere.")


def is_here(host: str | bytes | None) -> bool:
    name = host.decode() if isinstance(host, bytes) else host
    if name in (None, "", "localhost", "0.0.0.0", "::"):
        return True
    try:
        return ipaddress.ip_address(str(name)).is_loopback
    except ValueError:
        return False


sys.addaudithook(refuse_outside)

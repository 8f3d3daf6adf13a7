"""What every test may use, and the two rules for all: no traffic leaves this machine, and nothing is skipped in CI."""

import ipaddress
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache

pytest_plugins = ["tests.live_site"]

ROOT = Path(__file__).resolve().parent.parent
IN_CI = os.environ.get("CI", "").lower() in ("1", "true")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
PROGRAMS = {"browser": CHROMIUM, "curl": shutil.which("curl")}  # by the mark of the tests that need them

outside: list[str] = []


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leaves out the tests whose program is not installed, and says so; in CI that is a failure."""
    missing = [mark for mark, program in PROGRAMS.items() if program is None]
    left_out = [item for item in items if any(item.get_closest_marker(mark) for mark in missing)]
    if left_out and IN_CI:
        raise pytest.UsageError(
            f"{len(left_out)} tests need {' and '.join(missing)}: make system installs what is missing."
        )
    if left_out:
        items[:] = [item for item in items if item not in left_out]
        config.hook.pytest_deselected(items=left_out)
        config.stash[LEFT_OUT] = f"{len(left_out)} tests left out: no {' and no '.join(missing)} here (make system)."


LEFT_OUT = pytest.StashKey[str]()


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    if line := config.stash.get(LEFT_OUT, ""):
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

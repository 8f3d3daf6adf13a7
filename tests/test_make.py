"""What `make` says where something is missing: one sentence with the remedy; and what `make test` runs."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A folder with what `make` needs to begin, and no virtual environment."""
    shutil.copy(ROOT / "Makefile", tmp_path)
    shutil.copytree(ROOT / ".ci", tmp_path / ".ci")
    return tmp_path


def make(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    return subprocess.run(["make", *arguments], cwd=folder, env=environ, capture_output=True, text=True, check=False)


def python_without(folder: Path, part: str) -> Path:
    """A Python that fails whatever mentions `part`."""
    path = folder / "python"
    path.write_text(f'#!/bin/sh\ncase "$*" in *{part}*) exit 1;; esac\nexec python3 "$@"\n')
    path.chmod(0o755)
    return path


def test_make_alone_lists_the_targets(clone: Path):
    result = make(clone)

    targets = [line.split()[1] for line in result.stdout.splitlines()]
    assert targets == [
        "help",
        "run",
        "installed",
        "extras",
        "test",
        "check",
        "format",
        "faults",
        "notices",
        "messages",
        "soak",
        "weight",
        "bench",
        "screenshots",
        "system",
        "lock",
        "audit",
        "sbom",
    ]


def test_missing_python_is_a_sentence(clone: Path):
    result = make(clone, "run", "PYTHON=/no/such/python")

    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.splitlines()[0] == (
        "Python 3.11 or newer is needed and was not found. Install it, or name it: make run PYTHON=/path/to/python3"
    )


def test_old_python_is_a_sentence(clone: Path):
    result = make(clone, "run", f"PYTHON={python_without(clone, 'version_info')}")

    assert "is too old: Python 3.11 or newer is needed" in result.stderr.splitlines()[0]


def test_missing_ensurepip_is_a_sentence_with_the_apt_line(clone: Path):
    result = make(clone, "run", f"PYTHON={python_without(clone, 'ensurepip')}")

    assert "apt-get install -y python3-venv" in result.stderr.splitlines()[0]
    assert "Traceback" not in result.stderr
    assert not (clone / ".venv").exists()


@pytest.fixture
def prepared(clone: Path) -> Path:
    """A clone whose virtual environment writes down what it is asked to run; its packages are installed."""
    for lock in ("requirements.lock", "requirements-extras.lock", "requirements-dev.lock"):
        (clone / lock).write_text("first\n")
    python = clone / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text('#!/bin/sh\necho "$*" >> ran\n')
    python.chmod(0o755)
    shutil.copy(clone / "requirements.lock", clone / ".venv")
    return clone


def ran(folder: Path) -> list[str]:
    """What was installed or served since the last question: the last word of each command."""
    log = folder / "ran"
    words = [line.split()[-1] for line in log.read_text().splitlines()]
    log.unlink()
    return [word for word in words if word != "--version"]


def test_drivers_are_installed_where_they_are_asked_for_and_follow_their_lock_from_then_on(prepared: Path):
    make(prepared, "run")
    before = ran(prepared)
    make(prepared, "extras")
    asked = ran(prepared)
    (prepared / "requirements-extras.lock").write_text("second\n")
    make(prepared, "run")
    after = ran(prepared)

    assert before == ["serve"]
    assert asked == ["requirements-extras.lock"]
    assert after == ["requirements-extras.lock", "serve"]


TESTS = """
import os
from pathlib import Path
import pytest

def run(name):
    with Path("ran").open("a") as log:
        log.write(f"{os.environ['TEST_DATABASE']} {name}\\n")
    if name == os.environ.get("FAILS"):
        raise AssertionError(f"{name} fails")

@pytest.mark.browser
def test_browser(): run("browser")

def test_plain(): run("plain")

@pytest.mark.alone
def test_alone(): run("alone")

@pytest.mark.alone
@pytest.mark.browser
def test_browser_alone(): run("browser_alone")
"""


@pytest.fixture
def tested(clone: Path) -> Path:
    """A clone with four tests, and PostgreSQL said to be here."""
    programs = clone / "tests" / "programs"
    programs.mkdir(parents=True)
    (programs / "postgresql.py").write_text("POSTGRES = True\n")
    (clone / "tests" / "test_each.py").write_text(TESTS)
    (clone / "pytest.ini").write_text("[pytest]\nmarkers =\n  browser\n  alone\n")
    return clone


def run_tests(folder: Path, **names: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if name not in ("CI", "TEST_DATABASE")}
    environ = kept | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"} | names  # they need no Django
    command = [sys.executable, folder / ".ci" / "test.py"]
    return subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True, check=False)


def test_every_test_runs_once_on_each_database_but_the_pages_and_the_timed_ones_last(tested: Path):
    result = run_tests(tested)

    first, last = (sorted(ran_tests(tested)[part]) for part in (slice(3), slice(3, None)))
    assert (result.returncode, "FAILED" in result.stdout) == (0, False)
    assert first == ["postgresql plain", "sqlite browser", "sqlite plain"]
    assert last == [
        "postgresql alone",
        "postgresql browser_alone",
        "sqlite alone",
        "sqlite browser_alone",
    ]


@pytest.mark.parametrize("name", ["browser", "plain", "alone"])
def test_a_test_that_fails_anywhere_is_shown_and_fails_all(tested: Path, name: str):
    result = run_tests(tested, FAILS=name)

    assert result.returncode == 1
    assert f"AssertionError: {name} fails" in result.stdout
    assert "\nFAILED: tests that are " in result.stdout
    assert len(ran_tests(tested)) == 7


def test_a_part_with_no_tests_is_fine_but_in_ci(tested: Path):
    file = tested / "tests" / "test_each.py"
    file.write_text(file.read_text().replace("def test_browser():", "def browser():"))

    assert [run_tests(tested, **names).returncode for names in ({}, {"CI": "true"})] == [0, 1]


def ran_tests(folder: Path) -> list[str]:
    return (folder / "ran").read_text().splitlines()

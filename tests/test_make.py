"""What `make` says where something is missing: one sentence with the remedy."""

import os
import shutil
import subprocess
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
        "extras",
        "test",
        "check",
        "format",
        "faults",
        "messages",
        "soak",
        "weight",
        "history",
        "screenshots",
        "system",
        "lock",
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

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
    assert targets == ["help", "run", "test", "check", "format", "screenshots", "system", "lock"]


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

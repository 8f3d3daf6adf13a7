"""The commands of docs/backup.md that encrypt, run as they stand there."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.patience import PATIENCE
from tests.programs.host import Host
from tests.programs.serve import ROOT

MAKE_KEY = ["gpg", "--batch", "--passphrase", "", "--quick-gen-key"]


def block(word: str) -> str:
    """The commands of the page that use this program."""
    blocks = re.findall(r"```sh\n(.*?)```", (ROOT / "docs/backup.md").read_text(), re.DOTALL)
    (found,) = [each for each in blocks if f"\n{word} " in each]
    return str(found)


@pytest.fixture
def place(sqlite_host: Host, tmp_path: Path) -> Path:
    """Where the commands are run: as in the folder of the site."""
    command = tmp_path / "bin" / "chatsite"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec {sys.executable} {ROOT}/manage.py "$@"\n')
    command.chmod(0o755)
    return tmp_path


@pytest.fixture
def keyring() -> Iterator[dict[str, str]]:
    """A home of GnuPG with one key, in a folder with a short name: the path of its socket has a limit."""
    home = tempfile.mkdtemp(prefix="gpg-")
    environment = {"GNUPGHOME": home, "NAME": "ada@example.org"}
    subprocess.run([*MAKE_KEY, "ada@example.org"], env=os.environ | environment, check=True, capture_output=True)
    yield environment
    subprocess.run(["gpgconf", "--kill", "all"], env=os.environ | environment, check=True, timeout=PATIENCE)
    shutil.rmtree(home, ignore_errors=True)


def encrypted(host: Host, place: Path, commands: str, ending: str, **more: str) -> None:
    """Runs the commands: what they leave is encrypted, and what comes back is whole."""
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", commands],
        cwd=place, env=host.environment | {"PATH": f"{place}/bin:{os.environ['PATH']}"} | more,
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    (left,) = host.backups.glob("chatsite-*")
    assert left.name.endswith(ending)
    assert b"What is a turn?" not in left.read_bytes()
    assert host.manage("verify", place / "restored.zip").status == 0


@pytest.mark.age
def test_backup_encrypted_with_age_comes_back_whole(sqlite_host: Host, place: Path):
    encrypted(sqlite_host, place, block("age"), ".zip.age")


@pytest.mark.gpg
def test_backup_encrypted_with_gnupg_comes_back_whole(sqlite_host: Host, place: Path, keyring: dict[str, str]):
    encrypted(sqlite_host, place, block("gpg"), ".zip.gpg", **keyring)

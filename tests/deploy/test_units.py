"""deploy/systemd/: the units are without fault, and their commands do what they are for."""

import os
import re
import shlex
import subprocess
from pathlib import Path

import pytest

from tests.deploy.place import make_site
from tests.programs.host import Host
from tests.programs.program import Program
from tests.programs.serve import ROOT

UNITS = ROOT / "deploy" / "systemd"
NAMES = sorted(path.name for path in UNITS.iterdir())


def values(name: str, key: str) -> list[str]:
    """What the unit sets `key` to, each time."""
    return re.findall(rf"^{key}=(.*)$", (UNITS / name).read_text(), re.MULTILINE)


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    return make_site(tmp_path / "srv")


def begun(unit: str, clone: Path, *, instance: str = "", **environment: str) -> Program:
    """The unit's command, as systemd would run it in this clone."""
    (command,) = values(unit, "ExecStart")
    given = dict(pair.split("=", 1) for line in values(unit, "Environment") for pair in line.split())
    assert values(unit, "WorkingDirectory") == ["/srv/chatsite"]
    arguments = shlex.split(command.replace("$$", "$").replace("%i", instance).replace("/srv/chatsite", str(clone)))
    return Program(arguments, folder=clone, environment={"PATH": os.environ["PATH"]} | given | environment)


@pytest.mark.systemd
@pytest.mark.parametrize("name", NAMES)
def test_systemd_finds_no_fault(name: str, clone: Path, tmp_path: Path):
    folder = tmp_path / "units"
    folder.mkdir()
    for unit in NAMES:
        text = (UNITS / unit).read_text().replace("/srv/chatsite", str(clone)).replace("User=chatsite", "User=root")
        (folder / unit).write_text(text)
    verify = ["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", folder / name.replace("@.", "@8000.")]

    done = subprocess.run(verify, capture_output=True, text=True, check=False, timeout=60)

    ours = [line for line in done.stderr.splitlines() if "chatsite" in line]
    assert (done.returncode, ours) == (0, [])


@pytest.mark.systemd
@pytest.mark.parametrize("name", [name for name in NAMES if name.endswith(".service")])
def test_service_is_let_near_nothing_that_it_does_not_need(name: str):
    most = "20"  # of 100; what is let near everything has 96
    command = ["systemd-analyze", "security", "--offline=true", f"--threshold={most}", UNITS / name]

    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)

    assert "Overall exposure level" in done.stdout, done.stderr
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(("unit", "instance"), [("chatsite.service", ""), ("chatsite@.service", "0")])
def test_site_serves_and_ends_in_the_time_that_it_is_given(unit: str, instance: str, clone: Path, tmp_path: Path):
    port = {} if instance else {"PORT": "0"}
    with begun(unit, clone, instance=instance, DATA_DIR=str(tmp_path / "data"), SHUTDOWN_GRACE="1", **port) as running:
        running.wait_line("Chat is at ")
        assert running.terminate() == 0

    grace = 20 + 10
    assert int(values(unit, "TimeoutStopSec")[0]) > grace


def test_the_two_services_differ_in_their_port_alone():
    one, several = ((UNITS / f"chatsite{at}.service").read_text().partition("[Unit]")[2] for at in ("", "@"))

    assert several.replace("/usr/bin/env PORT=%i ", "").replace(" at port %i", "") == one


def test_backup_is_made_and_looked_through(sqlite_host: Host, clone: Path, tmp_path: Path):
    place = tmp_path / "backups elsewhere"
    place.mkdir()
    with begun("chatsite-backup.service", clone, DATA_DIR=str(sqlite_host.data), BACKUP_DIR=str(place)) as running:
        status = running.wait()

    (made,) = place.glob("*.zip")
    assert (status, running.said[0].startswith(f"{made} is whole: ")) == (0, True)


def test_backup_that_fails_is_a_failure(clone: Path, sqlite_host: Host):
    with begun("chatsite-backup.service", clone, DATA_DIR=str(sqlite_host.data), BACKUP_DIR="/proc/nowhere") as running:
        status = running.wait()

    assert (status, running.said) == (1, [])
    assert "No backup could be kept in /proc/nowhere" in running.log

"""`make bench BENCH=install`: see the package."""

import json
import os
import subprocess
import sys
import time
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

from bench.machine import proportional
from tests.programs.program import Program, free_port
from tests.programs.serve import family

ROOT = Path(__file__).resolve().parent.parent.parent
AIMS = {"packages": 48, "disk, MB": 120, "start, s": 2.3, "idle memory, MB": 112}
TOOLS = {"pip", "setuptools"}  # which bring the others, and come with Python
KEPT = ("PATH", "HOME", "LANG")
IDLE = 10  # seconds
STARTS = 3
LONGEST = 60  # seconds


def main(arguments: list[str]) -> None:
    parser = ArgumentParser("make bench BENCH=install", description="What the site takes of a machine, as JSON.")
    parser.add_argument("--report", type=Path, help="a file for it, too")
    options = parser.parse_args(arguments)
    with TemporaryDirectory() as folder:
        report = json.dumps({"aims": AIMS, **measured(Path(folder) / "site")}, indent=2)
    if options.report:
        options.report.write_text(report + "\n")
    sys.stdout.write(report + "\n")


def measured(site: Path) -> dict[str, Any]:
    subprocess.run(["git", "clone", "--quiet", ROOT, site], check=True)  # noqa: S603, S607 - our own repository
    begun = time.monotonic()
    make(site, "installed")
    with running(site):  # which prepares the database and the static files
        from_nothing = time.monotonic() - begun
    base = size_of(site)
    starts, memory = [], []
    for _ in range(STARTS):
        with running(site) as (seconds, pid):
            starts.append(seconds)
            time.sleep(IDLE)
            memory.append(sum(map(proportional, family(pid))))
    make(site, "extras")
    return {
        "base": {
            **base,
            "start, s": round(median(starts), 2),
            "idle memory, MB": round(median(memory) / 1e6),
            "from a clone to the first page, s": round(from_nothing, 1),
        },
        "with the drivers": size_of(site),
    }


def make(site: Path, target: str) -> None:
    subprocess.run(["make", "--silent", target], cwd=site, env=environment(), stdout=sys.stderr, check=True)  # noqa: S603, S607 - ours


@contextmanager
def running(site: Path) -> Iterator[tuple[float, int]]:
    """The site is served: the seconds until its first page was there, and its process."""
    port = free_port()
    begun = time.monotonic()
    command = [site / ".venv/bin/python", "manage.py", "serve"]
    with Program(command, folder=site, environment={**environment(), "PORT": str(port)}) as program:
        wait_for_page(f"http://127.0.0.1:{port}/", until=begun + LONGEST)
        yield time.monotonic() - begun, program.pid


def environment() -> dict[str, str]:
    """Nothing of the site's settings; what pip is told stays."""
    return {name: value for name, value in os.environ.items() if name in KEPT or name.startswith(("PIP_", "LC_"))}


def wait_for_page(url: str, *, until: float) -> None:
    while True:
        try:
            with urlopen(url, timeout=5) as page:  # noqa: S310 - our own
                page.read()
            return
        except (URLError, ConnectionError):
            if time.monotonic() > until:
                raise
            time.sleep(0.02)


def size_of(site: Path) -> dict[str, int]:
    """How many packages are installed there, and what they take of the disk."""
    listed = subprocess.run(  # noqa: S603 - our own environment
        [site / ".venv/bin/python", "-m", "pip", "list", "--format=json"], capture_output=True, check=True
    )
    names = {each["name"] for each in json.loads(listed.stdout)} - TOOLS
    taken = sum(path.lstat().st_blocks * 512 for path in (site / ".venv").rglob("*"))
    return {"packages": len(names), "disk, MB": round(taken / 1e6)}

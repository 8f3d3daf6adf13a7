"""Every test on SQLite; then, on a PostgreSQL that the tests start, again all that use the database.

Two runs go side by side, of the pages and of all else: the first keeps Chromium busy, the second mostly waits. Each has
its site, its data and its programs for itself. What is held against a clock (the mark `alone`) runs after them. What is
said of the pages stands behind what is said of the others, whole.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parent.parent
IN_CI = os.environ.get("CI", "").lower() in ("1", "true")
PAGES, OTHERS, ALONE = "browser and not alone", "not browser and not alone", "alone"
PASSED, INTERRUPTED, NOTHING_TO_RUN = 0, 2, 5  # statuses of pytest
HAS_POSTGRESQL = "import sys; from tests.programs.postgresql import POSTGRES; sys.exit(not POSTGRES)"


def main() -> int:
    signal.signal(signal.SIGINT, lambda *_: None)  # the runs hear it too, and end in good order
    databases = ["sqlite", "postgresql"] if IN_CI or has_postgresql() else ["sqlite"]
    statuses = side_by_side(databases)
    if INTERRUPTED not in statuses.values():
        statuses |= in_turn(ALONE, databases)
    if len(databases) == 1:
        say("The tests did not run on PostgreSQL: it is not installed (make system).")
    fine = {PASSED} if IN_CI else {PASSED, NOTHING_TO_RUN}
    failed = [run for run, status in statuses.items() if status not in fine]
    for run in failed:
        say(f"FAILED: {run}")
    return 1 if failed else 0


def has_postgresql() -> bool:
    asked = subprocess.run([sys.executable, "-c", HAS_POSTGRESQL], cwd=ROOT, check=False)  # noqa: S603 - our own
    return asked.returncode == 0


def side_by_side(databases: list[str]) -> dict[str, int]:
    """The status of each run, by its name."""
    with tempfile.TemporaryFile("w+") as said, begun(PAGES, "sqlite", said) as pages:
        statuses = in_turn(OTHERS, databases)
        statuses[name_of(PAGES, "sqlite")] = pages.wait()
        say(name_of(PAGES, "sqlite"))
        said.seek(0)
        shutil.copyfileobj(said, sys.stdout)
    return statuses


def in_turn(chosen: str, databases: list[str]) -> dict[str, int]:
    """As above, of the tests that are chosen; none after one that is interrupted."""
    statuses: dict[str, int] = {}
    for database in databases:
        if INTERRUPTED not in statuses.values():
            say(name_of(chosen, database))
            statuses[name_of(chosen, database)] = begun(chosen, database).wait()
    return statuses


def begun(chosen: str, database: str, output: IO[str] | None = None) -> subprocess.Popen[str]:
    return subprocess.Popen(  # noqa: S603 - our own
        [sys.executable, "-m", "pytest", "-m", chosen],
        cwd=ROOT,
        env=os.environ | {"TEST_DATABASE": database},
        text=True,
        stdout=output,
        stderr=subprocess.STDOUT if output else None,
    )


def name_of(chosen: str, database: str) -> str:
    return f"tests that are {chosen}, on {database}"


def say(line: str) -> None:
    print(line, flush=True)  # noqa: T201 - this is a command


if __name__ == "__main__":
    sys.exit(main())

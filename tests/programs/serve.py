"""`manage.py serve` as a real process, with a data folder and an environment of its own."""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from tests.programs.program import Program

ROOT = Path(__file__).resolve().parent.parent.parent
ACCOUNTS = """
import json
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from conversations.models.session import SessionStore
from django.contrib.auth.models import User
keys = {{}}
for name in {people!r}:
    user = User.objects.create(username=name, password="!", is_staff={is_admin!r}, is_superuser={is_admin!r})
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    keys[name] = session.session_key
print(json.dumps(keys))
"""


class Serve:
    """A server process of the site. Entering starts it and waits until it takes connections; leaving kills it.

    `data` is its DATA_DIR (a new folder where none is given), `port` its PORT (0: any), `settings` are more variables.
    Of the test's own environment it gets nothing but PATH. `shrink` gives constants of the product other values, by
    their dotted names: `shrink={"conversations.models.message.LEASE": 3}` (see tests/programs/shrunk.py).
    """

    def __init__(
        self,
        *,
        data: Path | None = None,
        port: int = 0,
        shrink: Mapping[str, Any] | None = None,
        **settings: str,
    ) -> None:
        self._folder = None if data else Path(tempfile.mkdtemp(prefix="chatsite-serve-"))
        self.data: Path = data or self._folder / "data"  # type: ignore[operator]
        self.port = port
        self.shrink = dict(shrink or {})
        self.settings = settings

    def __enter__(self) -> Self:
        self.start()
        try:
            self.wait_ready()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.program.kill()
        if self._folder:
            shutil.rmtree(self._folder, ignore_errors=True)

    def start(self) -> None:
        """Start the process, again on the same port; `wait_ready` waits until it takes connections."""
        starter = ["-m", "tests.programs.shrunk", json.dumps(self.shrink)] if self.shrink else ["manage.py"]
        self.program = Program(
            [sys.executable, *starter, "serve"], environment=self.environment, folder=ROOT, litter=self._folder
        )

    def wait_ready(self) -> None:
        self.program.wait_line("Chat is at ")
        if not self.port:
            self.port = int(re.findall(r":(\d+)/", self.program.wait_line("Chat is at "))[0])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        fixed = {"PATH": os.environ["PATH"], "HOME": str(self.data.parent), "DATA_DIR": str(self.data)}
        return fixed | {"PORT": str(self.port), "SHUTDOWN_GRACE": "2"} | self.settings

    @property
    def log(self) -> str:
        """What it has logged since it was started."""
        return self.program.log

    @property
    def is_running(self) -> bool:
        return self.program.is_running

    def signal(self, number: int) -> None:
        self.program.signal(number)

    def kill(self) -> None:
        """End it as a crash does."""
        self.program.kill()

    def terminate(self) -> int:
        """Ask it to end, as a deploy does, and wait: its status."""
        return self.program.terminate()

    def wait(self) -> int:
        return self.program.wait()

    def pause(self) -> None:
        self.program.pause()

    def resume(self) -> None:
        self.program.resume()

    def restart(self) -> None:
        """Start it again after its end; returns when it takes connections."""
        self.start()
        self.wait_ready()

    def memory(self) -> int:
        """Bytes of memory that it and its children hold (shared pages count for each)."""
        return sum(resident(pid) for pid in family(self.program.pid))

    def peak_memory(self) -> int:
        """The most bytes of memory that it has held since its start, its children aside."""
        return told(self.program.pid, "VmHWM")

    def manage(self, *arguments: str) -> str:
        """What a management command prints, run on the same data and settings."""
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self.environment,
            check=False,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def run(self, code: str) -> str:
        """What Python code prints, run on the same data and settings."""
        return self.manage("shell", "-v", "0", "-c", code)

    def make_accounts(self, *people: str, is_admin: bool = False) -> dict[str, str]:
        """Accounts of these names, without a password, and the key of a session in which each is logged in."""
        return dict(json.loads(self.run(ACCOUNTS.format(people=people, is_admin=is_admin))))


def family(pid: int) -> list[int]:
    """The process and its descendants. Needs Linux, as `resident` does."""
    parents: dict[int, int] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents[int(path.parent.name)] = int(path.read_text().rpartition(")")[2].split()[1])
        except OSError:  # it has just ended
            continue
    found = [pid]
    for known in found:  # grows while it is read
        found += [child for child, parent in parents.items() if parent == known]
    return found


def is_alive(pid: int) -> bool:
    """Whether it runs; one that has ended and is not yet waited for does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def resident(pid: int) -> int:
    return told(pid, "VmRSS")


def told(pid: int, what: str) -> int:
    """Bytes that Linux tells of a process; 0 where it has ended."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{what}:"))

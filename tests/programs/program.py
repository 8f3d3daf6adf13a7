"""A process that is ours: started, heard, signalled and ended by its own id, never by its name."""

import os
import random
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Self

from tests.patience import PATIENCE

# Ends a program, and clears its folder away, when the process that started it is gone without having done so: its
# standard input ends then.
WATCH = """
read -r ended && exit
kill -TERM "$1"
kill -CONT "$1"
sleep 5
kill -KILL "$1"
[ -z "$2" ] || rm -rf "$2"
"""


class Program:
    """A running command. `lines` is what it has said so far on stderr, `said` on stdout.

    As a context manager it is killed at the end if it still runs. It also ends when this process dies, however that
    happens, and the folder `litter` goes with it then. Ctrl-C in the terminal is not for it.
    """

    def __init__(
        self,
        command: Sequence[str | Path],
        *,
        environment: Mapping[str, str] | None = None,
        folder: Path | None = None,
        litter: Path | None = None,
        user: str | None = None,
    ) -> None:
        self.said: list[str] = []
        self.lines: list[str] = []
        self._news = threading.Condition()
        self._open_outputs = 2
        self._process = subprocess.Popen(
            command,
            cwd=folder,
            env=environment,
            user=user,
            group=user,
            extra_groups=[] if user else None,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        self.pid = self._process.pid
        self._watch = subprocess.Popen(
            ["sh", "-c", WATCH, "watch", str(self.pid), str(litter or "")],
            stdin=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self._readers = [self._reader(self._process.stdout, self.said), self._reader(self._process.stderr, self.lines)]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    @property
    def is_running(self) -> bool:
        return self._process.poll() is None

    @property
    def log(self) -> str:
        return "".join(self.lines)

    def wait_line(self, part: str, *, count: int = 1, patience: float = PATIENCE) -> str:
        """The first line (or the `count`th) with `part` in it. Fails where the program ends before it, or says it not
        within `patience` seconds."""

        def found() -> list[str]:
            return [line for line in [*self.said, *self.lines] if part in line][:count]

        with self._news:
            self._news.wait_for(lambda: len(found()) == count or not self._open_outputs, patience)
            lines = found()
        assert len(lines) == count, f"{part!r} was not said, but:\n{''.join(self.said)}{self.log}"
        return lines[-1]

    def signal(self, number: int) -> None:
        """Send a signal; nothing where the program has ended."""
        self._process.send_signal(number)

    def pause(self) -> None:
        self.signal(signal.SIGSTOP)

    def wait_paused(self) -> None:
        """Until it stands still, of its own will or by `pause`. Fails where it ends before it."""
        deadline, pause = time.monotonic() + PATIENCE, threading.Event()
        asked = os.WSTOPPED | os.WEXITED | os.WNOHANG | os.WNOWAIT
        while (seen := os.waitid(os.P_PID, self.pid, asked)) is None:
            assert time.monotonic() < deadline, f"it never paused:\n{self.log}"
            pause.wait(0.01)
        assert seen.si_code == os.CLD_STOPPED, f"it ended with {self.wait()}:\n{self.log}"

    def resume(self) -> None:
        self.signal(signal.SIGCONT)

    def terminate(self) -> int:
        """Ask it to end, and wait: its status."""
        self.signal(signal.SIGTERM)
        return self.wait()

    def kill(self) -> None:
        """End it at once, also where it is paused."""
        self._process.kill()
        self.wait()

    def wait(self) -> int:
        """Wait for its end and for its last line: its status, negative where a signal ended it."""
        status = self._process.wait(PATIENCE)
        for reader in self._readers:
            # Not for ever: a child that outlives it may hold its outputs open.
            reader.join(2)
        self._dismiss_watch()
        return status

    def _dismiss_watch(self) -> None:
        if self._watch.poll() is None:
            self._watch.communicate(b"ended\n")

    def _reader(self, pipe: IO[str] | None, lines: list[str]) -> threading.Thread:
        thread = threading.Thread(target=self._read, args=(pipe, lines), name=f"output of {self.pid}", daemon=True)
        thread.start()
        return thread

    def _read(self, pipe: IO[str], lines: list[str]) -> None:
        with pipe:
            for line in pipe:
                with self._news:
                    lines.append(line)
                    self._news.notify_all()
        with self._news:
            self._open_outputs -= 1
            self._news.notify_all()


def free_port() -> int:
    """A port where nobody listens, below those that the system gives to clients: while the program is away, nobody who
    tries to reach it can be given its port and meet himself there."""
    while True:
        port = random.randrange(20_000, 32_000)  # noqa: S311 - no secret
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port


def find(name: str, *more: str) -> str | None:
    """The path of an installed program: in PATH, else in `more` folders (patterns; the last that has it)."""
    found = [str(path) for pattern in more for path in sorted(Path("/").glob(f"{pattern.lstrip('/')}/{name}"))]
    return shutil.which(name) or (found[-1] if found else None)

"""The render process, seen from the server: started, given one job at a time, ended at its deadline.

It is a plain child, `python -m conversations.markdown.worker`, with a socket as its standard input. multiprocessing
would spawn it by importing `__main__` again (manage.py, pytest, uvicorn: whatever the server happens to be), which
costs memory and may run code twice; a fork would copy locks that other threads hold. The socket is inherited by
nobody else, so it reads end-of-file when the server dies, however it dies, and the child ends.
"""

import atexit
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

from conversations.text import ANSWER_BYTES

from . import frames

DEADLINE = 0.5  # seconds of the processor for one job: what a text costs, and not what else the machine does
PATIENCE = 2.0  # seconds for one job by the clock, from its own beginning
WAIT = 2.0  # seconds for the jobs of others to end
START = 10.0  # seconds for the process to say that it is ready
LONGEST = ANSWER_BYTES  # characters: more than any deadline allows

WHOLE, FINISHED = b"w", b"f"  # the jobs: all of a text, or the finished blocks of one that grows

_ROOT = Path(__file__).resolve().parents[2]
_COMMAND = (sys.executable, "-m", "conversations.markdown.worker")
# The child works on hostile text, so it is told nothing else: no keys, no addresses.
_ENVIRONMENT = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "PYTHONHOME", "PYTHONPATH", "PYTHONDONTWRITEBYTECODE")


class RenderFailed(Exception):
    """The process gave no HTML."""

    may_pass = False  # whether the same text may go well the next time


class DeadlinePassed(RenderFailed):
    """The text took too long: the process ended itself."""


class Crashed(RenderFailed):
    """The process died, did not start, or reports an error."""

    may_pass = True


class Busy(RenderFailed):
    """Others kept the process or the machine busy."""

    may_pass = True


class TooLong(RenderFailed):
    """The text is longer than any message."""


@dataclass
class _Child:
    process: subprocess.Popen[bytes]
    peer: socket.socket
    engine: str
    is_ready: bool = False

    @classmethod
    def start(cls, command: Sequence[str], *, engine: str) -> "_Child":
        ours, theirs = socket.socketpair()
        with theirs, ExitStack() as on_failure:
            on_failure.callback(ours.close)
            process = subprocess.Popen(  # noqa: S603 - our own command
                [*command, engine],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                cwd=_ROOT,
                env={name: os.environ[name] for name in _ENVIRONMENT if name in os.environ},
                start_new_session=True,  # Ctrl-C in the terminal is for the server
            )
            on_failure.pop_all()
        return cls(process, ours, engine)

    @property
    def is_running(self) -> bool:
        return self.process.poll() is None

    def await_ready(self, *, until: float) -> None:
        if not self.is_ready:
            frames.receive(self.peer, until=until)
            self.is_ready = True

    def ask(self, job: bytes, text: str, *, until: float) -> tuple[bool, str]:
        frames.send(self.peer, job + text.encode(), until=until)
        reply = frames.receive(self.peer, until=until)
        return reply[:1] == b"+", reply[1:].decode()

    def kill(self) -> int:
        """End it, unless it has ended: how it did, by a signal as a negative number."""
        self.process.kill()
        self.peer.close()
        return self.process.wait()


class RenderProcess:
    """One child that renders one text at a time, for the callers of any thread."""

    def __init__(
        self,
        command: Sequence[str] = _COMMAND,
        *,
        patience: float = PATIENCE,
        wait: float = WAIT,
        start: float = START,
    ) -> None:
        """The child is `command` with the engine as its last argument; times are in seconds. Starts nothing yet."""
        self._command = command
        self._patience = patience
        self._wait = wait
        self._start = start
        self._turn = threading.Lock()
        self._child: _Child | None = None

    @property
    def pid(self) -> int | None:
        """The child's process id, if there is a child."""
        return self._child.process.pid if self._child else None

    def render(self, text: str, *, engine: str) -> str:
        """The HTML of `text`, already clean; raises RenderFailed."""
        return self._in_turn(WHOLE, text, engine=engine)

    def finished(self, text: str, *, engine: str) -> list[tuple[int, str]]:
        """The finished blocks of `text`, already clean, which still grows: by which line each ends (lines are counted
        from 1) and its HTML. Raises RenderFailed."""
        return [(lines, html) for lines, html in json.loads(self._in_turn(FINISHED, text, engine=engine))]

    def warm(self, *, engine: str) -> None:
        """Start the child unless one is there; return without waiting for it."""
        if self._turn.acquire(blocking=False):
            try:
                with suppress(OSError):  # the first caller tries again, and is told
                    self._running_child(engine)
            finally:
                self._turn.release()

    def close(self) -> None:
        """Kill the child, also in the middle of a job (whose caller then gets Crashed)."""
        has_turn = self._turn.acquire(timeout=self._patience)
        try:
            self._kill()
        finally:
            if has_turn:
                self._turn.release()

    def forget(self) -> None:
        """After a fork: the child and its socket are the parent's; two askers would get each other's answers."""
        self._turn = threading.Lock()
        if self._child:
            self._child.peer.close()
            self._child = None

    def _in_turn(self, job: bytes, text: str, *, engine: str) -> str:
        if len(text) > LONGEST:
            raise TooLong("too long")
        if not self._turn.acquire(timeout=self._wait):
            raise Busy("the render process is busy")
        try:
            return self._run(job, text, engine=engine)
        finally:
            self._turn.release()

    def _run(self, job: bytes, text: str, *, engine: str) -> str:
        try:
            child = self._ready_child(engine)
            is_html, reply = child.ask(job, text, until=time.monotonic() + self._patience)
        except TimeoutError as error:
            self._replace(engine)
            raise Busy(f"not done within {self._patience} s, as the machine is busy") from error
        except (EOFError, OSError) as error:
            status = self._replace(engine)
            if status == -signal.SIGPROF:
                raise DeadlinePassed(f"not done within {DEADLINE} s of the processor") from error
            raise Crashed("the render process died") from error
        except BaseException:
            self._kill()  # it would answer this text to the next caller
            raise
        if not is_html:
            raise Crashed(f"the render process reports {reply}")
        return reply

    def _ready_child(self, engine: str) -> _Child:
        child = self._running_child(engine)
        try:
            child.await_ready(until=time.monotonic() + self._start)
        except TimeoutError as error:
            raise EOFError("not ready") from error
        return child

    def _running_child(self, engine: str) -> _Child:
        child = self._child
        if child is None or child.engine != engine or not child.is_running:
            self._kill()
            child = self._child = _Child.start(self._command, engine=engine)
        return child

    def _replace(self, engine: str) -> int | None:
        """Kill the child, and start the next at once, so that it is ready when needed. How the old one ended."""
        status = self._kill()
        with suppress(OSError):  # the next caller tries again, and is told
            self._child = _Child.start(self._command, engine=engine)
        return status

    def _kill(self) -> int | None:
        child, self._child = self._child, None
        return child.kill() if child else None


def chosen_engine() -> str:
    """The sanitizer that this site has chosen."""
    from django.conf import settings  # noqa: PLC0415 - the render process imports this package without Django

    return str(settings.CHAT_SANITIZER)


render_process = RenderProcess()
atexit.register(render_process.close)
os.register_at_fork(after_in_child=render_process.forget)

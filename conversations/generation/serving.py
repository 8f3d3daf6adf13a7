"""This process's loop, the tasks on it, and what happens when the process begins and ends."""

import asyncio
import logging
import os
import secrets
import socket
from collections.abc import Callable, Coroutine
from typing import Any

from django.conf import settings
from django.db import DatabaseError

from conversations import database
from conversations.models import Message

log = logging.getLogger(__name__)

RECOVERY_INTERVAL = 5.0  # seconds between two searches for answers whose process is gone
TIME_TO_WRITE = 2.0  # seconds of SHUTDOWN_GRACE that are kept for writing the ends and telling the readers

RUNNER = f"{socket.gethostname()[:32]}:{os.getpid()}:{secrets.token_hex(4)}"


class NotServing(RuntimeError):
    """There is no server loop in this process, or it shuts down: an answer cannot be generated here."""


class Serving:
    """One life of the server in this process."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.is_closing = False
        self.answers: dict[asyncio.Task[None], Callable[[], None]] = {}  # and how each is told of the shutdown
        self._started: set[int] = set()  # the keys of answers from `started` on until their task has ended
        self.others: set[asyncio.Task[None]] = set()

    def spawn(self, work: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]:
        """A task that is kept until it ends, and whose failure is logged. Called on the loop."""
        task = self.loop.create_task(work, name=name)
        self.others.add(task)
        task.add_done_callback(self.others.discard)
        task.add_done_callback(_report)
        return task

    def started(self, answer: int) -> None:
        """This answer is this process's from now on. From any thread."""
        self._started.add(answer)

    def running(self) -> list[int]:
        """The keys of the answers that this process generates, or is about to."""
        return list(self._started)

    def spawn_answer(self, answer: int, work: Coroutine[Any, Any, None], interrupt: Callable[[], None]) -> None:
        """As `spawn`, but a shutdown waits for it, and calls `interrupt` when it can wait no longer."""
        task = self.spawn(work, f"answer {answer}")
        self.answers[task] = interrupt
        task.add_done_callback(lambda _: self._ended(task, answer))

    def _ended(self, task: asyncio.Task[None], answer: int) -> None:
        self.answers.pop(task, None)
        self._started.discard(answer)

    def close(self) -> None:
        if not self.is_closing:
            self.is_closing = True
            if self.answers:
                patience = settings.SHUTDOWN_GRACE
                log.warning("ending: running answers (%d) have %d s; Ctrl-C ends them now", len(self.answers), patience)
            self.loop.call_later(max(0.0, settings.SHUTDOWN_GRACE - TIME_TO_WRITE), self._interrupt)

    async def drain(self) -> None:
        self.close()
        if self.answers:
            await asyncio.wait(set(self.answers), timeout=settings.SHUTDOWN_GRACE)
        leftover = set(self.others)
        for task in leftover:
            task.cancel()
        await asyncio.gather(*leftover, return_exceptions=True)

    def _interrupt(self) -> None:
        for interrupt in list(self.answers.values()):
            interrupt()


_serving: Serving | None = None


def attach(loop: asyncio.AbstractEventLoop) -> None:
    """Record the loop on which answers are generated; end what lost processes left, now and from then on."""
    global _serving  # noqa: PLW0603 - what is recorded is this process's own life
    _serving = Serving(loop)
    _serving.spawn(_recover_forever(_serving), "recovery")


def detach() -> None:
    """Forget the loop: nothing can be started from now on."""
    global _serving  # noqa: PLW0603
    _serving = None


def is_serving() -> bool:
    return _serving is not None and not _serving.is_closing


def current() -> Serving:
    """The server's life in this process. Raises NotServing where there is none, or it is ending."""
    if _serving is None or _serving.is_closing:
        raise NotServing
    return _serving


def begin_shutdown() -> None:
    """Take no new answers; running ones may end by themselves within SHUTDOWN_GRACE. On the loop, at a signal."""
    if _serving is not None:
        _serving.close()


async def drain() -> None:
    """Returns when every answer of this process has ended, at the latest a moment after SHUTDOWN_GRACE."""
    if _serving is not None:
        await _serving.drain()


def call_on_loop(call: Callable[[], None]) -> None:
    """Call from any thread; dropped where nothing is served."""
    if _serving is not None:
        _serving.loop.call_soon_threadsafe(call)


async def _recover_forever(here: Serving) -> None:
    # Its own answers are alive, whatever their leases say: the database or the machine's clock may have been away.
    while True:
        try:
            if count := await database.run(Message.objects.interrupt_abandoned, but=here.running()):
                log.warning("interrupted answers whose process is gone: %d", count)
        except DatabaseError as error:
            log.warning("lost answers could not be looked for: %s", error)
        await asyncio.sleep(RECOVERY_INTERVAL)


def _report(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        log.error("%s failed", task.get_name(), exc_info=error)

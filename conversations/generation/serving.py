"""This process's loop, the tasks on it, and what happens when the process begins and ends."""

import asyncio
import logging
import os
import secrets
import socket
import time
from collections.abc import Callable, Coroutine, Iterable
from functools import partial
from typing import Any, ParamSpec

from django.conf import settings
from django.db import DatabaseError, connection, transaction

from conversations import database, live, metrics
from conversations.generation.checkpoints import Checkpoints
from conversations.generation.queue import Queue
from conversations.models import Message, message

log = logging.getLogger(__name__)
P = ParamSpec("P")

RECOVERY_INTERVAL = 5.0  # seconds between two searches for answers whose process is gone
TIME_TO_WRITE = 2.0  # seconds of SHUTDOWN_GRACE that are kept for writing the ends and telling the readers

MOST_WAITING = 1_000  # answers that wait for their turn in this process; more are refused

PROCESS = f"{socket.gethostname()[:32]}:{os.getpid()}:{secrets.token_hex(4)}"


class NotServing(RuntimeError):
    """There is no server loop in this process, or it has shut down: an answer cannot be generated here."""


class Serving:
    """One life of the server in this process."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.is_closing = False  # no request may begin an answer any more; what was committed before still starts
        self.is_interrupting = False
        self.is_closed = False
        self.queue = Queue(most=settings.CHAT_ANSWERS_AT_ONCE, most_each=settings.CHAT_ANSWERS_PER_PERSON)
        self.checkpoints = Checkpoints()
        self.answers: dict[asyncio.Task[None], Callable[[], None]] = {}  # and how each is told of the shutdown
        self._started: dict[int, Callable[[], None]] = {}  # how to stop each answer whose task has not ended
        self.others: set[asyncio.Task[None]] = set()

    def spawn(self, work: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]:
        """A task that is kept until it ends, and whose failure is logged. Called on the loop."""
        task = self.loop.create_task(work, name=name)
        self.others.add(task)
        task.add_done_callback(self.others.discard)
        task.add_done_callback(_report)
        return task

    def started(self, answer: int, stop: Callable[[], None]) -> None:
        """This answer is this process's from now on; `stop` ends it. From any thread."""
        self._started[answer] = stop

    def running(self) -> list[int]:
        """The keys of the answers that this process generates, or is about to."""
        return list(self._started)

    def stop(self, answers: Iterable[int]) -> None:
        """Let go of answers that were stopped or deleted elsewhere, also while they wait for their turn."""
        for answer in answers:
            if stop := self._started.get(answer):
                stop()

    def spawn_answer(self, answer: int, work: Coroutine[Any, Any, None], interrupt: Callable[[], None]) -> None:
        """As `spawn`, but a shutdown waits for it, and calls `interrupt` when it can wait no longer."""
        task = self.spawn(work, f"answer {answer}")
        self.answers[task] = interrupt
        if self.is_interrupting:
            interrupt()
        task.add_done_callback(lambda _: self._ended(task, answer))

    def _ended(self, task: asyncio.Task[None], answer: int) -> None:
        self.answers.pop(task, None)
        self._started.pop(answer, None)

    def close(self) -> None:
        if not self.is_closing:
            self.is_closing = True
            live.hang_up()
            if self.answers:
                patience = settings.SHUTDOWN_GRACE
                log.warning("ending: running answers (%d) have %d s; Ctrl-C ends them now", len(self.answers), patience)
            self.loop.call_later(max(0.0, settings.SHUTDOWN_GRACE - TIME_TO_WRITE), self._interrupt)

    async def drain(self) -> None:
        self.close()
        self.is_closed = True
        if self.answers:
            await asyncio.wait(set(self.answers), timeout=settings.SHUTDOWN_GRACE)
        leftover = set(self.others)
        for task in leftover:
            task.cancel()
        if leftover:
            _, stuck = await asyncio.wait(leftover, timeout=TIME_TO_WRITE)
            for task in stuck:
                log.error("%s does not end", task.get_name())

    def _interrupt(self) -> None:
        self.is_interrupting = True
        for interrupt in list(self.answers.values()):
            interrupt()


_serving: Serving | None = None


def attach(loop: asyncio.AbstractEventLoop) -> None:
    """Record the loop on which answers are generated; end what lost processes left, now and from then on."""
    global _serving  # noqa: PLW0603 - what is recorded is this process's own life
    _serving = Serving(loop)
    live.open_up()
    if settings.REDIS_URL:
        _serving.spawn(live.connect(settings.REDIS_URL), "relay")
    _serving.spawn(_recover_forever(_serving), "recovery")


def interrupt_leftovers() -> None:
    """Before anything is served, by the only process of the site: nobody generates what still seems to run."""
    if count := Message.objects.running().interrupt():
        log.warning("interrupted answers that the last process left: %d", count)
    connection.close()


def detach() -> None:
    """Forget the loop: nothing can be started from now on."""
    global _serving  # noqa: PLW0603
    _serving = None


def is_full() -> bool:
    """Whether so many answers wait already that another one could not begin in bearable time."""
    return _serving is not None and len(_serving.queue) >= MOST_WAITING


def is_serving() -> bool:
    return _serving is not None and not _serving.is_closing


def current() -> Serving:
    """The server's life in this process. Raises NotServing where there is none, or its requests have ended."""
    if _serving is None or _serving.is_closed:
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


def call_on_loop(call: Callable[P, object], *args: P.args, **kwargs: P.kwargs) -> None:
    """Call from any thread; dropped where nothing is served."""
    if _serving is not None:
        _serving.loop.call_soon_threadsafe(partial(call, *args, **kwargs))


async def _recover_forever(here: Serving) -> None:
    # Its own answers are alive, whatever their leases say: the database or the machine's clock may have been away.
    # Those of others count once the database was there for as long as a lease: before, the living could not renew them.
    lease = message.LEASE.total_seconds()
    last_look = there_since = float("-inf")
    while True:
        try:
            ended, is_any_lost = await database.run(_look, here.running())
            here.stop(ended)
            now = time.monotonic()
            if now - last_look > RECOVERY_INTERVAL + lease / 2:  # it hung, or this process did, or it is the first one
                there_since = now
            last_look = now
            if is_any_lost and now - there_since >= lease:
                await _recover(here)
        except DatabaseError as error:
            last_look = float("-inf")
            log.warning("lost answers could not be looked for: %s", error)
        await asyncio.sleep(RECOVERY_INTERVAL)


async def _recover(here: Serving) -> None:
    if count := await database.run(Message.objects.abandoned().interrupt, but=here.running()):
        metrics.answer_ended("interrupted", count=count)
        log.warning("interrupted answers whose process is gone: %d", count)


@transaction.atomic
def _look(own: list[int]) -> tuple[set[int], bool]:
    """Renew what waits here; which of our own were ended elsewhere, and whether there is anything to recover."""
    Message.objects.keep_waiting(own)
    running = set(Message.objects.running().filter(pk__in=own).values_list("pk", flat=True))
    return set(own) - running, Message.objects.abandoned().exclude(pk__in=own).exists()


def _report(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        log.error("%s failed", task.get_name(), exc_info=error)

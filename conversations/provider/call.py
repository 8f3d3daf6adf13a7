"""One HTTP call to the provider, read by a task of its own, so that waiting can be timed and given up at any moment."""

import asyncio
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from openai import AsyncAPIResponse

BUFFER_BYTES = 256 * 1024  # what is read ahead of a reader who is slow; then the provider waits

_draining: set[asyncio.Task[None]] = set()


class Call:
    """A call that begins at once. `is_open` when its headers were right, `is_over` when nothing comes any more; then
    `error` is what ended it, None for a proper end. Close it with `aclose` or leave its last bytes to `drain`."""

    def __init__(self, opening: "AbstractAsyncContextManager[AsyncAPIResponse[Any]]") -> None:
        self.is_open = self.is_over = False
        self.error: Exception | None = None
        self._loop = asyncio.get_running_loop()
        self._pieces: list[bytes] = []
        self._size = 0
        self._room = asyncio.Event()
        self._room.set()
        self._is_draining = self._has_news = False
        self._waiter: asyncio.Future[bool] | None = None
        self._alarm: asyncio.TimerHandle | None = None
        self._deadline = 0.0
        self._task = self._loop.create_task(self._run(opening), name="provider call")

    async def wait(self, deadline: float) -> bool:
        """True when something is new, False when the loop's clock reached `deadline` first."""
        if not self._has_news:
            self._set_alarm(deadline)
            self._waiter = self._loop.create_future()
            if not await self._waiter:
                return False
        self._has_news = False
        return True

    def take(self) -> list[bytes]:
        """What arrived since the last time."""
        pieces, self._pieces = self._pieces, []
        self._size = 0
        self._room.set()
        return pieces

    def drain(self, seconds: float) -> None:
        """Reads what is left and throws it away, for `seconds` at most, so that the connection can be used again."""
        if self._task.done():
            return
        self._is_draining = True
        self.take()
        _draining.add(self._task)
        self._task.add_done_callback(_draining.discard)
        self._loop.call_later(seconds, self._task.cancel)

    async def aclose(self) -> None:
        """Ends the call and closes its connection, unless it is left to `drain`."""
        if self._alarm is not None:
            self._alarm.cancel()
        if not self._is_draining and not self._task.done():
            self._task.cancel()
            await asyncio.wait({self._task})

    async def _run(self, opening: "AbstractAsyncContextManager[AsyncAPIResponse[Any]]") -> None:
        try:
            async with opening as response:
                self.is_open = True
                self._tell()
                async for piece in response.iter_bytes():
                    await self._put(piece)
        except Exception as error:  # the top of a task: the reader of the call gets whatever it was
            self.error = error
        finally:
            self.is_over = True
            self._tell()

    async def _put(self, piece: bytes) -> None:
        if self._is_draining:
            return
        self._pieces.append(piece)
        self._size += len(piece)
        self._tell()
        if self._size > BUFFER_BYTES:
            self._room.clear()
            await self._room.wait()

    def _tell(self) -> None:
        self._has_news = True
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(True)

    def _set_alarm(self, deadline: float) -> None:
        """One timer serves many waits: it is set anew only where it would ring too late."""
        self._deadline = deadline
        if self._alarm is not None:
            if self._alarm.when() <= deadline:
                return
            self._alarm.cancel()
        self._alarm = self._loop.call_at(deadline, self._ring)

    def _ring(self) -> None:
        self._alarm = None
        if self._loop.time() < self._deadline:
            self._set_alarm(self._deadline)
        elif self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(False)


async def end_draining() -> None:
    """Ends what this loop's calls still read for nothing."""
    loop = asyncio.get_running_loop()
    tasks = {task for task in _draining if task.get_loop() is loop}
    for task in tasks:
        task.cancel()
    if tasks:
        await asyncio.wait(tasks)

"""What wakes a task, cheaply enough to be asked for every delta of every answer."""

import asyncio
from collections.abc import Callable


class Alarm:
    """Calls `ring` when the loop's clock reaches the deadline that was set last. One timer serves many deadlines: it is
    set anew only where it would ring too late."""

    def __init__(self, ring: Callable[[], None]) -> None:
        self._ring = ring
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._deadline = 0.0

    def set(self, deadline: float) -> None:
        self._deadline = deadline
        if self._timer is not None:
            if self._timer.when() <= deadline:
                return
            self._timer.cancel()
        self._timer = self._loop.call_at(deadline, self._look)

    def cancel(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look(self) -> None:
        self._timer = None
        if self._loop.time() < self._deadline:
            self.set(self._deadline)
        else:
            self._ring()


class Round:
    """Calls what is left with it, all together, at most `interval` seconds later: a loop that wakes for one does the
    same for others at much less cost. For one loop, and called on it."""

    def __init__(self, interval: float) -> None:
        self._interval = interval
        self._calls: list[Callable[[], None]] = []

    def leave(self, call: Callable[[], None]) -> None:
        if not self._calls:
            asyncio.get_running_loop().call_later(self._interval, self._call)
        self._calls.append(call)

    def _call(self) -> None:
        calls, self._calls = self._calls, []
        for call in calls:
            call()


class Bell:
    """Wakes one task, whoever rings. All of it runs on the loop of that task.

    What rings between two waits is not missed: the next wait is over at once.
    """

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._has_rung = False
        self._waiter: asyncio.Future[bool] | None = None
        self._alarm = Alarm(self._time_is_over)

    def ring(self) -> None:
        self._has_rung = True
        self._end_wait(has_rung=True)

    async def wait(self, deadline: float) -> bool:
        """True once it has rung, False when the loop's clock reached `deadline` before."""
        if not self._has_rung:
            self._alarm.set(deadline)
            self._waiter = self._loop.create_future()
            if not await self._waiter:
                return False
        self._has_rung = False
        return True

    def close(self) -> None:
        """It is not waited for any more."""
        self._alarm.cancel()

    def _time_is_over(self) -> None:
        self._end_wait(has_rung=False)

    def _end_wait(self, *, has_rung: bool) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(has_rung)

"""What wakes a task, cheaply enough to be asked for every delta of every answer."""

import asyncio


class Bell:
    """Wakes one task, whoever rings. All of it runs on the loop of that task.

    What rings between two waits is not missed: the next wait is over at once. One timer serves many waits: it is set
    anew only where it would ring too late, so a wait that is cut short costs none.
    """

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._has_rung = False
        self._waiter: asyncio.Future[bool] | None = None
        self._alarm: asyncio.TimerHandle | None = None
        self._deadline = 0.0

    def ring(self) -> None:
        self._has_rung = True
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(True)

    async def wait(self, deadline: float) -> bool:
        """True once it has rung, False when the loop's clock reached `deadline` before."""
        if not self._has_rung:
            self._set_alarm(deadline)
            self._waiter = self._loop.create_future()
            if not await self._waiter:
                return False
        self._has_rung = False
        return True

    def close(self) -> None:
        """It is not waited for any more."""
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None

    def _set_alarm(self, deadline: float) -> None:
        self._deadline = deadline
        if self._alarm is not None:
            if self._alarm.when() <= deadline:
                return
            self._alarm.cancel()
        self._alarm = self._loop.call_at(deadline, self._time_is_over)

    def _time_is_over(self) -> None:
        self._alarm = None
        if self._waiter is None or self._waiter.done():
            return
        if self._loop.time() < self._deadline:
            self._set_alarm(self._deadline)
        else:
            self._waiter.set_result(False)

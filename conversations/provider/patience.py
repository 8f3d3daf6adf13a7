"""How long to wait for what, on the loop's monotonic clock."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from types import TracebackType

from conversations.bell import Alarm
from conversations.provider.errors import TimedOut, TooSlow
from conversations.provider.parts import Notice


@dataclass(frozen=True, slots=True)
class Waits:
    """Seconds. The first delta's wait is the setting CHAT_FIRST_DELTA_TIMEOUT."""

    connect: float = 10
    headers: float = 60
    between: float = 60  # two signs of life
    notice: float = 10
    tail: float = 5  # from the finish reason to the end of the stream
    total: float = 1800
    backoff: float = 1  # before the first retry, doubled for the next
    longest_retry: float = 60  # what asks for more is not waited for
    refusal: float = 5  # for the body of an error


WAITS = Waits()  # tests put a shorter one here


class Patience:
    """The timers of one answer. `expect_…` says what is waited for, `saw` what came; while it is `watching`, what is
    waited for in vain is told of, and at last given up."""

    def __init__(self, waits: Waits, first_delta: float) -> None:
        self._waits = waits
        self._first_delta = first_delta
        self._now = asyncio.get_running_loop().time
        self._end = self._now() + waits.total
        self._limit, self._said = waits.headers, ""
        self._is_ending = self._is_queued = False
        self._deltas = self._comments = 0
        self.watch: _Watch | None = None
        self.expect_headers()

    def watching(self, told: Callable[[Notice], None]) -> AbstractAsyncContextManager[None]:
        """Inside, `told` gets a notice where something is waited for long; it ends with TimedOut or TooSlow where that
        was too long, and without an error where only the end of the stream was."""
        return _Watch(self, told)

    def expect_headers(self) -> None:
        self._expect(self._waits.headers)

    def expect_first_delta(self) -> None:
        self._expect(self._first_delta)

    def expect_end(self) -> None:
        """The finish reason was seen: what follows it is only waited for shortly, whatever comes."""
        if not self._is_ending:
            self._is_ending = True
            self._end = min(self._end, self._now() + self._waits.tail)
            self._mind()

    @property
    def is_over(self) -> bool:
        """The end was waited for long enough."""
        return self._is_ending and self._now() >= self._end

    def _mind(self) -> None:
        if self.watch is not None:
            self.watch.mind(self.deadline())

    def deadline(self) -> float:
        """The moment of the loop's clock at which `ran_out` is to be asked."""
        due = min(self._life + self._limit, self._end)
        return due if self._said else min(due, self._quiet_since + self._waits.notice)

    def ran_out(self) -> Notice | None:
        """The notice that is due, if one is. Raises TimedOut after too long a silence, TooSlow at the very end."""
        now = self._now()
        if self._is_ending:
            return None
        if now >= self._end:
            raise TooSlow(f"no end within {self._waits.total:.0f} s")
        if now >= self._life + self._limit:
            raise TimedOut(f"no sign of life for {self._limit:.0f} s")
        return self._notice(now)

    def saw(self, *, deltas: int, comments: int, is_ending: bool) -> Notice | None:
        """Something came: so many deltas and comments so far, maybe a finish reason. Raises TooSlow."""
        now = self._life = self._now()
        if is_ending:
            self.expect_end()
        elif now >= self._end:
            raise TooSlow(f"no end within {self._waits.total:.0f} s")
        if deltas > self._deltas:
            self._quiet_since, self._is_queued = now, False
            self._deltas, self._comments = deltas, comments
            if self._said or self._limit != self._waits.between:  # else what is due comes later than what is minded
                self._limit, self._said = self._waits.between, ""
                self._mind()
            return None
        self._is_queued = comments > self._comments
        self._mind()
        return self._notice(now) if self._is_queued else None

    def _expect(self, seconds: float) -> None:
        self._life = self._quiet_since = self._now()
        self._limit = seconds
        self._said = ""
        self._mind()

    def _notice(self, now: float) -> Notice | None:
        code = "queued" if self._is_queued else "waiting"
        if code == self._said or now < self._quiet_since + self._waits.notice:
            return None
        self._said = code
        return Notice(code)


class _Watch(AbstractAsyncContextManager[None]):
    """Asks the timers what to do whenever they are due."""

    def __init__(self, timers: Patience, told: Callable[[Notice], None]) -> None:
        self._timers, self._told = timers, told
        self._limit = asyncio.timeout(None)
        self._alarm = Alarm(self._ask)
        self._error: TimedOut | TooSlow | None = None

    async def __aenter__(self) -> None:
        await self._limit.__aenter__()
        self._timers.watch = self
        self.mind(self._timers.deadline())

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        self._timers.watch = None
        self._alarm.cancel()
        try:
            await self._limit.__aexit__(kind, error, trace)
        except TimeoutError:
            if self._error is not None:
                raise self._error from None
            return True
        return False

    def mind(self, deadline: float) -> None:
        """Be there at that moment, which is the next at which there may be something to do."""
        self._alarm.set(deadline)

    def _ask(self) -> None:
        try:
            notice = self._timers.ran_out()
        except (TimedOut, TooSlow) as error:
            self._error = error
        else:
            if notice is not None:
                self._told(notice)
        if self._error is not None or self._timers.is_over:
            self._limit.reschedule(asyncio.get_running_loop().time())
        else:
            self.mind(self._timers.deadline())

"""Who may generate now: so many answers at once in this process, so many of one person; the others wait in line."""

import asyncio
from bisect import insort
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from conversations import metrics

Told = Callable[[int], None]


@dataclass(eq=False, slots=True)
class _Ticket:
    """One who waits; `told` hears the place in line, from 1, whenever it changes."""

    owner: int
    told: Told
    round: int
    place: int = 0
    admitted: asyncio.Event = field(default_factory=asyncio.Event)


class Queue:
    """First come, first served, but in rounds: nobody has a second turn in one while another person waits for the
    first, so that whoever sends thirty messages holds up nobody else. Runs on the server's loop."""

    def __init__(self, *, most: int, most_each: int) -> None:
        self.most, self.most_each = most, most_each
        self._running: Counter[int] = Counter()
        self._line: list[_Ticket] = []  # by round, then by arrival
        self._round = 0  # of the last who was let in
        self._last_rounds: dict[int, int] = {}  # of each person's last ticket

    def __len__(self) -> int:
        """How many wait."""
        return len(self._line)

    @property
    def running(self) -> int:
        return self._running.total()

    @asynccontextmanager
    async def turn(self, owner: int, *, told: Told, given_up: asyncio.Event) -> AsyncIterator[None]:
        """Wait for a turn and hold it. Whoever gives up waiting goes in without one: only to end at once."""
        ticket = _Ticket(owner, told, self._next_round(owner))
        insort(self._line, ticket, key=lambda waiting: waiting.round)
        self._move_up()
        try:
            with metrics.answer_queued():
                await _either(ticket.admitted, given_up)
            yield
        finally:
            if ticket.admitted.is_set():
                self._running[owner] -= 1
            else:
                self._line.remove(ticket)
            self._move_up()

    def _next_round(self, owner: int) -> int:
        if not self._line and not self.running:
            self._last_rounds.clear()
        self._last_rounds[owner] = max(self._round, self._last_rounds.get(owner, -1) + 1)
        return self._last_rounds[owner]

    def _move_up(self) -> None:
        for ticket in list(self._line):
            if self.running < self.most and self._running[ticket.owner] < self.most_each:
                self._line.remove(ticket)
                self._running[ticket.owner] += 1
                self._round = max(self._round, ticket.round)
                ticket.admitted.set()
        self._running += Counter()  # forgets who has none
        self._tell_places()

    def _tell_places(self) -> None:
        is_full = self.running >= self.most
        ahead: Counter[int] = Counter()
        for ticket in self._line:
            # Where the process has room, only the person's own answers are in the way.
            place = 1 + (ahead.total() if is_full else ahead[ticket.owner])
            ahead[ticket.owner] += 1
            if place != ticket.place:
                ticket.place = place
                ticket.told(place)


async def _either(*events: asyncio.Event) -> None:
    if any(event.is_set() for event in events):
        return
    waits = [asyncio.ensure_future(event.wait()) for event in events]
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()

"""One timer for many streams that send at one pace: it costs a provider much less than a timer for each."""

import asyncio
from typing import Protocol

SPOKES = 20  # the streams take their turns spread over this many moments of a period


class Stepping(Protocol):
    def step(self) -> None: ...


class Wheel:
    """The one timer: once in a period it calls `step` of every stream. `late` is how late it was at worst, in seconds,
    since somebody set it to 0."""

    def __init__(self, period: float) -> None:
        self.late = 0.0
        self._period = period
        self._spokes: list[set[Stepping]] = [set() for _ in range(SPOKES)]

    def add(self, stream: Stepping) -> None:
        min(self._spokes, key=len).add(stream)

    def remove(self, stream: Stepping) -> None:
        for spoke in self._spokes:
            spoke.discard(stream)

    async def turn(self) -> None:
        loop = asyncio.get_running_loop()
        due = loop.time()
        while True:
            for spoke in self._spokes:
                for stream in list(spoke):
                    stream.step()
                due += self._period / SPOKES
                wait = due - loop.time()
                self.late = max(self.late, -wait)
                await asyncio.sleep(max(0.0, wait))

"""How soon an answer that grows is read on: the more of them grow at once, the more each reading brings.

To read a delta, wake who follows its answer and send it costs ten times what is done with its text. So after each
reading an answer's connection is left alone for a moment, and what comes meanwhile is read together. Where nothing
would come meanwhile, what comes is read at once.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from weakref import WeakKeyDictionary

SHORTEST = 0.02  # seconds of a pause
FOR_EACH = 0.001  # seconds of it for each answer that is being read
LONGEST = 0.1  # seconds, from a hundred answers on: ten times a second still reads as one flow
SLOW = 1.5  # pauses: of what comes more seldom, a pause would bring no more at once
TOGETHER = 50  # answers whose pauses end at one moment: what else the loop has to do waits for all of them


class Pace:
    """That of one event loop."""

    def __init__(self) -> None:
        self.answers = 0
        self._resting: list[asyncio.Transport] = []  # those whose pauses began last; they end together

    def rest(self, connection: asyncio.Transport, *, after: float) -> None:
        """Do not read from it for a moment: at the longest for the pause of so many. Not at all where what was just
        read came so many seconds `after` what was read before that it is slow by itself."""
        seconds = min(max(SHORTEST, FOR_EACH * self.answers), LONGEST)
        if after > SLOW * seconds:
            return
        connection.pause_reading()
        if not 0 < len(self._resting) < TOGETHER:
            self._resting = []
            asyncio.get_running_loop().call_later(seconds, self._resume, self._resting)
        self._resting.append(connection)

    def _resume(self, resting: list[asyncio.Transport]) -> None:
        if resting is self._resting:
            self._resting = []
        for connection in resting:
            connection.resume_reading()  # which does nothing where it was closed meanwhile


@contextmanager
def reading() -> Iterator[Pace]:
    """The pace of this loop, with one answer more that is being read."""
    pace = _pace()
    pace.answers += 1
    try:
        yield pace
    finally:
        pace.answers -= 1


_paces: "WeakKeyDictionary[asyncio.AbstractEventLoop, Pace]" = WeakKeyDictionary()


def _pace() -> Pace:
    loop = asyncio.get_running_loop()
    if loop not in _paces:
        _paces[loop] = Pace()
    return _paces[loop]

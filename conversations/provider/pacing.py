"""How soon an answer that grows is read on: the more of them grow at once, the more each reading brings.

To read a delta, wake who follows its answer and send it costs ten times what is done with its text. So after each
reading an answer is left alone for a moment, and what comes meanwhile is read together; what comes later than that is
read at once.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from weakref import WeakKeyDictionary

STEP = 0.02  # seconds: between two moments at which those wake whose pause is over, and the shortest pause
FOR_EACH = 0.0015  # seconds of a pause for each answer that is being read
LONGEST = 0.15  # seconds of a pause, from a hundred answers on


class Pace:
    """That of one event loop."""

    def __init__(self) -> None:
        self.answers = 0
        self._pausing: dict[int, list[asyncio.Future[None]]] = {}  # by the number of the step that ends the pause

    async def pause(self) -> None:
        """Return when an answer may be read on that was just read."""
        loop = asyncio.get_running_loop()
        seconds = min(max(STEP, FOR_EACH * self.answers), LONGEST)
        step = int((loop.time() + seconds) / STEP)
        if step not in self._pausing:
            self._pausing[step] = []
            loop.call_at(step * STEP, self._wake, step)
        pause = loop.create_future()
        self._pausing[step].append(pause)
        await pause

    def _wake(self, step: int) -> None:
        for pause in self._pausing.pop(step):
            if not pause.done():  # it was cancelled
                pause.set_result(None)


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

"""The finished blocks of answers that grow: rendered once in a process for all who read them there."""

import asyncio
import contextvars
import logging
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Protocol
from uuid import UUID

from conversations import text
from conversations.live.snapshot import Block

log = logging.getLogger(__name__)


class Growing(Protocol):
    """A text that grows, and can be drawn: see `markdown.Growing`."""

    def feed(self, more: str, /) -> bool:
        """Add what was written meanwhile. Whether a block may be finished now."""

    def draw(self) -> Sequence[tuple[str, str]]:
        """The stretches finished since the last call, each with its HTML. Blocks."""


class Drawing:
    """The blocks of one answer, for its readers in this process. All but `draw` runs on the server's loop."""

    def __init__(self, growing: Growing) -> None:
        self.blocks: list[Block] = []
        self.readers = 0
        self._growing = growing
        self._seen = 0  # characters
        self._work: asyncio.Task[None] | None = None
        self._news: asyncio.Future[None] | None = None

    def see(self, said: str) -> None:
        """The text so far. What it finishes is drawn in the background; while that goes on, more waits."""
        if self._work is None and len(said) > self._seen:
            is_worth_it = self._growing.feed(said[self._seen :])
            self._seen = len(said)
            if is_worth_it:
                self._work = asyncio.create_task(self._draw(), name="drawing", context=contextvars.Context())

    def news(self) -> "asyncio.Future[None]":
        """A future that is done at the next block; shared by all readers, so await it through `asyncio.wait`."""
        if self._news is None:
            self._news = asyncio.get_running_loop().create_future()
        return self._news

    def close(self) -> None:
        if self._work is not None:
            self._work.cancel()

    async def _draw(self) -> None:
        try:
            finished = await asyncio.get_running_loop().run_in_executor(_thread, self._growing.draw)
        except Exception:  # the top of a task: readers go on with plain text
            log.exception("the blocks of an answer could not be drawn")
            return  # and is not tried again
        for source, html in finished:
            start = self.blocks[-1].end if self.blocks else 0
            self.blocks.append(Block(html, start, start + text.units(source)))
        self._work = None
        if self._news is not None:  # also without a block: what came meanwhile is seen now
            self._news.set_result(None)
            self._news = None


_drawings: dict[UUID, Drawing] = {}
_thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="drawing")  # as the process that renders is one


@contextmanager
def joined(answer: UUID, growing: Callable[[], Growing]) -> Iterator[Drawing]:
    """The answer's drawing, one for all readers, for as long as one of them is there."""
    if answer not in _drawings:
        _drawings[answer] = Drawing(growing())
    drawing = _drawings[answer]
    drawing.readers += 1
    try:
        yield drawing
    finally:
        drawing.readers -= 1
        if not drawing.readers:
            drawing.close()
            del _drawings[answer]

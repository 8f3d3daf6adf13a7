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
from conversations.bell import Bell
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
        self.readers: set[Bell] = set()  # each rung at the next block
        self._growing = growing
        self._seen = 0  # characters
        self._work: asyncio.Task[None] | None = None

    def see(self, said: str) -> None:
        """The text so far. What it finishes is drawn in the background; while that goes on, more waits."""
        if self._work is None and len(said) > self._seen:
            is_worth_it = self._growing.feed(said[self._seen :])
            self._seen = len(said)
            if is_worth_it:
                self._work = asyncio.create_task(self._draw(), name="drawing", context=contextvars.Context())

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
        for bell in self.readers:  # also without a block: what came meanwhile is seen now
            bell.ring()


_drawings: dict[UUID, Drawing] = {}
_thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="drawing")  # as the process that renders is one


@contextmanager
def joined(answer: UUID, growing: Callable[[], Growing], bell: Bell) -> Iterator[Drawing]:
    """The answer's drawing, one for all readers, for as long as one of them is there; `bell` is this one's."""
    if answer not in _drawings:
        _drawings[answer] = Drawing(growing())
    drawing = _drawings[answer]
    drawing.readers.add(bell)
    try:
        yield drawing
    finally:
        drawing.readers.discard(bell)
        if not drawing.readers:
            drawing.close()
            del _drawings[answer]

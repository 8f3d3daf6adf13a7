"""One reader's stream of events: from memory where the answer is generated or relayed here, else from its row."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from uuid import UUID

from conversations.live import hub
from conversations.live.channel import Channel
from conversations.live.cursor import Cursor
from conversations.live.drawing import Growing, joined
from conversations.live.snapshot import Event, Reader, Snapshot

ROW_INTERVAL = 0.5  # seconds between two looks at the row of an answer that another process generates
DOUBT = 5.0  # seconds of silence from another process after which the row is asked for the end, or for more text
PING_INTERVAL = 15.0  # seconds; with every ping the reader's right to read is asked again

ReadRow = Callable[[], Awaitable[Snapshot | None]]
MayGoOn = Callable[[], Awaitable[bool]]


async def follow(
    answer: UUID, cursor: Cursor, *, read_row: ReadRow, may_go_on: MayGoOn, growing: Callable[[], Growing]
) -> AsyncGenerator[list[Event], None]:
    """Events from `cursor` to the answer's end, in the batches in which they happen; begins with `start`.

    `read_row` gives the row's snapshot, None once it is deleted. `may_go_on` is asked with every `ping`, and ends the
    stream where the reader has no right to it any more. `growing` makes what draws the finished blocks. Ends without an
    `end` event where the row is gone, and where this process ends and does not generate the answer: the reader then
    comes back, to another one.
    """
    reader = Reader(answer, cursor)
    source = _Source(answer, read_row)
    loop = asyncio.get_running_loop()
    next_ping = loop.time() + PING_INTERVAL
    with joined(answer, growing) as drawing:
        try:
            # The future first, then the look: what is drawn until `wait` is not missed.
            while (drawn := drawing.news()) and (now := await source.look()) is not None:
                if now.end is None:
                    drawing.see(now.text)
                if events := reader.news(now, drawing.blocks):
                    yield events
                if now.end is not None:
                    return
                if loop.time() >= next_ping:
                    yield [Event("ping", {})]
                    next_ping = loop.time() + PING_INTERVAL
                    if not await may_go_on():
                        return
                await source.wait(next_ping - loop.time(), drawn)
        finally:
            source.leave()


class _Source:
    """Where one reader looks: at the answer's channel while there is one here, else at its row."""

    def __init__(self, answer: UUID, read_row: ReadRow) -> None:
        self._answer = answer
        self._read_row = read_row
        self._channel: Channel | None = None
        self._news: asyncio.Future[None] | None = None
        self._is_in_doubt = False
        self._join_at = float("-inf")

    async def look(self) -> Snapshot | None:
        self._find_channel()
        if self._channel is None or self._is_in_doubt:
            if hub.is_hung_up():
                return None
            row = await self._read_row()
            if row is None or row.end is not None:
                return row
            self._join(row)
            self._is_in_doubt = self._channel is not None and _length(row) > _length(self._channel.snapshot())
            if self._channel is None or self._is_in_doubt:
                self._news = None
                return row
        # The future first, then the look: what happens until `wait` is not missed.
        self._news = self._channel.news()
        return self._channel.snapshot()

    async def wait(self, seconds: float, drawn: "asyncio.Future[None]") -> None:
        """Return at the next news or at the next block that is `drawn`, at the latest after `seconds`."""
        seconds = max(0.0, seconds)
        if self._news is None:
            await asyncio.wait((drawn,), timeout=min(ROW_INTERVAL, seconds))
        else:
            done, _ = await asyncio.wait(
                (self._news, drawn), timeout=min(DOUBT, seconds), return_when=asyncio.FIRST_COMPLETED
            )
            self._is_in_doubt = not done and hub.channels.get(self._answer) is not self._channel

    def leave(self) -> None:
        if self._channel is not None:
            hub.leave(self._answer, self._channel)
            self._channel = None

    def _find_channel(self) -> None:
        if self._channel is not None and self._channel.is_lost:
            self.leave()
            # What was missed is in the row by its next checkpoint, and not before.
            self._join_at = asyncio.get_running_loop().time() + ROW_INTERVAL
        if self._channel is None:
            self._channel = hub.channels.get(self._answer)

    def _join(self, row: Snapshot) -> None:
        if self._channel is None and asyncio.get_running_loop().time() >= self._join_at:
            self._channel = hub.join(self._answer, row)


def _length(now: Snapshot) -> int:
    return len(now.reasoning) + len(now.text)

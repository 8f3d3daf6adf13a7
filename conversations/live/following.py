"""One reader's stream of events: from memory where the answer is generated or relayed here, else from its row."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from uuid import UUID

from conversations.bell import Bell
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
    bell = Bell()
    source = _Source(answer, read_row, bell)
    loop = asyncio.get_running_loop()
    next_ping = loop.time() + PING_INTERVAL
    with joined(answer, growing, bell) as drawing:
        try:
            while (now := await source.look()) is not None:
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
                await source.wait(next_ping)
        finally:
            source.leave()
            bell.close()


class _Source:
    """Where one reader looks: at the answer's channel while there is one here, else at its row."""

    def __init__(self, answer: UUID, read_row: ReadRow, bell: Bell) -> None:
        self._answer = answer
        self._read_row = read_row
        self._bell = bell
        self._now = asyncio.get_running_loop().time
        self._channel: Channel | None = None
        self._heard: Channel | None = None  # which rings the bell
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
                self._hear(None)
                return row
        self._hear(self._channel)
        return self._channel.snapshot()

    async def wait(self, until: float) -> None:
        """Return when the bell has rung, at the latest at `until`, by the loop's clock."""
        if self._heard is None:
            await self._bell.wait(min(self._now() + ROW_INTERVAL, until))
        else:
            has_rung = await self._bell.wait(min(self._now() + DOUBT, until))
            self._is_in_doubt = not has_rung and hub.channels.get(self._answer) is not self._channel

    def leave(self) -> None:
        self._hear(None)
        if self._channel is not None:
            hub.leave(self._answer, self._channel)
            self._channel = None

    def _hear(self, channel: Channel | None) -> None:
        if channel is not self._heard:
            if self._heard is not None:
                self._heard.forget(self._bell)
            if channel is not None:
                channel.tell(self._bell)
            self._heard = channel

    def _find_channel(self) -> None:
        if self._channel is not None and self._channel.is_lost:
            self.leave()
            # What was missed is in the row by its next checkpoint, and not before.
            self._join_at = self._now() + ROW_INTERVAL
        if self._channel is None:
            self._channel = hub.channels.get(self._answer)

    def _join(self, row: Snapshot) -> None:
        if self._channel is None and self._now() >= self._join_at:
            self._channel = hub.join(self._answer, row)


def _length(now: Snapshot) -> int:
    return len(now.reasoning) + len(now.text)

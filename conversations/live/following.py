"""One reader's stream of events, from memory where the answer is generated here, else from its row."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from uuid import UUID

from conversations.live.channel import Channel
from conversations.live.cursor import Cursor
from conversations.live.snapshot import Event, Reader, Snapshot

ROW_INTERVAL = 0.5  # seconds between two looks at the row of an answer that another process generates
PING_INTERVAL = 15.0  # seconds; with every ping the reader's right to read is asked again

ReadRow = Callable[[], Awaitable[Snapshot | None]]
MayGoOn = Callable[[], Awaitable[bool]]

channels: dict[UUID, Channel] = {}
"""The answers that this process generates, from the moment they are to begin until their row has its end."""


async def follow(
    answer: UUID, cursor: Cursor, *, read_row: ReadRow, may_go_on: MayGoOn
) -> AsyncGenerator[list[Event], None]:
    """Events from `cursor` to the answer's end, in the batches in which they happen; begins with `start`.

    `read_row` gives the row's snapshot, None once it is deleted. `may_go_on` is asked with every `ping`, and ends the
    stream where the reader has no right to it any more. Ends without an `end` event where the row is gone.
    """
    reader = Reader(answer, cursor)
    source = _Source(answer, read_row)
    loop = asyncio.get_running_loop()
    next_ping = loop.time() + PING_INTERVAL
    while (now := await source.look()) is not None:
        if events := reader.news(now):
            yield events
        if now.end is not None:
            return
        if loop.time() >= next_ping:
            yield [Event("ping", {})]
            next_ping = loop.time() + PING_INTERVAL
            if not await may_go_on():
                return
        await source.wait(next_ping - loop.time())


class _Source:
    """Where one reader looks: at the answer's channel while there is one here, else at its row."""

    def __init__(self, answer: UUID, read_row: ReadRow) -> None:
        self._answer = answer
        self._read_row = read_row
        self._channel: Channel | None = None
        self._news: asyncio.Future[None] | None = None

    async def look(self) -> Snapshot | None:
        if self._channel is None or self._channel.is_lost:
            self._channel = channels.get(self._answer)
        if self._channel is None:
            self._news = None
            return await self._read_row()
        # The future first, then the look: what happens until `wait` is not missed.
        self._news = self._channel.news()
        return self._channel.snapshot()

    async def wait(self, seconds: float) -> None:
        """Return at the next news, at the latest after `seconds`."""
        if self._news is None:
            await asyncio.sleep(min(ROW_INTERVAL, max(0.0, seconds)))
        else:
            await asyncio.wait((self._news,), timeout=max(0.0, seconds))

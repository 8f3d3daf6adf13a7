"""Keeps the texts of running answers: those that ask at the same moment in one transaction."""

import asyncio
import contextvars

from conversations import database
from conversations.generation.rows import Kept, checkpoint
from conversations.models import Checkpoint

MOST = 100  # texts of one transaction, for which everything else that is written waits


class Checkpoints:
    """Those of one loop."""

    def __init__(self) -> None:
        self._waiting: list[tuple[Checkpoint, asyncio.Future[Kept]]] = []
        self._work: asyncio.Task[None] | None = None

    async def keep(self, text: Checkpoint) -> Kept:
        """What became of it, once it is written. Raises what the database raises."""
        kept: asyncio.Future[Kept] = asyncio.get_running_loop().create_future()
        self._waiting.append((text, kept))
        if self._work is None:
            self._work = asyncio.create_task(self._write(), name="checkpoints", context=contextvars.Context())
        return await kept

    async def _write(self) -> None:
        """All that waits, also what comes meanwhile."""
        try:
            while self._waiting:
                batch, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
                await _write_together(batch)
        finally:
            self._work = None


async def _write_together(batch: list[tuple[Checkpoint, "asyncio.Future[Kept]"]]) -> None:
    try:
        found = await database.run(checkpoint, [text for text, _ in batch])
    except Exception as error:  # each of those who wait decides what it means
        for _, kept in batch:
            if not kept.done():
                kept.set_exception(error)
        return
    for text, kept in batch:
        if not kept.done():
            kept.set_result(found.get(text.pk, Kept.LOST))

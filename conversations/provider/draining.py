"""The last bytes of a call whose answer is whole, read for nothing, so that its connection can be used again."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, suppress

SECONDS = 1.0  # after which the connection is closed instead

_draining: set[asyncio.Task[None]] = set()


def drain(call: AsyncExitStack, pieces: AsyncIterator[bytes]) -> None:
    """Read in the background what is left of the pieces, and then close the call."""
    task = asyncio.create_task(_drain(call, pieces), name="draining")
    _draining.add(task)
    task.add_done_callback(_draining.discard)


async def _drain(call: AsyncExitStack, pieces: AsyncIterator[bytes]) -> None:
    with suppress(Exception):  # the answer is whole, whatever becomes of its connection
        async with call, asyncio.timeout(SECONDS):
            async for _ in pieces:
                pass


async def end() -> None:
    """Close what this loop still drains."""
    loop = asyncio.get_running_loop()
    tasks = {task for task in _draining if task.get_loop() is loop}
    for task in tasks:
        task.cancel()
    if tasks:
        await asyncio.wait(tasks)

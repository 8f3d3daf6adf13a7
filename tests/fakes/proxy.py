"""A proxy on loopback that cuts: it passes bytes on as they come, and breaks each connection after a time.

    with CuttingProxy(site.port, after=10) as proxy:
        person.at(proxy.url).follow(…)

A cut is an abrupt end in the middle of whatever is sent, as that of a proxy with a time limit. `cut` does it at once.
"""

import asyncio
import threading
from typing import Any, Self

from tests.patience import PATIENCE


class CuttingProxy:
    """See the module. It stands before the server at `port`. Each connection is cut `after` so many seconds, and where
    more than `limit` bytes come back (None: never); `cuts` counts them."""

    def __init__(self, port: int, *, after: float | None = None, limit: int | None = None) -> None:
        self.cuts = 0
        self._target, self._after, self._limit = port, after, limit
        self._open: set[asyncio.Task[None]] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="cutting proxy", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self._server = self._submit(asyncio.start_server(self._accept, "127.0.0.1", 0))
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    def __exit__(self, *_: object) -> None:
        self._submit(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(PATIENCE)
        self._loop.close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def cut(self) -> None:
        """Break every open connection."""
        self._submit(self._cut())

    def _submit(self, coroutine: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(PATIENCE)

    async def _stop(self) -> None:
        self._server.close()
        await self._cut()

    async def _cut(self) -> None:
        passing = set(self._open)
        for task in passing:
            task.cancel()
        await asyncio.gather(*passing, return_exceptions=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = self._loop.create_task(self._pass(reader, writer))
        self._open.add(task)
        task.add_done_callback(self._open.discard)

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Passes on, both ways, until one side ends or it is time."""
        try:
            their_reader, their_writer = await asyncio.open_connection("127.0.0.1", self._target)
        except OSError:
            writer.transport.abort()
            return
        asking = asyncio.create_task(copy(reader, their_writer))
        answering = asyncio.create_task(copy(their_reader, writer, limit=self._limit))
        try:
            async with asyncio.timeout(self._after):
                await asyncio.wait({asking, answering}, return_when=asyncio.FIRST_COMPLETED)
            was_cut = answering.done() and not await answering
        except (TimeoutError, asyncio.CancelledError, ConnectionError):
            was_cut = True
        self.cuts += was_cut
        for task in (asking, answering):
            task.cancel()
        await asyncio.gather(asking, answering, return_exceptions=True)
        for each in (writer, their_writer):
            each.transport.abort() if was_cut else each.close()


async def copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, limit: int | None = None) -> bool:
    """Copies to the end, and returns True; or until more than `limit` bytes came, and returns False."""
    while piece := await reader.read(65536):
        if limit is not None and len(piece) > limit:
            writer.write(piece[:limit])
            await writer.drain()
            return False
        limit = limit and limit - len(piece)
        writer.write(piece)
        await writer.drain()
    return True

"""What stands between a browser and the site: passes bytes on, and fails on command as a proxy does during a deploy."""

import asyncio
import contextlib
import socket
import struct
import threading
from typing import Any, Self
from urllib.parse import urlsplit

from tests.patience import PATIENCE


def page_of(status: int, *, content_type: str = "text/html") -> bytes:
    """A proxy's own reply."""
    body = b"<html><body><h1>Not now</h1></body></html>"
    head = f"HTTP/1.1 {status} Said\r\nContent-Type: {content_type}\r\nContent-Length: {len(body)}\r\n"
    return head.encode() + b"Connection: close\r\n\r\n" + body


class Proxy:
    """A proxy before the site at `upstream`. Pages that pass may be kept by the browser for Back."""

    def __init__(self, upstream: str) -> None:
        self._host, self._port = urlsplit(upstream).hostname, urlsplit(upstream).port
        self._instead: bytes | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="proxy", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self._server = self._submit(asyncio.start_server(self._accept, "127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    def __exit__(self, *_: object) -> None:
        self._submit(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(PATIENCE)
        self._loop.close()

    def cut(self) -> None:
        """Reset every open connection."""
        self._submit(self._cut())

    def fail(self, reply: bytes = b"") -> None:
        """Cut, and give `reply` to every request from now on; without one, close the connection."""
        self._instead = reply
        self.cut()

    def heal(self) -> None:
        self._instead = None

    def _submit(self, coroutine: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(PATIENCE)

    async def _stop(self) -> None:
        self._server.close()
        await self._cut()
        if self._tasks:
            await asyncio.wait(self._tasks)

    async def _cut(self) -> None:
        for writer in self._writers:
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()
        self._writers.clear()
        await asyncio.sleep(0)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        task = self._loop.create_task(self._serve(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            if self._instead is None:
                await self._pass_on(reader, writer)
            else:
                await reader.readuntil(b"\r\n\r\n")
                writer.write(self._instead)
                await writer.drain()
        writer.close()
        self._writers.discard(writer)

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        up_reader, up_writer = await asyncio.open_connection(self._host, self._port)
        try:
            await asyncio.gather(_pump(reader, up_writer), _pump(up_reader, writer))
        finally:
            up_writer.close()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while piece := await reader.read(65536):
        writer.write(piece.replace(b"no-store", b"no-cache"))
        await writer.drain()
    writer.close()

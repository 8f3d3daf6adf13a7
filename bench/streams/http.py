"""An HTTP client that costs little: what it takes is taken from the provider, which shares its processor."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Self, cast

Take = Callable[[bytes], None]


class Connection(asyncio.Protocol):
    """One connection, kept open: one request after the other. It must have been opened by `open`."""

    def __init__(self) -> None:
        self._received = bytearray()
        self._left = 0  # bytes of the body, or of the chunk; -1: none is begun
        self._is_in_head, self._is_chunked = True, False
        self._status = 0
        self._take: Take = bytes
        self._reply: asyncio.Future[int] | None = None

    @classmethod
    async def open(cls, host: str, port: int) -> Self:
        _, connection = await asyncio.get_running_loop().create_connection(cls, host, port)
        return connection

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    async def ask(self, method: str, path: str, headers: Mapping[str, str], body: bytes, take: Take) -> None:
        """Return once the reply is whole; `take` gets its body piece by piece. Raises ValueError for a status that is
        neither 200 nor 201, ConnectionError where the connection ends before."""
        self._take = take
        self._reply = asyncio.get_running_loop().create_future()
        length = {"Content-Length": str(len(body))} if body else {}
        lines = "".join(f"{name}: {value}\r\n" for name, value in {"Host": "127.0.0.1", **headers, **length}.items())
        self._transport.write(f"{method} {path} HTTP/1.1\r\n{lines}\r\n".encode() + body)
        status = await self._reply
        if status not in {200, 201}:
            raise ValueError(f"{method} {path} was answered with {status}")

    def close(self) -> None:
        self._transport.close()

    def connection_lost(self, error: Exception | None) -> None:
        if self._reply is not None and not self._reply.done():
            self._reply.set_exception(error or ConnectionResetError("the connection ended in the middle of a reply"))

    def data_received(self, data: bytes) -> None:
        self._received += data
        while self._received:
            if self._is_in_head:
                if not self._read_head():
                    return
            elif not (self._read_chunk() if self._is_chunked else self._read_body()):
                return

    def _read_head(self) -> bool:
        end = self._received.find(b"\r\n\r\n")
        if end < 0:
            return False
        first, *lines = self._received[:end].lower().split(b"\r\n")
        headers = dict(line.split(b": ", 1) for line in map(bytes, lines))
        del self._received[: end + 4]
        self._status = int(first.split(b" ")[1])
        self._is_in_head = False
        self._is_chunked = headers.get(b"transfer-encoding") == b"chunked"
        self._left = -1 if self._is_chunked else int(headers.get(b"content-length", b"0"))
        if not self._is_chunked and not self._left:
            self._end()
        return True

    def _read_body(self) -> bool:
        piece = bytes(self._received[: self._left])
        del self._received[: self._left]
        self._left -= len(piece)
        self._take(piece)
        if not self._left:
            self._end()
        return True

    def _read_chunk(self) -> bool:
        end = self._received.find(b"\r\n")
        if end < 0:
            return False
        size = int(self._received[:end], 16)
        behind = end + 2 + size
        if len(self._received) < behind + 2:
            return False
        piece = bytes(self._received[end + 2 : behind])
        del self._received[: behind + 2]
        if size:
            self._take(piece)
        else:
            self._end()
        return True

    def _end(self) -> None:
        self._is_in_head = True
        if self._reply is not None and not self._reply.done():
            self._reply.set_result(self._status)

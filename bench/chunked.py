"""The barest provider's side of HTTP: a connection that answers one request after the other, in chunks."""

import asyncio
import json
import re
from typing import Any, cast

EVENTS = "text/event-stream"
LAST = b"0\r\n\r\n"
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_HEAD = "HTTP/1.1 200 OK\r\nContent-Type: {}\r\nTransfer-Encoding: chunked\r\n\r\n"


class Connection(asyncio.Protocol):
    """Reads requests and hands each to `asked`; one that has no body asks for the models."""

    model: str  # the one that is listed

    def __init__(self) -> None:
        self._received = bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, separator, body = bytes(self._received).partition(b"\r\n\r\n")
        length = int(found[1]) if (found := _LENGTH.search(head)) else 0
        if separator and len(body) >= length:
            self._received.clear()
            if body:
                self.asked(json.loads(body))
            else:
                self._list_models()

    def asked(self, question: Any) -> None:
        """Answer it: begin, and write chunks, at last LAST."""
        raise NotImplementedError

    def begin(self, content_type: str = EVENTS) -> None:
        self.transport.write(_HEAD.format(content_type).encode())

    def _list_models(self) -> None:
        models = {"object": "list", "data": [{"id": self.model, "object": "model"}]}
        self.begin("application/json")
        self.transport.write(framed(json.dumps(models).encode()) + LAST)


def framed(piece: bytes) -> bytes:
    """One chunk."""
    return b"%x\r\n%s\r\n" % (len(piece), piece)

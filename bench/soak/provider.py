"""The provider of the soak, a process of its own.

    python -m bench.soak.provider RECORDS DELTAS_A_SECOND STALL_SECONDS

It does what the plan in the message says (see `plan`), and appends to the file RECORDS, as lines of JSON, each answer
with what was sent of it, and each title. It must cost much less than what is measured: a bare protocol, and one timer
for all streams.
"""

import asyncio
import json
import re
import signal
import socket
import struct
import sys
from pathlib import Path
from typing import Any, TextIO, cast

from bench.soak.plan import Plan, delta
from bench.wheel import Wheel
from conversations.prompts import TITLE

MODEL = "soak"
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: %s\r\nTransfer-Encoding: chunked\r\n\r\n"
_LAST = b"0\r\n\r\n"
_DONE = b"data: [DONE]\n\n"


async def main(records: TextIO, pace: float, stall: float) -> None:
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, ended.set)
    wheel = Wheel(period=1 / pace)
    desk = Desk(records, wheel, stall=round(stall * pace))
    server = await loop.create_server(lambda: Connection(desk), "127.0.0.1", 0, backlog=1000)
    turning = asyncio.create_task(wheel.turn())
    print(f"listening on {server.sockets[0].getsockname()[1]}", flush=True)  # noqa: T201 - who started it waits for this
    await ended.wait()
    turning.cancel()


class Desk:
    """What all connections share: the timer and the records. `stall` is in periods."""

    def __init__(self, records: TextIO, wheel: Wheel, stall: int) -> None:
        self.wheel, self.stall = wheel, stall
        self._records = records

    def record(self, **what: object) -> None:
        self._records.write(json.dumps(what, ensure_ascii=False) + "\n")
        self._records.flush()


class Connection(asyncio.Protocol):
    """One connection of the site: one request after the other, each answered before the next."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._received = bytearray()
        self._stream: Stream | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def connection_lost(self, _: Exception | None) -> None:
        if self._stream is not None:
            self._stream.end("left")

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, separator, body = bytes(self._received).partition(b"\r\n\r\n")
        length = int(found[1]) if (found := _LENGTH.search(head)) else 0
        if separator and len(body) >= length:
            self._received.clear()
            self._answer(json.loads(body) if body else None)

    def _answer(self, body: Any) -> None:
        if body is None:
            models = json.dumps({"object": "list", "data": [{"id": MODEL, "object": "model"}]}).encode()
            self._transport.write(_HEAD % b"application/json" + framed(models) + _LAST)
            return
        self._transport.write(_HEAD % b"text/event-stream")
        message = body["messages"][-1]["content"]
        plan = Plan.read(message.rpartition("\n\n")[2])  # behind questions whose answers failed
        if message.startswith(TITLE) or plan is None:
            self._transport.write(framed(chunk("A title") + closing(body, 1) + _DONE) + _LAST)
            self._desk.record(title=plan.tag if plan else "")
            return
        self._stream = Stream(plan, self._transport, self._desk, closing(body, plan.deltas))


class Stream:
    """One answer while it is sent: a delta with every step, until its plan is fulfilled or the site hangs up."""

    def __init__(self, plan: Plan, transport: asyncio.Transport, desk: Desk, closing: bytes) -> None:
        self._plan, self._transport, self._desk, self._closing = plan, transport, desk, closing
        self._sent: list[str] = []
        self._silence = desk.stall
        self._has_ended = False
        desk.wheel.add(self)

    def step(self) -> None:
        if len(self._sent) < self._plan.after:
            text = delta(len(self._sent))
            self._transport.write(framed(chunk(text)))
            self._sent.append(text)
        elif self._plan.breaks == "end":
            self._transport.write(framed(self._closing + _DONE) + _LAST)
            self.end("whole")
        else:
            self._break()

    def end(self, how: str) -> None:
        """Record how it ended, once: "whole", "broken", or "left" by the site."""
        if not self._has_ended:
            self._has_ended = True
            wheel = self._desk.wheel
            wheel.remove(self)
            late_ms, wheel.late = round(1000 * wheel.late), 0.0
            text = "".join(self._sent)
            self._desk.record(tag=self._plan.tag, end=how, text=text, deltas=len(self._sent), late_ms=late_ms)

    def _break(self) -> None:
        if self._plan.breaks == "stall" and self._silence > 0:
            self._silence -= 1
            return
        self.end("broken")
        if self._plan.breaks == "error":
            self._transport.write(framed(event({"error": {"message": "overloaded", "type": "server_error"}})))
            self._transport.close()
        elif self._plan.breaks == "cut":
            whole = framed(chunk("lost 🙂"))
            self._transport.write(whole[: whole.index("🙂".encode()) + 2])
            self._transport.close()
        else:
            reset(self._transport)


def reset(transport: asyncio.Transport) -> None:
    """End the connection with a TCP reset."""
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()


def framed(piece: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(piece), piece)


def chunk(content: str) -> bytes:
    return event({"id": "c", "model": MODEL, "choices": [{"index": 0, "delta": {"content": content}}]})


def closing(body: Any, deltas: int) -> bytes:
    """The finish reason, and a usage near to what the site estimates."""
    said = sum(len(message["content"].encode()) for message in body["messages"])
    usage = {"prompt_tokens": said // 3 + 4, "completion_tokens": 12 * deltas}
    finish = {"id": "c", "model": MODEL, "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}
    return event(finish) + event({"id": "c", "model": MODEL, "choices": [], "usage": usage})


def event(data: dict[str, Any]) -> bytes:
    return b"data: " + json.dumps(data, ensure_ascii=False).encode() + b"\n\n"


if __name__ == "__main__":
    with Path(sys.argv[1]).open("w", encoding="utf-8") as opened:
        asyncio.run(main(opened, float(sys.argv[2]), float(sys.argv[3])))

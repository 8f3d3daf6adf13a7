"""The provider of the soak, a process of its own.

    python -m bench.soak.provider RECORDS DELTAS_A_SECOND STALL_SECONDS

It does what the plan in the message says (see `plan`), and appends to the file RECORDS, as lines of JSON, each answer
with what was sent of it, and each title. It must cost much less than what is measured: a bare protocol, and one timer
for all streams.
"""

import asyncio
import json
import signal
import socket
import struct
import sys
from pathlib import Path
from typing import Any, TextIO

from bench import chunked
from bench.chunked import LAST, framed
from bench.soak.plan import Plan, delta
from bench.wheel import Wheel
from tests.fakes.replies import asks_for_title

MODEL = "soak"
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


class Connection(chunked.Connection):
    """One connection of the site."""

    model = MODEL

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self._stream: Stream | None = None

    def connection_lost(self, _: Exception | None) -> None:
        if self._stream is not None:
            self._stream.end("left")

    def asked(self, question: Any) -> None:
        self.begin()
        message = question["messages"][-1]["content"]
        plan = Plan.read(message.rpartition("\n\n")[2])  # behind questions whose answers failed
        if asks_for_title(question) or plan is None:
            self.transport.write(framed(chunk("A title") + closing(question, 1) + _DONE) + LAST)
            self._desk.record(title=plan.tag if plan else "")
            return
        self._stream = Stream(plan, self.transport, self._desk, closing(question, plan.deltas))


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
            self._transport.write(framed(self._closing + _DONE) + LAST)
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

"""The provider of the benchmark, a process of its own: `python -m bench.streams.upstream RECORDS`.

It sends what the plan in the message says, the first delta at once, and appends each answer to RECORDS as a line of
JSON: its tag, a digest of what was sent, and by how much it fell behind its pace. It must cost much less than what is
measured: a bare protocol, and one timer for all streams of a pace.
"""

import asyncio
import json
import signal
import sys
from pathlib import Path
from typing import Any, TextIO

from bench import chunked
from bench.chunked import LAST, framed
from bench.streams.plan import Plan, delta, digest
from bench.wheel import Wheel

AT_ONCE = 20  # deltas of a stream without a pace, before others have their turn
MODEL = "bench"
_CHUNK = (
    'data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"bench","choices":'
    '[{"index":0,"delta":{"content":%s},"finish_reason":null}]}\n\n'
)
_FINISH = (
    b'data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"bench","choices":'
    b'[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\n'
    b'data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"bench","choices":[],'
    b'"usage":{"prompt_tokens":20,"completion_tokens":%d}}\n\n'
    b"data: [DONE]\n\n"
)


async def main(records: TextIO) -> None:
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, ended.set)
    desk = Desk(records)
    server = await loop.create_server(lambda: Connection(desk), "127.0.0.1", 0, backlog=2000)
    print(f"listening on {server.sockets[0].getsockname()[1]}", flush=True)  # noqa: T201 - who started it waits for this
    await ended.wait()


class Desk:
    """What all connections share: the timers and the records."""

    def __init__(self, records: TextIO) -> None:
        self._records = records
        self._wheels: dict[int, Wheel] = {}
        self._turning: set[asyncio.Task[None]] = set()

    def wheel(self, pace: int) -> Wheel:
        if pace not in self._wheels:
            self._wheels[pace] = Wheel(1 / pace)
            self._turning.add(asyncio.create_task(self._wheels[pace].turn()))
        return self._wheels[pace]

    def record(self, **what: object) -> None:
        self._records.write(json.dumps(what) + "\n")
        self._records.flush()


class Connection(chunked.Connection):
    """One connection of what is measured."""

    model = MODEL

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self._stream: Paced | Fast | None = None

    def connection_lost(self, _: Exception | None) -> None:
        if self._stream is not None:
            self._stream.leave()

    def pause_writing(self) -> None:
        if isinstance(self._stream, Fast):
            self._stream.is_paused = True

    def resume_writing(self) -> None:
        if isinstance(self._stream, Fast):
            self._stream.is_paused = False
            self._stream.step()

    def asked(self, question: Any) -> None:
        plan = Plan.read(question["messages"][-1]["content"])
        self.begin()
        if plan is None:
            self.transport.write(LAST)
        else:
            self._stream = (Paced if plan.pace else Fast)(plan, self.transport, self._desk)


class Stream:
    """One answer while it is sent."""

    def __init__(self, plan: Plan, transport: asyncio.Transport, desk: Desk) -> None:
        self._plan, self._transport, self._desk = plan, transport, desk
        self._sent: list[str] = []
        self._late = 0.0
        self._has_ended = False
        self.begin()

    def begin(self) -> None:
        raise NotImplementedError

    def leave(self) -> None:
        """The target hung up; nothing where all was sent."""
        self._end("left")

    def _send(self) -> None:
        text = delta(len(self._sent))
        self._sent.append(text)
        self._transport.write(framed((_CHUNK % json.dumps(text)).encode()))
        if len(self._sent) >= self._plan.deltas:
            self._transport.write(framed(_FINISH % len(self._sent)) + LAST)
            self._end("whole")

    def _end(self, how: str) -> None:
        if self._has_ended:
            return
        self._has_ended = True
        late_ms = round(1000 * self._late)
        self._desk.record(
            tag=self._plan.tag, end=how, deltas=len(self._sent), digest=digest(self._sent), late_ms=late_ms
        )


class Paced(Stream):
    """A delta with every step of the wheel of its pace."""

    def begin(self) -> None:
        self._wheel = self._desk.wheel(self._plan.pace)
        self._wheel.add(self)
        self._send()

    def step(self) -> None:
        self._late = max(self._late, self._wheel.late)
        self._wheel.late = 0.0
        self._send()

    def _end(self, how: str) -> None:
        self._wheel.remove(self)
        super()._end(how)


class Fast(Stream):
    """As many deltas as the target takes."""

    def begin(self) -> None:
        self.is_paused = False
        self.step()

    def step(self) -> None:
        for _ in range(AT_ONCE):
            if self.is_paused or self._has_ended:
                return
            self._send()
        asyncio.get_running_loop().call_soon(self.step)


if __name__ == "__main__":
    with Path(sys.argv[1]).open("w", encoding="utf-8") as opened:
        asyncio.run(main(opened))

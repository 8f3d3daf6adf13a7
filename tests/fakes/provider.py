"""A model provider that misbehaves on command: a real HTTP server on loopback, on a thread and loop of its own.

    with FakeProvider() as fake:
        settings.OPENAI_BASE_URL = fake.base_url
        fake.script(chunks("Hel", "lo"), refusal(429, headers={"Retry-After": "1"}))

Each call to …/chat/completions is answered by the next reply of the script, or by `default`. Calls for titles, which
come when they come, have a script and a default of their own. A `Gate` in a reply holds it until the test opens it;
nothing here sleeps.
"""

import asyncio
import contextlib
import json
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from typing import Any, Self

from tests.fakes.replies import Call, Cut, Forever, Gate, Reply, Reset, Step, chunks, refusal
from tests.patience import PATIENCE


class FakeProvider:
    """See the module. `calls` are the chat requests in order; `models` is what /v1/models lists (`models_body`: its
    whole body); `default` and `default_title` make the reply where the script has none left."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.models = ["fake-model", "other-model"]
        self.models_body: Any = None
        self.default: Callable[[Call], Reply] = lambda call: chunks("Hello", " there")
        self.default_title: Callable[[Call], Reply] = lambda call: chunks("A title")
        self.open_connections = 0
        self.accepted_connections = 0
        self._script: list[tuple[Callable[[Call], bool], Reply]] = []
        self._changed = threading.Condition()
        self._hangups = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="fake provider", daemon=True)
        self._gates: set[Gate] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._writers: set[asyncio.StreamWriter] = set()

    def __enter__(self) -> Self:
        self._thread.start()
        self._server = self._submit(asyncio.start_server(self._accept, "127.0.0.1", 0))
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    def __exit__(self, *_: object) -> None:
        for gate in self._gates:
            gate.open()
        self._submit(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(PATIENCE)
        self._loop.close()

    @property
    def answer_calls(self) -> list[Call]:
        """Those for answers: when a title is asked for is nobody's business."""
        return [call for call in self.calls if not call.is_title]

    @property
    def root_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def base_url(self) -> str:
        return f"{self.root_url}/v1"

    def script(self, *replies: Reply, when: Callable[[Call], bool] = lambda call: True) -> None:
        """Adds replies; each is used once, by the first call for an answer that `when` holds for."""
        with self._changed:
            self._script += [(lambda call: not call.is_title and when(call), reply) for reply in replies]

    def script_titles(self, *replies: Reply) -> None:
        """As `script`, for calls for titles."""
        with self._changed:
            self._script += [(lambda call: call.is_title, reply) for reply in replies]

    def wait_calls(self, count: int) -> None:
        """Until `count` chat requests came."""
        self._wait(lambda: len(self.calls) >= count, f"{count} calls, got {len(self.calls)}")

    def wait_hangup(self, count: int = 1) -> None:
        """Until `count` clients hung up in the middle of a reply."""
        self._wait(lambda: self._hangups >= count, "a hangup")

    def wait_closed(self) -> None:
        """Until no connection is open."""
        self._wait(lambda: self.open_connections == 0, "no open connections")

    async def called(self, count: int = 1) -> None:
        await asyncio.to_thread(self.wait_calls, count)

    async def hung_up(self, count: int = 1) -> None:
        await asyncio.to_thread(self.wait_hangup, count)

    async def closed(self) -> None:
        await asyncio.to_thread(self.wait_closed)

    def _wait(self, claim: Callable[[], bool], wish: str) -> None:
        with self._changed:
            assert self._changed.wait_for(claim, PATIENCE), f"the provider waited for {wish}"

    def _submit(self, coroutine: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(PATIENCE)

    async def _stop(self) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)
        for writer in self._writers:
            writer.transport.abort()
        await asyncio.sleep(0)  # the transports close in the loop's next turn

    @contextlib.contextmanager
    def _counted(self) -> Iterator[None]:
        self._count(1)
        try:
            yield
        finally:
            self._count(-1)

    def _count(self, step: int) -> None:
        with self._changed:
            self.open_connections += step
            self.accepted_connections += max(0, step)
            self._changed.notify_all()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # Both are known from the first moment: a connection that comes while all ends is closed too.
        self._writers.add(writer)
        task = self._loop.create_task(self._serve(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with self._counted(), contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            while await self._exchange(reader, writer):
                pass
        writer.close()
        self._writers.discard(writer)

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """One request and its reply; whether the connection stays."""
        call = await read_call(reader)
        reply = self._reply(call)
        sending = asyncio.create_task(send(writer, reply, self._gates))
        hangup = asyncio.create_task(reader.read(1))  # nothing comes before the reply's end, except the end
        await asyncio.wait({sending, hangup}, return_when=asyncio.FIRST_COMPLETED)
        is_proper = sending.done() and await ended_properly(sending)
        if not sending.done() or is_proper is None:
            sending.cancel()
            self._count_hangup()
            for gate in {step for step in reply.steps if isinstance(step, Gate)}:
                gate.cut()
        hangup.cancel()
        await asyncio.gather(sending, hangup, return_exceptions=True)
        return is_proper is True and reply.framing == "chunked"

    def _count_hangup(self) -> None:
        with self._changed:
            self._hangups += 1
            self._changed.notify_all()

    def _reply(self, call: Call) -> Reply:
        if call.path.endswith("/models"):
            listed = {"object": "list", "data": [{"id": name, "object": "model"} for name in self.models]}
            return refusal(200, self.models_body or listed)
        with self._changed:
            self.calls.append(call)
            self._changed.notify_all()
            for place, (when, reply) in enumerate(self._script):
                if when(call):
                    del self._script[place]
                    return reply
        return self.default_title(call) if call.is_title else self.default(call)


async def read_call(reader: asyncio.StreamReader) -> Call:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    request, *lines = head.split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines if line)}
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    return Call(request.split(" ")[1], headers, json.loads(body) if body else None)


async def ended_properly(sending: asyncio.Task[bool]) -> bool | None:
    """Whether a reply ended as HTTP wants it; None where the client had hung up."""
    try:
        return await sending
    except ConnectionError:
        return None


async def send(writer: asyncio.StreamWriter, reply: Reply, gates: set[Gate]) -> bool:
    """Plays a reply; whether it ended properly."""
    for step in reply.before:
        if not await play(writer, step, gates, framed=bytes):
            return False
    writer.write(reply.head())
    for step in reply.steps:
        if not await play(writer, step, gates, framed=reply.framed):
            return False
    if reply.framing == "chunked":
        writer.write(b"0\r\n\r\n")
    await writer.drain()
    return True


async def play(writer: asyncio.StreamWriter, step: Step, gates: set[Gate], *, framed: Callable[[bytes], bytes]) -> bool:
    match step:
        case bytes():
            writer.write(framed(step))
            await writer.drain()
            await asyncio.sleep(0)  # lets the socket send it as a piece of its own
        case Gate():
            gates.add(step)
            await step.passed()
        case Forever():
            while True:
                writer.write(framed(step.piece))
                await writer.drain()
                await asyncio.sleep(0)
        case Reset():
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()
            return False
        case Cut():
            await writer.drain()
            return False
    return True

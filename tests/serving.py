"""The whole site inside the test's process: real HTTP on loopback, the test's own database, and people who use it."""

import asyncio
import http.client
import json
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any, Self
from urllib.parse import urlencode

import uvicorn
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client

from chatsite.asgi import application
from conversations import sse
from conversations.generation import serving

PATIENCE = 20  # seconds until a wait is a failure


class Server(uvicorn.Server):
    """Says when it is ready, and leaves the process's signals alone."""

    def __init__(self) -> None:
        super().__init__(uvicorn.Config(application, port=0, lifespan="on", log_config=None, ws="none"))
        self.is_ready = threading.Event()

    async def startup(self, sockets: Any = None) -> None:
        await super().startup(sockets)
        self.is_ready.set()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class Site:
    """The running site; `port` is where it listens."""

    def __init__(self) -> None:
        self.streams: list[Stream] = []

    def __enter__(self) -> Self:
        self._server = Server()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._serve, name="site", daemon=True)
        self._thread.start()
        assert self._server.is_ready.wait(PATIENCE)
        self.port: int = self._server.servers[0].sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        return self

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join(PATIENCE)
        self._loop.close()

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._server.serve())

    def run(self, work: Callable[[], Awaitable[Any]]) -> Any:
        """What `work` returns on the server's loop."""

        async def working() -> Any:
            return await work()

        return asyncio.run_coroutine_threadsafe(working(), self._loop).result(PATIENCE)

    def settle(self) -> None:
        """Hang up, interrupt every running answer and wait for its end: what a shutdown does, without one."""
        for stream in self.streams:
            stream.close()
        self.streams.clear()

        async def interrupt() -> None:
            here = serving.current()
            for stop in list(here.answers.values()):
                stop()
            if here.answers:
                await asyncio.wait(set(here.answers), timeout=PATIENCE)

        self.run(interrupt)

    def wait_tasks(self) -> None:
        """Wait until every answer and every title has ended by itself."""

        async def wait() -> None:
            here = serving.current()
            tasks = {task for task in here.others if task.get_name() != "recovery"}
            if tasks:
                await asyncio.wait(tasks, timeout=PATIENCE)
            assert all(task.done() for task in tasks)

        self.run(wait)

    def wait_answers(self) -> None:
        """Wait until every answer has ended by itself."""

        async def wait() -> None:
            if running := set(serving.current().answers):
                await asyncio.wait(running, timeout=PATIENCE)
            assert not serving.current().answers

        self.run(wait)


class Response:
    """A reply that was read to its end."""

    def __init__(self, response: http.client.HTTPResponse) -> None:
        self.status = response.status
        self.headers = response.headers
        self.body = response.read()

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def error(self) -> str:
        return str(self.json["error"]["code"])


class Stream:
    """An open event stream: iterate over its events; `close` hangs up."""

    def __init__(self, connection: http.client.HTTPConnection, response: http.client.HTTPResponse) -> None:
        self.status = response.status
        self.headers = response.headers
        self._connection, self._response = connection, response
        self._decoder = sse.Decoder()
        self._ready: list[sse.Event] = []

    def __iter__(self) -> Iterator[sse.Event]:
        while (event := self.next()) is not None:
            yield event

    def next(self) -> sse.Event | None:
        """The next event; None at the end of the stream."""
        while not self._ready:
            piece = self._response.read1(65536)
            if not piece:
                self.close()
                return None
            self._ready.extend(self._decoder.feed(piece))
        return self._ready.pop(0)

    def until(self, is_wanted: Callable[[sse.Event], bool]) -> list[sse.Event]:
        """Events up to and with the first wanted one."""
        seen = []
        for event in self:
            seen.append(event)
            if is_wanted(event):
                return seen
        raise AssertionError(f"the stream ended before it: {seen}")

    def close(self) -> None:
        self._connection.close()
        self._response.close()


def text_of(events: list[sse.Event]) -> str:
    return "".join(json.loads(event.data)["text"] for event in events if event.event == "message")


class Person:
    """Somebody with a browser's cookies who talks HTTP with the site."""

    def __init__(self, site: Site, user: User | None) -> None:
        self.site, self.user = site, user
        client = Client()
        if user is not None:
            client.force_login(user)
        self.cookies = {name: morsel.value for name, morsel in client.cookies.items()}
        self.cookies[settings.CSRF_COOKIE_NAME] = "c" * 32

    def get(self, path: str, **headers: str) -> Response:
        return self._read("GET", path, None, headers)

    def post(self, path: str, fields: dict[str, Any] | None = None, *, csrf: bool = True, **headers: str) -> Response:
        """Posts a form, as a page without script does."""
        body = urlencode(fields or {}).encode()
        headers = {"Content-Type": "application/x-www-form-urlencoded", **headers}
        return self._read("POST", path, body, headers, csrf=csrf)

    def script(self, path: str, fields: Any = None, *, csrf: bool = True, **headers: str) -> Response:
        """Posts JSON and wants JSON."""
        headers = {"Content-Type": "application/json", "Accept": "application/json", **headers}
        return self._read("POST", path, json.dumps(fields or {}).encode(), headers, csrf=csrf)

    def send_raw(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> Response:
        return self._read(method, path, body, headers)

    def follow(self, path: str, method: str = "GET", fields: Any = None, **headers: str) -> Stream:
        headers = {"Accept": "text/event-stream", "Content-Type": "application/json", **headers}
        body = json.dumps(fields).encode() if fields is not None else None
        stream = Stream(*self._open(method, path, body, headers))
        self.site.streams.append(stream)
        return stream

    def ask(self, message: str = "Hello", **fields: Any) -> dict[str, Any]:
        """A new conversation: the JSON of the reply."""
        reply = self.script("/conversations/", {"message": message, **fields})
        assert reply.status == 201, reply.text
        return dict(reply.json)

    def _read(
        self, method: str, path: str, body: bytes | None, headers: dict[str, str], *, csrf: bool = True
    ) -> Response:
        connection, response = self._open(method, path, body, headers, csrf=csrf)
        try:
            return Response(response)
        finally:
            connection.close()

    def _open(
        self, method: str, path: str, body: bytes | None, headers: dict[str, str], *, csrf: bool = True
    ) -> tuple[http.client.HTTPConnection, http.client.HTTPResponse]:
        connection = http.client.HTTPConnection("127.0.0.1", self.site.port, timeout=PATIENCE)
        sent = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        if csrf:
            sent["X-CSRFToken"] = "c" * 32
        connection.request(
            method, path, body, sent | {name.replace("_", "-"): value for name, value in headers.items()}
        )
        return connection, connection.getresponse()

"""People who use the site: what they send, and what they get to read. Knows no database and no server."""

import http.client
import json
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

from conversations import sse
from tests.patience import PATIENCE

if TYPE_CHECKING:
    from django.contrib.auth.models import User

SESSION_COOKIE, CSRF_COOKIE = "session", "csrf"


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

    def read(self, size: int | None = None) -> bytes:
        """So many bytes of what is no events, or all that comes. Raises IncompleteRead where the server breaks off."""
        return self._response.read(size)

    def close(self) -> None:
        self._connection.close()
        self._response.close()


def text_of(events: list[sse.Event]) -> str:
    return "".join(json.loads(event.data)["text"] for event in events if event.event == "message")


class Person:
    """Somebody with a browser's cookies who talks HTTP with the site at `url`.

    `session` is the key of a session in which they are logged in (None: a visitor). Streams that they open are kept in
    `streams`, for whoever must hang up at the end.
    """

    def __init__(
        self, url: str, session: str | None = None, *, user: "User | None" = None, streams: "list[Stream] | None" = None
    ) -> None:
        self.url, self.user = url, user
        self.streams: list[Stream] = [] if streams is None else streams
        self.cookies = {CSRF_COOKIE: "c" * 32} | ({SESSION_COOKIE: session} if session else {})

    def at(self, url: str) -> "Person":
        """The same person with the same cookies at another address of the site."""
        other = Person(url, user=self.user, streams=self.streams)
        other.cookies = self.cookies
        return other

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
        self.streams.append(stream)
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
        address = urlsplit(self.url)
        connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=PATIENCE)
        sent = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        if csrf:
            sent["X-CSRFToken"] = "c" * 32
        connection.request(
            method, path, body, sent | {name.replace("_", "-"): value for name, value in headers.items()}
        )
        return connection, connection.getresponse()

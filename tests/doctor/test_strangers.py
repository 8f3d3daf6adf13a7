"""`manage.py doctor streaming` where something else than the site answers, however badly: it is told, and in time."""

import gzip
import json
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from conversations.doctor import asking, passing, reaching, streaming
from conversations.doctor.asking import Arrival, Heard, Place
from conversations.doctor.finding import Level
from tests.patience import PATIENCE

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
PROXY = Place("the proxy", ("192.0.2.1", 443), "chat.example.org", is_tls=True, server_name="chat.example.org")
PROCESS = Place("the process", ("127.0.0.1", 8000), "chat.example.org", is_process=True)


def event(name: str, at: float, **seen: object) -> bytes:
    return f"event: {name}\ndata: {json.dumps({'at': at, **seen})}\n\n".encode()


class Stranger:
    """Answers every connection with these bytes; hangs up after them, or only at the end of the test."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._is_over = threading.Event()
        self._threads: list[threading.Thread] = []

    def answers(self, says: Callable[[socket.socket], None]) -> None:
        def serve() -> None:
            connection, _ = self._listener.accept()
            with connection:
                connection.recv(65_536)
                says(connection)

        self._threads.append(threading.Thread(target=serve))
        self._threads[-1].start()

    def until_over(self, interval: float | None = None) -> bool:
        return self._is_over.wait(interval)

    def close(self) -> None:
        self._is_over.set()
        for thread in self._threads:
            thread.join(PATIENCE)
        self._listener.close()


@pytest.fixture
def stranger(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stranger]:
    monkeypatch.setattr(asking, "LONGEST", 0.5)
    monkeypatch.setattr(asking, "PATIENCE", 0.2)
    made = Stranger()
    settings.PORT, settings.PUBLIC_URL = made.port, ""
    yield made
    made.close()


def found() -> list[tuple[Level, str]]:
    return [(finding.level, finding.text) for finding in streaming.look()]


def who(stranger: Stranger) -> str:
    return f"the process at 127.0.0.1:{stranger.port}"


ANSWERS = {
    "hangs up": (b"", "{who} hangs up, or answers in no HTTP (RemoteDisconnected)."),
    "no HTTP": (b"SSH-2.0-OpenSSH_9.6\r\n", "{who} hangs up, or answers in no HTTP (BadStatusLine)."),
    "a page": (
        b"HTTP/1.1 200 OK\r\nServer: a\x1b[31mb\r\n\r\n",
        "Another site than this one answers at {who} (Server: a\\x1b[31mb).",
    ),
    "not there": (b"HTTP/1.1 404 No\r\n\r\n", "Another site than this one answers (404) at {who}."),
    "busy": (
        b"HTTP/1.1 429 No\r\nX-Chatsite: 1\r\n\r\n",
        "{who}: too many probes are open (429).",
    ),
    "broken": (b"HTTP/1.1 500 No\r\nX-Chatsite: 1\r\n\r\n", "{who}: the site answers with an error (500)."),
    "other events": (HEAD + b"\r\ndata: hello\n\ndata: []\n\n", "{who} passes nothing of a stream on within 0 s."),
    "another compressor": (
        HEAD + b"Content-Encoding: br\r\n\r\n\x00\x00",
        "{who} compresses streams (br): what comes of them cannot be told.",
    ),
    "bad gzip": (HEAD + b"Content-Encoding: gzip\r\n\r\nhello", "{who} passes nothing of a stream on within 0 s."),
    "end too early": (HEAD + b"\r\n" + event("start", 0), "{who} ends a stream after 0 s."),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_stranger_is_told(stranger: Stranger, name: str):
    answer, expected = ANSWERS[name]
    stranger.answers(lambda connection: connection.sendall(answer))

    assert found() == [(Level.FAULT, expected.format(who=who(stranger)))]


def test_compressed_stream_is_read(stranger: Stranger):
    whole = gzip.compress(event("start", 0) + event("end", 0))
    stranger.answers(lambda connection: connection.sendall(HEAD + b"Content-Encoding: gzip\r\n\r\n" + whole))

    (compressed, well) = found()

    assert compressed[1].startswith(f"{who(stranger)} compresses streams (gzip)")
    assert well[0] == Level.OK


def test_head_that_never_ends_is_not_waited_for(stranger: Stranger):
    def drip(connection: socket.socket) -> None:
        connection.sendall(HEAD)
        while not stranger.until_over(0.05):
            connection.sendall(b"X")

    stranger.answers(drip)

    assert found() == [(Level.FAULT, f"{who(stranger)} does not answer in time.")]


def test_stream_without_end_is_not_waited_for(stranger: Stranger):
    def keep(connection: socket.socket) -> None:
        connection.sendall(HEAD + b"\r\n" + event("start", 0))
        stranger.until_over()

    stranger.answers(keep)

    ((level, text),) = found()

    assert (level, text.partition(":")[0]) == (Level.FAULT, "the process at 127.0.0.1")
    assert "holds back what the site sends" in text


def test_without_port_and_public_url_nothing_can_be_told(settings: Any):
    settings.PORT, settings.PUBLIC_URL = 0, ""

    assert found() == [(Level.WARNING, "PORT is 0: where the process itself listens is not known.")]


def heard(first: float, **fields: Any) -> Heard:
    arrivals = [Arrival("start", first, 0.0), Arrival("end", first + 1, 1.0)]
    return Heard(status=200, arrivals=arrivals, has_ended=True, speaks_http2=True, took=first + 1, **fields)


SEEN = {"host": "chat.example.org:443", "scheme": "https", "forwarded_for": True, "is_believed": True}


@pytest.mark.parametrize(("first", "expected"), [(0.9, set()), (1.2, {"slow"})])
def test_detour_is_told_where_it_is_long(first: float, expected: set[str]):
    wrongs = passing.wrongs(PROXY, heard(first, seen=SEEN), heard(0.1))

    assert set(wrongs) == expected


def test_overloaded_process_is_told_once():
    late = Heard(
        status=200, arrivals=[Arrival("start", 0.0, 0.0), Arrival("end", 3.0, 1.0)], has_ended=True, seen=SEEN, took=3.0
    )

    texts = [finding.text for finding in streaming.judged([(PROCESS, late), (PROXY, late)])]

    assert texts[0] == "the process holds back what the site sends: some came 2.0 s late, or not at all."
    assert [text for text in texts[1:] if "holds back" in text] == []


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (TimeoutError(), "the proxy does not answer in time."),
        (OSError(113, "No route to host"), "the proxy cannot be reached: [Errno 113] No route to host."),
    ],
)
def test_way_that_does_not_lead_there(error: Exception, expected: str):
    assert reaching.missing(PROXY, Heard(error=error)).text == expected

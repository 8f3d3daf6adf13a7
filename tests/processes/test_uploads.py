"""Bodies that are larger than any may be, towards a real server: it says so at once, and holds none of them."""

import http.client
import select
import socket
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import urlsplit

import pytest

from tests.patience import PATIENCE
from tests.people import Person
from tests.processes.alone import Alone

ANNOUNCED = 2_000_000_000
MOST = 300_000_000  # bytes that are really sent where no length is announced; an import may have 100 MB
MORE = 20_000_000  # that are sent on, whatever the server says
PIECE = b"x" * 65_536
FORM = b'--x\r\nContent-Disposition: form-data; name="file"; filename="chats.json"\r\n\r\n'
LENGTH, CHUNKED = f"Content-Length: {ANNOUNCED}", "Transfer-Encoding: chunked"
QUICK = 10.0  # seconds, on a machine that is busy with something else
HELD = 25_000_000  # bytes of memory that may be held for one: what is on its way, and 4 MB that Django may keep


@dataclass(frozen=True)
class Refusal:
    status: int
    text: str
    sent: int  # bytes, until it came
    took: float  # seconds, until all of it was read
    is_over: bool  # whether the server has ended the connection


@pytest.fixture(scope="module")
def site() -> Iterator[Alone]:
    with Alone() as site:
        site.teller.expect("Hello", words=5)
        ada = site.person()
        list(ada.follow(ada.ask("Hello")["answer"]["events_url"]))  # by its end, what is loaded once is loaded
        yield site


def upload(person: Person, path: str, length: str) -> Refusal:
    """What comes of a form that a person sends on and on, as its browser does."""
    address = urlsplit(person.url)
    cookies = "; ".join(f"{name}={value}" for name, value in person.cookies.items())
    head = [
        *(f"POST {path} HTTP/1.1", f"Host: {address.netloc}", f"Cookie: {cookies}", length),
        *("Accept: text/html", "Content-Type: multipart/form-data; boundary=x", "\r\n"),
    ]
    wrapped, since = chunk if length == CHUNKED else bytes, time.monotonic()
    with socket.create_connection((address.hostname, address.port), timeout=PATIENCE) as connection:
        connection.sendall("\r\n".join(head).encode() + wrapped(FORM))
        sent = 0
        while sent < MOST and not is_readable(connection):
            connection.sendall(wrapped(PIECE))
            sent += len(PIECE)
        with http.client.HTTPResponse(connection) as reply:
            reply.begin()
            text = reply.read().decode()
        took = time.monotonic() - since
        return Refusal(reply.status, text, sent, took, is_over(connection))


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


def is_readable(connection: socket.socket) -> bool:
    return bool(select.select([connection], [], [], 0)[0])


def is_over(connection: socket.socket) -> bool:
    """Whether the server ends it, which is sent to on and on."""
    with suppress(ConnectionError):
        for _ in range(MORE // len(PIECE)):
            connection.sendall(PIECE)
        return connection.recv(1) == b""
    return True


@pytest.mark.fault(61)
@pytest.mark.parametrize(
    ("path", "length", "most", "limit"),
    [
        ("/imports/", LENGTH, MORE, 101),
        ("/imports/", CHUNKED, MOST - 1, 101),
        ("/markdown/", LENGTH, MORE, 4),
        ("/markdown/", CHUNKED, MORE, 4),
    ],
)
def test_body_of_two_gigabytes_is_refused_at_once_and_not_held(
    site: Alone, path: str, length: str, most: int, limit: int
):
    before = site.serve.peak_memory()

    refusal = upload(site.person(), path, length)

    assert (refusal.status, refusal.is_over) == (413, True)
    assert f"This is too large: a request may have {limit} MB at most." in refusal.text
    assert refusal.sent < most
    assert refusal.took < QUICK
    assert site.serve.peak_memory() - before < HELD
    assert site.person().get("/healthz").status == 200

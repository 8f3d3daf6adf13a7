"""A stream asked for at one place on the way to the site: what came and when. It judges nothing."""

import http.client
import json
import math
import socket
import ssl
import threading
import time
import zlib
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any, TypeVar

from conversations import probes, sse
from conversations.live.following import PING_INTERVAL
from conversations.text import printable

PATIENCE = 5.0  # seconds for a name, a connection, the agreement on TLS
LONGEST = PING_INTERVAL + 10.0  # seconds for the whole stream, which takes little more than the silence of real ones
MOST_EVENTS = 100  # more than the probe has
PIECE = 65_536  # bytes
LONGEST_VALUE = 200  # characters of a header that are told

T = TypeVar("T")


@dataclass(frozen=True)
class Place:
    """Somewhere on the way: `who` names it in a sentence, `host` is what a browser would ask it for."""

    who: str
    address: tuple[str, int]
    host: str
    is_tls: bool = False
    server_name: str = ""
    is_process: bool = False
    has_public_name: bool = False  # its certificate must be good for that name


@dataclass(frozen=True)
class Arrival:
    """An event: how many seconds after the question it came, and how many after the first one it was sent."""

    event: str
    came: float
    sent: float


@dataclass
class Heard:
    """What came. `status` is 0 where nobody answered: `error` says why, or else why the stream broke off."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)  # by their names in lower case
    arrivals: list[Arrival] = field(default_factory=list)
    seen: dict[str, Any] = field(default_factory=dict)  # by the site, of the request
    took: float = 0.0
    has_ended: bool = False
    error: Exception | None = None
    speaks_http2: bool = False
    certificate_begins: float | None = None  # seconds since 1970
    certificate_ends: float | None = None

    @property
    def is_stream(self) -> bool:
        return bool(self.arrivals)

    @property
    def lag(self) -> float:
        """By how many seconds some event came later, after it was sent, than the quickest one."""
        ways = [arrival.came - arrival.sent for arrival in self.arrivals]
        return max(ways) - min(ways)


def listen_at(places: Sequence[Place]) -> list[Heard]:
    """What comes at each of them, all asked at the same moment. Takes LONGEST and some PATIENCE at most."""
    calls = [lambda place=place: listen(place) for place in places]
    heard = side_by_side(calls, seconds=LONGEST + 3 * PATIENCE)
    return [each or Heard(error=TimeoutError(), took=LONGEST) for each in heard]


def side_by_side(calls: Sequence[Callable[[], T]], *, seconds: float) -> list[T | None]:
    """What each call returns, None for those that are not over by then: some waits of the system have no end."""
    results: list[T | None] = [None] * len(calls)

    def run(number: int) -> None:
        results[number] = calls[number]()

    threads = [threading.Thread(target=run, args=(number,), daemon=True) for number in range(len(calls))]
    deadline = time.monotonic() + seconds
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))
    return list(results)


def addresses(name: str, port: int) -> set[str]:
    """The IP addresses of a name; none where nobody knows it, or not in time."""

    def ask() -> set[str]:
        try:
            return {str(found[4][0]) for found in socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)}
        except (OSError, UnicodeError):
            return set()

    (found,) = side_by_side([ask], seconds=PATIENCE)
    return found or set()


def is_open(address: tuple[str, int]) -> bool:
    """Whether anybody listens there."""
    try:
        with socket.create_connection(address, timeout=PATIENCE):
            return True
    except OSError:
        return False


def listen(place: Place) -> Heard:
    """What comes there. Raises nothing that the network can cause."""
    heard = Heard()
    begun = time.monotonic()
    try:
        if place.is_tls:
            agree(place, heard)
        begun = time.monotonic()
        ask(place, heard, begun)
    except (OSError, http.client.HTTPException, UnicodeError, zlib.error, sse.StreamError) as error:
        heard.error = error
    heard.took = time.monotonic() - begun
    return heard


def agree(place: Place, heard: Heard) -> None:
    """On TLS as a browser does, which prefers HTTP/2. What is read below speaks HTTP/1.1: Python has no other."""
    with closing(connected(place, "h2", "http/1.1")) as connection:
        heard.speaks_http2 = connection.selected_alpn_protocol() == "h2"
        certificate = connection.getpeercert() or {}
        if certificate:
            heard.certificate_begins = ssl.cert_time_to_seconds(str(certificate["notBefore"]))
            heard.certificate_ends = ssl.cert_time_to_seconds(str(certificate["notAfter"]))


def connected(place: Place, *protocols: str) -> ssl.SSLSocket:
    context = ssl.create_default_context()
    context.set_alpn_protocols(list(protocols))
    if not place.has_public_name:  # on this machine; what stands before it may take any certificate of it
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    raw = socket.create_connection(place.address, timeout=PATIENCE)
    try:
        return context.wrap_socket(raw, server_hostname=place.server_name)
    except BaseException:
        raw.close()
        raise


def ask(place: Place, heard: Heard, begun: float) -> None:
    if place.is_tls:
        connection: socket.socket = connected(place, "http/1.1")
    else:
        connection = socket.create_connection(place.address, timeout=PATIENCE)
    with closing(connection):
        asking = http.client.HTTPConnection(*place.address)
        asking.sock = connection
        headers = {"Host": place.host, "Accept": "text/event-stream", "Accept-Encoding": "gzip, br"}
        asking.request("GET", probes.PATH, headers={**headers, probes.HEADER: probes.make_pass()})
        connection.settimeout(LONGEST)
        with asking.getresponse() as response:
            heard.status = response.status
            heard.headers = {name.lower(): clean(value) for name, value in response.getheaders()}
            if response.status == 200 and heard.headers.get("content-type", "").startswith("text/event-stream"):
                read(response, connection, heard, begun)


def read(response: http.client.HTTPResponse, connection: socket.socket, heard: Heard, begun: float) -> None:
    """Reads to the event `end`. Raises TimeoutError where it does not come, IncompleteRead where no more can come."""
    decoded = decoder(heard.headers.get("content-encoding", ""))
    events = sse.Decoder()
    while (left := begun + LONGEST - time.monotonic()) > 0 and len(heard.arrivals) < MOST_EVENTS:
        connection.settimeout(left)
        piece = response.read1(PIECE)
        if not piece:
            raise http.client.IncompleteRead(b"")
        for event in events.feed(decoded(piece)):
            take(event, heard, time.monotonic() - begun)
        if heard.has_ended:
            return
    raise TimeoutError


def decoder(encoding: str) -> Callable[[bytes], bytes]:
    """What undoes a Content-Encoding; of one that Python does not know, nothing can be read."""
    if encoding == "gzip":
        unzip = zlib.decompressobj(wbits=31)
        return lambda piece: unzip.decompress(piece, PIECE)
    return (lambda piece: piece) if encoding in ("", "identity") else (lambda piece: b"")


def take(event: sse.Event, heard: Heard, came: float) -> None:
    try:
        data = json.loads(event.data)
        sent = float(data["at"])
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError):  # another site's
        return
    if not math.isfinite(sent):
        return
    heard.arrivals.append(Arrival(event.event, came, sent))
    heard.has_ended = event.event == "end"
    if event.event == "start":
        heard.seen = {name: clean(value) if isinstance(value, str) else value for name, value in data.items()}


def clean(value: str) -> str:
    """What a stranger wrote, fit for a terminal."""
    return printable(value[:LONGEST_VALUE])

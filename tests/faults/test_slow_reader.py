"""Row 44 of the table: a reader that reads nothing of a long answer."""

import http.client
import json
import socket
from urllib.parse import urlsplit

import pytest

from conversations import sse
from conversations.provider import answers as provider_answers
from tests.fakes.provider import FakeProvider
from tests.fakes.replies import DONE, Gate, chunk, raw
from tests.patience import PATIENCE
from tests.people import Person, Stream, text_of
from tests.serving import Site

STOP = chunk(finish="stop")


@pytest.mark.fault(44)
def test_reader_that_reads_nothing_waits_alone_and_costs_little(
    ada: Person, fake: FakeProvider, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(provider_answers, "ANSWER_BYTES", 10**8)
    piece, count = "x" * 256_000, 32
    gates = [Gate() for _ in range(count)]
    steps = [step for gate in gates for step in (chunk({"content": piece}), gate)]
    fake.script(raw(*steps, STOP, DONE))
    begun = ada.ask()
    deaf, reader = follow_deaf(ada, begun["answer"]["events_url"]), ada.follow(begun["answer"]["events_url"])

    buffered, had = [], 0
    for number, gate in enumerate(gates, 1):
        while had < number * len(piece):
            had += len(text_of([event for event in [reader.next()] if event is not None]))
        buffered.append(unsent(site))
        gate.open()
    end = list(reader)[-1]

    assert json.loads(end.data)["status"] == "complete"
    assert 0 < max(buffered) < 8 * len(piece)  # of 32, and of no more however long the answer becomes
    assert text_of(all_events(deaf)) == piece * count
    assert len(fake.answer_calls) == 1


def follow_deaf(person: Person, path: str) -> Stream:
    """A stream whose small buffer fills up at once, as nothing of it is read."""
    address = urlsplit(person.url)
    connection = http.client.HTTPConnection(str(address.hostname), address.port, timeout=PATIENCE)
    connection.sock = socket.socket()
    connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.sock.connect((address.hostname, address.port))
    cookies = "; ".join(f"{name}={value}" for name, value in person.cookies.items())
    connection.request("GET", path, headers={"Cookie": cookies, "Accept": "text/event-stream"})
    stream = Stream(connection, connection.getresponse())
    person.streams.append(stream)
    return stream


def all_events(stream: Stream) -> list[sse.Event]:
    """The rest of a stream, however large its events are."""
    return list(sse.Decoder(line_bytes=10**8, event_bytes=10**8).feed(stream._response.read()))


def unsent(site: Site) -> int:
    """The bytes that the server keeps for its slowest reader."""

    async def most() -> int:
        connections = site._server.server_state.connections
        return max(connection.transport.get_write_buffer_size() for connection in connections)

    return int(site.run(most))

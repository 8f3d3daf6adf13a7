"""Through a proxy that cuts every connection, a reader that resumes by its cursor gets the whole text, once."""

import http.client

import pytest

from conversations import sse
from tests.fakes.provider import FakeProvider
from tests.fakes.proxy import CuttingProxy
from tests.fakes.replies import Gate, chunk, raw
from tests.people import Person, Stream, text_of
from tests.serving import Site

PIECES = ["One, ", "two, ", "😀, ", "four."]


def read_on(stream: Stream) -> list[sse.Event]:
    """What comes until the stream ends or is cut."""
    events: list[sse.Event] = []
    try:
        events.extend(stream)
    except (ConnectionError, http.client.HTTPException):
        stream.close()
    return events


def resume(person: Person, path: str, seen: list[sse.Event]) -> list[sse.Event]:
    """What one more connection gives to somebody who has `seen` this."""
    cursor = seen[-1].id if seen else ""
    try:
        return read_on(person.follow(path, **({"Last-Event-ID": cursor} if cursor else {})))
    except (ConnectionError, http.client.HTTPException):  # cut before the first byte
        return []


@pytest.mark.fault(58)
def test_reader_that_is_cut_again_and_again_gets_the_whole_text_once(site: Site, ada: Person, fake: FakeProvider):
    gates = [Gate() for _ in PIECES]
    steps = [step for gate, piece in zip(gates, PIECES, strict=True) for step in (gate, chunk({"content": piece}))]
    fake.script(raw(*steps, chunk(finish="stop")))
    path = ada.ask()["answer"]["events_url"]

    with CuttingProxy(site.port, after=0.3) as proxy:
        reader = ada.at(proxy.url)
        seen: list[sse.Event] = []
        for number, gate in enumerate(gates):
            gate.open()
            while text_of(seen) != "".join(PIECES[: number + 1]):
                seen += resume(reader, path, seen)
        while seen[-1].event != "end":
            seen += resume(reader, path, seen)

    assert text_of(seen) == "".join(PIECES)
    assert proxy.cuts >= len(PIECES) - 1
    assert len(fake.answer_calls) == 1


def test_reply_that_is_lost_is_cut_before_its_first_byte(site: Site, ada: Person):
    with CuttingProxy(site.port, limit=0) as proxy, pytest.raises((ConnectionError, http.client.HTTPException)):
        ada.at(proxy.url).get("/healthz")

    assert proxy.cuts == 1

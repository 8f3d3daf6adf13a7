"""Row 56 of the table: the disk is full. The kernel refuses the server every byte, then takes them again."""

import resource
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.fakes.provider import FakeProvider
from tests.fakes.replies import Gate, chunk, raw
from tests.people import Person, Stream, text_of
from tests.programs.serve import Serve

WELL = {"database": True, "migrations": True, "disk": True, "live": True}


@pytest.fixture
def provider() -> Iterator[FakeProvider]:
    with FakeProvider() as provider:
        yield provider


@pytest.fixture
def served(provider: FakeProvider) -> Iterator[Serve]:
    with Serve(OPENAI_BASE_URL=provider.base_url, OPENAI_API_KEY="key", CHAT_MODELS="fake-model") as served:
        yield served


@pytest.fixture
def ada(served: Serve) -> Person:
    return Person(served.url, served.make_accounts("ada")["ada"])


@contextmanager
def full_disk(served: Serve) -> Iterator[None]:
    """No file of the server takes a byte meanwhile, whoever runs the tests."""
    limits = resource.prlimit(served.program.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(served.program.pid, resource.RLIMIT_FSIZE, (0, limits[1]))
    yield
    resource.prlimit(served.program.pid, resource.RLIMIT_FSIZE, limits)


def told(stream: Stream, code: str) -> list[object]:
    """The stream's events until the notice of this code."""
    return stream.until(lambda event: event.event == "notice" and f'"{code}"' in event.data)


@pytest.mark.fault(56)
def test_answer_goes_on_while_the_disk_is_full_and_is_kept_whole(
    served: Serve, ada: Person, provider: FakeProvider
) -> None:
    full, free = Gate(), Gate()
    one, two, three = (chunk({"content": text}) for text in ("one ", "two ", "three"))
    provider.script(raw(one, full, two, free, three, chunk(finish="stop")))
    begun = ada.ask()
    stream = ada.follow(begun["answer"]["events_url"])
    full.wait_reached()

    with full_disk(served):
        seen = told(stream, "not_saved")
        full.open()
        seen += stream.until(lambda event: "two" in event.data)
        ready = ada.get("/readyz")
    free.open()
    seen += list(stream)

    assert (ready.status, ready.json) == (503, WELL | {"disk": False})
    assert (text_of(seen), seen[-1].event) == ("one two three", "end")
    assert "one two three" in ada.get(begun["conversation"]["url"]).text
    assert (ada.get("/readyz").status, ada.get("/readyz").json) == (200, WELL)


@pytest.mark.fault(56)
def test_message_that_a_full_disk_does_not_take_is_given_back_and_asks_nobody(
    served: Serve, ada: Person, provider: FakeProvider
) -> None:
    begun = ada.ask("first")
    list(ada.follow(begun["answer"]["events_url"]))

    fields = {"message": "do not <lose> me", "parent": begun["answer"]["id"]}
    paths = ("/conversations/", f"{begun['conversation']['url']}messages/")
    with full_disk(served):
        pages = [ada.post(path, fields) for path in paths]
        scripts = [ada.script(path, fields) for path in paths]
    again = ada.script(paths[1], fields)

    assert [reply.status for reply in pages + scripts] == [503] * 4
    assert ["do not &lt;lose&gt; me</textarea>" in page.text for page in pages] == [True, True]
    assert [reply.error for reply in scripts] == ["unavailable"] * 2
    list(ada.follow(again.json["answer"]["events_url"]))
    assert [call.body["messages"][-1]["content"] for call in provider.answer_calls] == ["first", "do not <lose> me"]

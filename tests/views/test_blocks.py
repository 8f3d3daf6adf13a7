"""Finished blocks of Markdown on the stream of an answer, and on the page that is opened in its middle."""

import json

import pytest

from conversations import sse
from conversations.models import Message
from tests.fakes.provider import FakeProvider
from tests.fakes.replies import DONE, Gate, Reply, Step, chunk, raw
from tests.markdown.test_growing import FENCE, LIST, TABLE
from tests.serving import Person, Site, Stream, text_of

LONG = {"fence": FENCE, "list": LIST, "table": TABLE}
LAST = "The end.\n\n"


@pytest.fixture
def gate(site: Site) -> Gate:
    """Holds an answer; nobody opens it, as the site interrupts what it finds running."""
    return Gate()


def told(*steps: str | Gate) -> Reply:
    whole: list[Step] = [chunk({"content": step}) if isinstance(step, str) else step for step in steps]
    return raw(*whole, chunk(finish="stop"), DONE)


def block(event: sse.Event) -> dict[str, object]:
    return dict(json.loads(event.data))


def test_blocks_come_behind_their_text(ada: Person, fake: FakeProvider, gate: Gate) -> None:
    fake.script(told("*One* 😀\n\n## T", "wo\nrest", gate))
    stream = ada.follow(ada.ask()["answer"]["events_url"])

    events = stream.until(lambda event: event.event == "block" and block(event)["to"] == 17)

    assert [block(event) for event in events if event.event == "block"] == [
        {"html": "<p><em>One</em> 😀</p>\n", "from": 0, "to": 9},
        {"html": "<h2>Two</h2>\n", "from": 9, "to": 17},
    ]
    assert text_of(events).startswith("*One* 😀\n\n## Two\n")


@pytest.mark.fault(37)
def test_cut_after_any_byte_no_block_is_missing_or_twice(ada: Person, fake: FakeProvider, gate: Gate) -> None:
    fake.script(told("a😀\n\n", "b\n\nc", gate))  # all text is there before the last block is
    url = ada.ask()["answer"]["events_url"]
    keeper = ada.follow(url)  # who keeps the blocks drawn
    last = keeper.until(lambda event: event.event == "block" and block(event)["to"] == 7)[-1].id
    body = read_until(ada.follow(url), f"id: {last}".encode())

    for cut in range(len(body)):
        had = list(sse.Decoder().feed(body[:cut]))
        cursor = next((event.id for event in reversed(had) if event.id), "")
        again = ada.follow(f"{url}?after={cursor}")
        events = [*had, *again.until(lambda event: event.id == last)] if cursor != last else had
        again.close()
        assert text_of(events) == "a😀\n\nb\n\nc"
        assert [block(event)["to"] for event in events if event.event == "block"] == [4, 7]


def read_until(stream: Stream, end: bytes) -> bytes:
    """The bytes of a stream up to the event with `end`."""
    body = b""
    while end not in body or not body.endswith(b"\n\n"):
        body += stream._response.read1(65536)
    stream.close()
    return body


@pytest.mark.parametrize("name", LONG)
def test_a_long_block_costs_at_most_four_times_its_bytes(
    ada: Person, fake: FakeProvider, gate: Gate, name: str
) -> None:
    text = f"{LONG[name]}\n{LAST}"
    fake.script(told(*(text[start : start + 20] for start in range(0, len(text), 20)), gate))
    begun = ada.ask()

    body = read_until(ada.follow(begun["answer"]["events_url"]), b"<p>The end.</p>")

    assert len(body) < 4 * len(text)


def test_a_page_opened_in_the_middle_has_the_finished_blocks(
    ada: Person, fake: FakeProvider, site: Site, gate: Gate
) -> None:
    fake.script(told("*One* 😀\r\n\r\nTw*o", gate))
    begun = ada.ask()
    stream = ada.follow(begun["answer"]["events_url"])
    stream.until(lambda event: event.event == "block")
    answer = Message.objects.get(uuid=begun["answer"]["id"])
    answer.checkpoint(runner=answer.runner, text="*One* 😀\r\n\r\nTw*o", reasoning="")

    page = ada.get(begun["conversation"]["url"]).text

    assert "<p><em>One</em> 😀</p>" in page
    assert '<div class="answer-tail markdown">\r\nTw*o</div>' in page
    assert f'data-cursor="{answer.uuid.hex}.0.16.10.0" ' in page
    assert 'data-source="&quot;*One* \\ud83d\\ude00\\r\\n\\r\\nTw*o&quot;"' in page
    assert 'data-drawn="10"' in page

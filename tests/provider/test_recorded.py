"""Streams that real providers sent, over real HTTP through the real SDK."""

import json
from pathlib import Path

import pytest

from conversations.provider.chunks import Reader
from conversations.sse import Decoder
from tests.fakes import corpora
from tests.fakes.provider import FakeProvider
from tests.fakes.replies import Reply, raw, refusal
from tests.provider.asking import Recorded, ask, recorded

STREAMS = [(path, recorded(path)) for path in corpora.streams()]
CHATS = [(path, said) for path, said in STREAMS if said.is_chat]
OTHERS = [path for path, said in STREAMS if not said.is_chat]
SENTENCES = {
    400: "The provider rejected the request. Another model may accept it.",
    404: "The model “asked-for” is not offered by the provider. Please choose another one.",
    429: "The provider is receiving too many requests. Please try again later.",
}
each_chat = pytest.mark.parametrize(("path", "said"), CHATS, ids=[path.stem for path, _ in CHATS])


def test_corpora_are_there():
    corpora.need()

    assert (len(CHATS), len(OTHERS), len(corpora.upstream_errors())) == (17, 4, 12)


def in_pieces(path: Path, size: int) -> Reply:
    return raw(*cut(path.read_bytes(), size))


def cut(body: bytes, size: int) -> list[bytes]:
    return [body[start : start + size] for start in range(0, len(body), size)]


@each_chat
@pytest.mark.parametrize("size", [1_000_000, 4093, 311])
async def test_stream_gives_what_a_recorded_chat_says(fake: FakeProvider, path: Path, said: Recorded, size: int):
    fake.script(in_pieces(path, size))

    result = await ask()

    assert (result.text, result.reasoning) == (said.text, said.reasoning)
    if said.has_error:
        assert result.code == "provider_error"
    else:
        assert [(finish.reason, finish.usage) for finish in result.finishes] == [(said.reason, said.usage)]
        assert result.code == ("" if said.text else "only_tools")
    assert len(fake.calls) == 1


@each_chat
def test_reader_gives_the_same_byte_by_byte(path: Path, said: Recorded):
    decoder, reader = Decoder(errors="strict"), Reader()
    events = [event for byte in cut(path.read_bytes(), 1) for event in decoder.feed(byte)]

    deltas = [reader.read(event) for event in events if event.event != "error"]

    assert "".join(delta.text for delta in deltas if delta) == said.text
    assert "".join(delta.reasoning for delta in deltas if delta) == said.reasoning
    assert (reader.reason, reader.usage) == (said.reason, said.usage)


@pytest.mark.parametrize("path", OTHERS, ids=[path.stem for path in OTHERS])
async def test_stream_of_another_kind_is_an_error(fake: FakeProvider, path: Path):
    fake.script(in_pieces(path, 997))

    result = await ask()

    assert (result.code, result.parts) == ("not_a_stream", [])


@pytest.mark.parametrize("item", corpora.upstream_errors(), ids=lambda item: f"{item['status']}")
async def test_recorded_error_gets_its_sentence(fake: FakeProvider, item: dict):
    body = item["body"] if isinstance(item["body"], str) else json.dumps(item["body"])
    headers = {"Content-Type": item["headers"]["content-type"][0]}
    fake.script(*[refusal(item["status"], body.encode(), headers=headers)] * 3)

    result = await ask(model="asked-for")

    assert result.error.sentence == SENTENCES[item["status"]]
    assert len(fake.calls) == (3 if item["status"] == 429 else 1)

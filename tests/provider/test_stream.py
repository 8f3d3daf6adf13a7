"""Asking: parameters, connections, and an end at any moment."""

import asyncio
import logging

import pytest

from conversations import provider
from conversations.provider import Delta, Finish, Notice, Part, Usage, client, draining
from tests.fakes.provider import FakeProvider
from tests.fakes.replies import DONE, Gate, chunk, chunks, raw, refusal
from tests.provider.asking import MESSAGES, ask, streamed

PART = chunk({"content": "Part"})


def complaint(message: str, param: str | None = None) -> dict[str, object]:
    return {"error": {"message": message, "type": "invalid_request_error", "param": param, "code": None}}


async def test_stream_yields_deltas_as_they_come_and_one_finish(fake: FakeProvider):
    gate = Gate()
    usage = {"prompt_tokens": 3, "completion_tokens": 2}
    fake.script(raw(PART, gate, PART, chunk(finish="stop"), chunk(choices=[], usage=usage), DONE))
    parts = streamed(model="fake-model", messages=MESSAGES, max_tokens=7)

    first = await anext(parts)
    gate.open()
    rest = [part async for part in parts]

    assert [first, *rest] == [Delta("Part", ""), Delta("Part", ""), Finish("stop", Usage(3, 2, None), "fake-model")]


async def test_stream_sends_the_question(fake: FakeProvider):
    await ask(max_tokens=7, temperature=0.5)

    [call] = fake.calls
    assert call.path == "/v1/chat/completions"
    assert call.body == {
        "model": "fake-model",
        "messages": MESSAGES,
        "stream": True,
        "stream_options": {"include_usage": True},
        "max_tokens": 7,
        "temperature": 0.5,
    }


async def test_bytes_come_from_aiohttp_itself(fake: FakeProvider, monkeypatch: pytest.MonkeyPatch):
    taken = []
    raw_bytes = client.raw
    monkeypatch.setattr(client, "raw", lambda response: taken.append(raw_bytes(response)) or taken[-1])
    gate = Gate()
    fake.script(raw(PART, gate, chunk(finish="stop"), DONE))  # its connection is open until then

    parts = streamed(model="fake-model", messages=MESSAGES, max_tokens=7)
    await anext(parts)
    gate.open()
    assert [part async for part in parts]

    assert [type(pieces).__module__ for pieces, connection in taken] == ["aiohttp.streams"]
    assert [type(connection).__name__ for pieces, connection in taken] == ["_SelectorSocketTransport"]


async def test_closing_the_iterator_hangs_up(fake: FakeProvider):
    fake.script(raw(PART, Gate()))
    parts = streamed(model="fake-model", messages=MESSAGES, max_tokens=None)
    await anext(parts)

    await parts.aclose()

    await fake.hung_up()
    await fake.closed()


async def test_who_has_enough_hangs_up(fake: FakeProvider):
    def enough(_: Part) -> None:
        raise LookupError("enough")

    fake.script(raw(PART, Gate()))

    with pytest.raises(LookupError, match="enough"):
        await provider.stream(model="fake-model", messages=MESSAGES, max_tokens=None, told=enough)

    await fake.hung_up()
    await fake.closed()


@pytest.mark.parametrize("place", ["before the headers", "before the first delta", "after a delta"])
async def test_cancelling_the_task_hangs_up(fake: FakeProvider, place: str):
    gate = Gate()
    steps = [PART, gate] if place == "after a delta" else [gate]
    fake.script(raw(before=[gate]) if place == "before the headers" else raw(*steps))
    task = asyncio.create_task(ask())
    await gate.reached()

    task.cancel()
    await asyncio.wait({task})

    assert task.cancelled()
    await fake.hung_up()
    await fake.closed()


async def test_cancelling_during_the_pause_before_a_retry_makes_no_more_calls(fake: FakeProvider):
    fake.script(refusal(429, headers={"Retry-After": "30"}))
    parts = streamed(model="fake-model", messages=MESSAGES, max_tokens=None)
    await anext(parts)

    task = asyncio.create_task(anext(parts))
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait({task})

    assert task.cancelled()
    assert len(fake.calls) == 1


async def test_one_connection_serves_one_answer_after_the_other(fake: FakeProvider):
    for _ in range(5):
        await ask()
        await asyncio.gather(*draining._draining)  # the last bytes are read behind the answer's back

    assert fake.accepted_connections == 1


async def test_answers_side_by_side_do_not_mix(fake: FakeProvider):
    fake.default = lambda call: chunks(*[call.body["model"]] * 5)

    results = await asyncio.gather(*[ask(model=f"model-{number} ") for number in range(40)])

    assert [result.text for result in results] == [f"model-{number} " * 5 for number in range(40)]


async def test_slow_reader_gets_everything_and_the_provider_waits(fake: FakeProvider):
    texts = [f"{number:06}" + "x" * 4000 for number in range(200)]
    fake.script(chunks(*texts))
    text = ""

    async for part in streamed(model="fake-model", messages=MESSAGES, max_tokens=None):
        await asyncio.sleep(0)
        text += part.text if isinstance(part, Delta) else ""

    assert text == "".join(texts)


@pytest.mark.parametrize(
    ("message", "param", "gone", "there"),
    [
        ("Unknown parameter: 'stream_options'.", None, "stream_options", "max_tokens"),
        ("Extra inputs are not permitted", "stream_options.include_usage", "stream_options", "max_tokens"),
        ("Use 'max_completion_tokens' instead.", "max_tokens", "max_tokens", "max_completion_tokens"),
        ("Unsupported parameter: max_tokens", None, "max_tokens", "max_completion_tokens"),
        ("Only the default (1) value is supported.", "temperature", "temperature", "max_tokens"),
    ],
)
async def test_refused_parameter_is_left_out_and_remembered(
    fake: FakeProvider, message: str, param: str | None, gone: str, there: str
):
    fake.script(refusal(400, complaint(message, param)))

    first = await ask(max_tokens=7, temperature=0.5)
    second = await ask(max_tokens=7, temperature=0.5)

    assert (first.text, second.text, first.notices) == ("Hello there", "Hello there", [])
    assert [gone in call.body for call in fake.calls] == [True, False, False]
    assert [there in call.body for call in fake.calls][1:] == [True, True]


async def test_refused_parameter_is_remembered_for_its_model_alone(fake: FakeProvider):
    fake.script(refusal(400, complaint("no", "temperature")))

    await ask(model="picky", temperature=0.5)
    await ask(model="other", temperature=0.5)

    assert ["temperature" in call.body for call in fake.calls] == [True, False, True]


async def test_provider_that_refuses_everything_is_asked_a_bounded_number_of_times(fake: FakeProvider):
    fake.default = lambda call: refusal(400, complaint("stream_options max_tokens max_completion_tokens temperature"))

    result = await ask(max_tokens=7, temperature=0.5)

    assert (result.code, len(fake.calls)) == ("rejected", 5)
    assert set(fake.calls[-1].body) == {"model", "messages", "stream"}


async def test_complaint_about_a_parameter_that_was_not_sent_is_an_error(fake: FakeProvider):
    fake.script(refusal(400, complaint("Invalid 'temperature'", "temperature")))

    result = await ask()

    assert (result.code, len(fake.calls)) == ("rejected", 1)


async def test_openai_compatible_url_needs_no_key(fake: FakeProvider, settings: object):
    settings.OPENAI_API_KEY = ""

    result = await ask()

    assert result.text == "Hello there"
    assert "authorization" not in fake.calls[0].headers


async def test_azure_is_asked_at_its_deployment_with_its_own_key(fake: FakeProvider, settings: object):
    settings.AZURE_OPENAI_ENDPOINT = fake.root_url
    settings.AZURE_OPENAI_API_KEY = "azure-key"
    settings.AZURE_OPENAI_API_VERSION = "2024-10-21"
    settings.AZURE_OPENAI_DEPLOYMENT = "mine"
    settings.CHAT_MODELS = []

    result = await ask(model=provider.default_model(), max_tokens=7)

    [call] = fake.calls
    assert (result.text, provider.provider_kind()) == ("Hello there", "azure")
    assert call.path == "/openai/deployments/mine/chat/completions?api-version=2024-10-21"
    assert (call.headers["api-key"], call.headers.get("authorization")) == ("azure-key", None)
    assert call.body["max_completion_tokens"] == 7


async def test_environment_of_the_sdk_is_not_sent_to_others(fake: FakeProvider, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("OPENAI_ORG_ID", "org-secret")
    monkeypatch.setenv("OPENAI_PROJECT_ID", "proj-secret")

    await ask()

    assert [value for value in fake.calls[0].headers.values() if "secret" in value] == []


async def test_nothing_of_a_question_or_a_key_is_logged(fake: FakeProvider, caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.INFO)

    await ask()

    assert caplog.messages == []


async def test_part_of_a_character_and_of_a_tag_is_not_lost_by_an_error(fake: FakeProvider):
    fake.script(raw(chunk({"content": "<thi"}), b"data: {broken\n\n"))

    result = await ask()

    assert (result.text, result.code) == ("<thi", "bad_stream")


async def test_queue_is_noticed_only_after_a_while(fake: FakeProvider):
    fake.script(raw(b": PROCESSING\n\n" * 3, PART, chunk(finish="stop"), DONE))

    result = await ask()

    assert [part for part in result.parts if isinstance(part, Notice)] == []


@pytest.mark.parametrize("code", ["misconfigured", "empty_answer", "nobody knows"])
def test_every_code_has_a_sentence(code: str):
    assert provider.sentence(code).endswith(".")

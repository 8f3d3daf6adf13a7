"""Rows 14, 15, 29, 30, 32, 33, 34, 35 of the table of faults: waits, caps and characters.

What is yielded or raised, and how many calls were made.
"""

import json
import time
from collections.abc import Callable

import pytest

from conversations.provider import Delta, Finish, Notice, answers
from tests.fakes.provider import FakeProvider
from tests.fakes.replies import DONE, Forever, Gate, chunk, chunks, raw
from tests.provider.asking import MESSAGES, ask, streamed

PART = chunk({"content": "Part"})
STOP = chunk(finish="stop")
Shorten = Callable[..., None]


@pytest.mark.fault(14)
async def test_stall_before_the_headers_ends(fake: FakeProvider, shorten: Shorten):
    shorten("headers")
    fake.script(raw(before=[Gate()]))

    result = await ask()

    assert (result.code, result.parts, len(fake.calls)) == ("timed_out", [], 1)
    await fake.hung_up()


@pytest.mark.fault(14)
async def test_stall_before_the_first_delta_ends(fake: FakeProvider, shorten: Shorten):
    shorten("first_delta")
    fake.script(raw(chunk({"role": "assistant"}), Gate()))

    result = await ask()

    assert (result.code, result.parts, len(fake.calls)) == ("timed_out", [], 1)
    await fake.hung_up()


@pytest.mark.fault(14)
async def test_stall_between_deltas_ends_and_keeps_the_part(fake: FakeProvider, shorten: Shorten):
    shorten("between")
    fake.script(raw(PART, Gate()))

    result = await ask()

    assert (result.text, result.code, len(fake.calls)) == ("Part", "timed_out", 1)
    await fake.hung_up()


@pytest.mark.fault(14)
@pytest.mark.parametrize("place", ["headers", "first delta", "next delta"])
async def test_silence_is_noticed_and_what_comes_after_it_is_read(fake: FakeProvider, shorten: Shorten, place: str):
    shorten("notice")
    gate = Gate()
    before = [gate] if place == "headers" else []
    steps = {"headers": [], "first delta": [gate], "next delta": [chunk({"content": "A "}), gate]}[place]
    fake.script(raw(*steps, PART, STOP, DONE, before=before))
    parts = []

    async for part in streamed(model="fake-model", messages=MESSAGES, max_tokens=None):
        parts.append(part)
        if isinstance(part, Notice):
            gate.open()

    assert {part.code for part in parts if isinstance(part, Notice)} == {"waiting"}
    assert parts[-2:] == [Delta("Part", ""), Finish("stop", None, "fake-model")]


@pytest.mark.fault(15)
async def test_comments_alone_mean_a_queue_up_to_a_limit(fake: FakeProvider, shorten: Shorten):
    shorten("first_delta", "notice", seconds=0.2)
    shorten("total", seconds=0.6)
    fake.script(raw(Forever(b": PROCESSING\n\n")))

    result = await ask()

    assert (result.code, result.notices[-1:], result.text) == ("too_slow", ["queued"], "")
    await fake.hung_up()


@pytest.mark.fault(29)
async def test_endless_line_is_ended(fake: FakeProvider):
    fake.script(raw(PART, b"data: ", Forever(b"x" * 16_384)))

    result = await ask()

    assert (result.text, result.code) == ("Part", "bad_stream")
    await fake.hung_up()


@pytest.mark.fault(29)
async def test_endless_answer_is_cut_at_a_character_as_at_the_models_limit(
    fake: FakeProvider, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(answers, "ANSWER_BYTES", 10_000)
    fake.script(raw(Forever(chunk({"content": "é€🙂"}))))

    result = await ask()

    assert 9_996 < len(result.text.encode()) <= 10_000
    assert (result.reason, result.error) == ("length", None)
    await fake.hung_up()


@pytest.mark.fault(29)
async def test_answer_that_takes_too_long_is_ended(fake: FakeProvider, shorten: Shorten):
    shorten("total", seconds=0.5)
    fake.script(raw(Forever(PART)))

    result = await ask()

    assert result.text.startswith("PartPart")
    assert result.code == "too_slow"
    await fake.hung_up()


@pytest.mark.fault(29)
async def test_endless_body_of_an_error_is_not_read(fake: FakeProvider):
    fake.script(raw(Forever(b"no " * 5000), status=400))

    result = await ask()

    assert result.code == "rejected"
    await fake.hung_up()


@pytest.mark.fault(30)
async def test_text_is_the_same_byte_by_byte(fake: FakeProvider):
    text = "Grüße, 世界 🙂 \u2028\u0085 end"
    whole = b"".join([chunk({"content": text}), STOP, DONE])
    whole = whole.replace(json.dumps(text).encode(), json.dumps(text, ensure_ascii=False).encode())
    fake.script(raw(*[bytes([byte]) for byte in whole]))

    result = await ask()

    assert (result.text, result.reason) == (text, "stop")


@pytest.mark.fault(32)
@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["a\ud83d", "\ude42b"], "a🙂b"),
        (["\ud83d", "", "\ude42"], "🙂"),
        (["a\ud83db", "\ude42c"], "a\ufffdb\ufffdc"),
        (["a\ud83d"], "a\ufffd"),
        (["\ud83d\ud83d", "\ude42"], "\ufffd🙂"),
    ],
)
async def test_surrogates_are_joined_or_replaced(fake: FakeProvider, texts: list[str], expected: str):
    reasoning = [chunk({"reasoning": text}) for text in texts]
    fake.script(raw(*reasoning, *chunks(*texts).steps))

    result = await ask()

    assert (result.text, result.reasoning) == (expected, expected)


@pytest.mark.fault(33)
async def test_nul_is_replaced(fake: FakeProvider):
    fake.script(chunks("a\0b", "\0"))

    result = await ask()

    assert result.text == "a\ufffdb\ufffd"


@pytest.mark.fault(34)
async def test_byte_order_mark_is_stripped(fake: FakeProvider):
    fake.script(raw(b"\xef\xbb\xbf" + chunk({"content": "\ufeffPart"}), STOP, DONE))

    result = await ask()

    assert (result.text, result.error) == ("Part", None)


@pytest.mark.fault(35)
async def test_clock_that_jumps_changes_no_wait(fake: FakeProvider, shorten: Shorten, monkeypatch: pytest.MonkeyPatch):
    shorten("notice")
    gate = Gate()
    fake.script(raw(PART, gate, PART, STOP, DONE))
    parts = []

    async for part in streamed(model="fake-model", messages=MESSAGES, max_tokens=None):
        parts.append(part)
        if part == Delta("Part", ""):
            monkeypatch.setattr(time, "time", lambda: 10.0**10)
        elif parts.count(Delta("Part", "")) == 1:  # the notice of the silence before the gate
            gate.open()

    assert Notice("waiting") in parts
    assert [part for part in parts if part != Notice("waiting")] == [
        Delta("Part", ""),
        Delta("Part", ""),
        Finish("stop", None, "fake-model"),
    ]

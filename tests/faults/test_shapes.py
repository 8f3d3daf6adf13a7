"""Rows 19 to 26, 30, 32 and 33 of the table: chunks of any shape, texts of any characters, ends of any kind.

What a person sees, what is stored, and how often the provider was called.
"""

import json
from typing import Any

import pytest

from tests.fakes.provider import FakeProvider
from tests.fakes.replies import DONE, Gate, Reply, chunk, chunks, event, raw
from tests.faults.witness import Result, Shorten, complete, ended, failed, followed
from tests.people import Person

PART = chunk({"content": "Part"})
STOP = chunk(finish="stop")
AZURE = event({"choices": [], "id": "", "model": "", "prompt_filter_results": [{}]})
WHOLE = complete("Part")
LENGTH = complete("Part", "length", "Cut at the length limit.", ("Continue", "Answer again"))
FILTERED = complete("Part", "content_filter", "The provider’s content filter ended this answer.")
HELD_BACK = "The provider's content filter held the answer back."
NOTHING = "The model returned nothing."
TOOLS = "The model tried to use a tool, which this site does not offer, and wrote no answer."
THOUGHT = "The model used up its limit for thinking and wrote no answer."


def text_parts(*parts: Any) -> Reply:
    return raw(chunk({"content": list(parts)}), STOP, DONE)


def only(delta: dict[str, Any], finish: str) -> Reply:
    return raw(chunk(delta), chunk(finish=finish), DONE)


@pytest.mark.parametrize(
    ("reply", "result"),
    [
        pytest.param(raw(AZURE, PART, STOP, chunk(choices=[], usage=None), DONE), WHOLE, marks=pytest.mark.fault(19)),
        pytest.param(raw(PART, STOP, chunk(choices=[], usage="many"), DONE), WHOLE, marks=pytest.mark.fault(19)),
        pytest.param(
            raw(event({"choices": [{"index": 0, "delta": None}]}), PART, STOP, DONE), WHOLE, marks=pytest.mark.fault(20)
        ),
        pytest.param(
            raw(chunk({"content": None}), chunk({"content": ""}), PART, STOP, DONE), WHOLE, marks=pytest.mark.fault(20)
        ),
        pytest.param(text_parts({"type": "text", "text": "Pa"}, "rt", 3), WHOLE, marks=pytest.mark.fault(21)),
        pytest.param(raw(chunk({"content": 42}), PART, STOP, DONE), WHOLE, marks=pytest.mark.fault(21)),
        pytest.param(
            only({"tool_calls": [{"index": 0}]}, "tool_calls"),
            failed("only_tools", TOOLS, reason="tool_calls"),
            marks=pytest.mark.fault(23),
        ),
        pytest.param(only({"refusal": "I will not."}, "stop"), complete("I will not."), marks=pytest.mark.fault(23)),
        pytest.param(
            only({"audio": {"id": "a"}}, "stop"),
            failed("only_tools", TOOLS, reason="stop"),
            marks=pytest.mark.fault(23),
        ),
        pytest.param(chunks("Part", finish="length"), LENGTH, marks=pytest.mark.fault(24)),
        pytest.param(chunks("Part", finish="MAX_TOKENS"), LENGTH, marks=pytest.mark.fault(24)),
        pytest.param(chunks("Part", finish="content_filter"), FILTERED, marks=pytest.mark.fault(25)),
        pytest.param(
            chunks(finish="content_filter"),
            failed("content_filter", HELD_BACK, reason="content_filter"),
            marks=pytest.mark.fault(25),
        ),
        pytest.param(chunks(""), failed("empty_answer", NOTHING, reason="stop"), marks=pytest.mark.fault(26)),
        pytest.param(
            only({"reasoning": "Hm"}, "length"),
            failed("only_thought", THOUGHT, reason="length"),
            marks=pytest.mark.fault(26),
        ),
        pytest.param(chunks("a\ud83d", "\ude42b"), complete("a🙂b"), marks=pytest.mark.fault(32)),
        pytest.param(chunks("a\ud83db", "\ude42c"), complete("a\ufffdb\ufffdc"), marks=pytest.mark.fault(32)),
        pytest.param(chunks("a\0b", "\0"), complete("a\ufffdb\ufffd"), marks=pytest.mark.fault(33)),
    ],
)
def test_every_shape_and_end_is_shown_for_what_it_is(
    ada: Person, fake: FakeProvider, reply: Reply, result: Result
) -> None:
    fake.script(reply)

    outcome = followed(ada)

    assert (outcome.result, len(fake.answer_calls), outcome.row.parent.text) == (result, 1, "Hello?")


@pytest.mark.fault(19)
def test_usage_that_comes_last_is_told_and_stored(ada: Person, fake: FakeProvider) -> None:
    fake.script(raw(AZURE, PART, STOP, chunk(choices=[], usage={"prompt_tokens": 3, "completion_tokens": 5}), DONE))

    outcome = followed(ada)

    assert outcome.end["usage"] == outcome.row.usage == {"prompt_tokens": 3, "completion_tokens": 5}


@pytest.mark.fault(22)
@pytest.mark.parametrize(
    "thinking",
    [
        [chunk({"reasoning_content": "Hm", "content": None})],
        [chunk({"reasoning": "Hm"})],
        [chunk({"content": "<think>"}), chunk({"content": "Hm</think>\n\n"})],
    ],
)
def test_thinking_is_shown_and_stored_apart(ada: Person, fake: FakeProvider, thinking: list[bytes]) -> None:
    fake.script(raw(*thinking, PART, STOP, DONE))

    outcome = followed(ada)

    assert (outcome.result, len(fake.answer_calls)) == (WHOLE, 1)
    assert (outcome.thoughts, outcome.row.reasoning) == ("Hm", "Hm")


@pytest.mark.fault(22)
def test_thinking_counts_as_life(ada: Person, fake: FakeProvider, shorten: Shorten) -> None:
    shorten("first_delta", seconds=1)
    shorten("notice", seconds=1.3)  # is told when the wait for a first delta is long over
    gate = Gate()
    fake.script(raw(chunk({"reasoning": "Hm"}), gate, PART, STOP, DONE))
    begun = ada.ask()
    stream = ada.follow(begun["answer"]["events_url"])

    seen = stream.until(lambda event: event.event == "notice")
    gate.open()
    outcome = ended(ada, begun, seen + list(stream))

    assert (outcome.result, outcome.thoughts, outcome.notices[:1]) == (WHOLE, "Hm", ["waiting"])


@pytest.mark.fault(24)
def test_answer_cut_at_its_limit_goes_on(ada: Person, fake: FakeProvider) -> None:
    fake.script(chunks("```py\nhalf", finish="length"), chunks(" and half\n```"))
    cut = followed(ada)

    begun = ada.script(f"/messages/{cut.row.uuid}/", {"action": "continue"}).json
    outcome = ended(ada, begun, list(ada.follow(begun["answer"]["events_url"])))

    assert (outcome.result.status, outcome.row.text) == ("complete", "```py\nhalf and half\n```")
    assert len(fake.answer_calls) == 2


@pytest.mark.fault(30)
def test_text_is_the_same_byte_by_byte(ada: Person, fake: FakeProvider) -> None:
    text = "Grüße, 世界 🙂 \u2028\u0085 end"
    whole = b"".join([chunk({"content": text}), STOP, DONE])
    whole = whole.replace(json.dumps(text).encode(), json.dumps(text, ensure_ascii=False).encode())
    fake.script(raw(*[bytes([byte]) for byte in whole]))

    outcome = followed(ada)

    assert (outcome.result, len(fake.answer_calls)) == (complete(text), 1)


@pytest.mark.fault(33)
@pytest.mark.fault(32)
def test_what_a_person_sends_is_made_storable_before_it_is_kept_or_sent(ada: Person, fake: FakeProvider) -> None:
    outcome = followed(ada, "nul \0 lone \ud83d pair \ud83d\ude42")

    assert outcome.row.parent.text == "nul \ufffd lone \ufffd pair 🙂"
    assert [call.body["messages"][-1]["content"] for call in fake.answer_calls] == ["nul \ufffd lone \ufffd pair 🙂"]

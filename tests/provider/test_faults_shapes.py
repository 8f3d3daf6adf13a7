"""Rows 18, 19, 20, 21, 22, 23, 24, 25, 26 of the table of faults: chunks of any shape.

What is yielded or raised, and how many calls were made.
"""

from collections.abc import Callable

import pytest

from conversations.provider import Delta, Finish, Notice, Usage
from tests.fakes.provider import FakeProvider
from tests.fakes.replies import DONE, Gate, chunk, chunks, event, raw
from tests.provider.asking import MESSAGES, ask, streamed

PART = chunk({"content": "Part"})
STOP = chunk(finish="stop")
Shorten = Callable[..., None]


@pytest.mark.fault(18)
@pytest.mark.parametrize("value", ["text", [1, [2]], 7, 1.5, True, None])
async def test_chunk_that_is_no_object_does_no_harm(fake: FakeProvider, value: object):
    fake.script(raw(event(value), PART, event(value), STOP, DONE))

    result = await ask()

    assert (result.text, result.reason, result.error) == ("Part", "stop", None)


@pytest.mark.fault(18)
@pytest.mark.parametrize(
    "choices", [None, 1, "x", {}, [None], [[]], ["x"], [{}], [{"index": 1, "delta": {"content": "no"}}]]
)
async def test_choices_of_any_shape_do_no_harm(fake: FakeProvider, choices: object):
    fake.script(raw(event({"choices": choices}), PART, STOP, DONE))

    result = await ask()

    assert (result.text, result.reason, result.error) == ("Part", "stop", None)


@pytest.mark.fault(19)
@pytest.mark.parametrize(
    ("usage", "expected"),
    [
        ({"prompt_tokens": 3, "completion_tokens": 5}, Usage(3, 5, None)),
        (
            {"prompt_tokens": 3, "completion_tokens": 5, "completion_tokens_details": {"reasoning_tokens": 2}},
            Usage(3, 5, 2),
        ),
        ({"prompt_tokens": -1, "completion_tokens": "5", "completion_tokens_details": []}, Usage(None, None, None)),
        ({"prompt_tokens": True, "completion_tokens": 10**30}, Usage(None, None, None)),
        (None, None),
        ("many", None),
    ],
)
async def test_chunks_without_choices_are_skipped_and_usage_is_read(
    fake: FakeProvider, usage: object, expected: Usage | None
):
    azure = event({"choices": [], "id": "", "model": "", "prompt_filter_results": [{}]})
    fake.script(raw(azure, PART, STOP, chunk(choices=[], usage=usage), DONE))

    result = await ask()

    assert result.parts == [Delta("Part", ""), Finish("stop", expected, "fake-model")]


@pytest.mark.fault(20)
@pytest.mark.parametrize("delta", [None, {"content": None}, {"content": ""}, {}, [], "x"])
async def test_empty_delta_is_ignored(fake: FakeProvider, delta: object):
    choices = [{"index": 0, "delta": delta, "finish_reason": None}]
    fake.script(raw(event({"choices": choices}), PART, STOP, DONE))

    result = await ask()

    assert [part for part in result.parts if isinstance(part, Delta)] == [Delta("Part", "")]
    assert result.reason == "stop"


@pytest.mark.fault(21)
@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ([{"type": "text", "text": "A"}, "B", {"type": "text", "text": None}, 3, {"type": "image"}], ("AB", "")),
        (
            [{"type": "thinking", "thinking": [{"type": "text", "text": "Hm"}]}, {"type": "text", "text": "A"}],
            ("A", "Hm"),
        ),
        ([{"type": "thinking", "thinking": "Hm"}, {"type": "thinking", "thinking": 3}], ("", "Hm")),
        (42, ("", "")),
        ({"text": "no"}, ("", "")),
    ],
)
async def test_text_parts_of_any_content_are_taken(fake: FakeProvider, content: object, expected: tuple[str, str]):
    fake.script(raw(chunk({"content": content}), PART, STOP, DONE))

    result = await ask()

    assert (result.text, result.reasoning) == (expected[0] + "Part", expected[1])


@pytest.mark.fault(22)
@pytest.mark.parametrize("field", ["reasoning_content", "reasoning"])
async def test_reasoning_is_kept_apart(fake: FakeProvider, field: str):
    fake.script(raw(chunk({field: "Hm", "content": None}), chunk({field: "…"}), PART, STOP, DONE))

    result = await ask()

    assert (result.text, result.reasoning) == ("Part", "Hm…")


@pytest.mark.fault(22)
@pytest.mark.parametrize("size", [1, 2, 5, 100])
@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("<think>Hm </thin… 1<2</think>\n\nYes </think>.", ("Yes </think>.", "Hm </thin… 1<2")),
        ("\n<think>Hm</think>Yes", ("Yes", "Hm")),
        ("<thinner> text", ("<thinner> text", "")),
        ("Use <think> here", ("Use <think> here", "")),
        ("<thi", ("<thi", "")),
    ],
)
async def test_think_tags_at_the_beginning_are_reasoning(
    fake: FakeProvider, content: str, expected: tuple[str, str], size: int
):
    fake.script(chunks(*[content[start : start + size] for start in range(0, len(content), size)]))

    result = await ask()

    assert ((result.text, result.reasoning), result.error) == (expected, None)


@pytest.mark.fault(22)
async def test_reasoning_counts_as_life(fake: FakeProvider, shorten: Shorten):
    shorten("first_delta", seconds=0.2)
    shorten("notice", seconds=0.3)  # comes when the first delta's wait is long over
    gate = Gate()
    fake.script(raw(chunk({"reasoning": "Hm"}), gate, PART, STOP, DONE))
    parts = streamed(model="fake-model", messages=MESSAGES, max_tokens=None)

    first, notice = await anext(parts), await anext(parts)
    gate.open()

    assert [first, notice, await anext(parts)] == [Delta("", "Hm"), Notice("waiting"), Delta("Part", "")]


@pytest.mark.fault(23)
@pytest.mark.parametrize(
    "delta", [{"tool_calls": [{"index": 0}]}, {"function_call": {"name": "f"}}, {"audio": {"id": "a"}}]
)
async def test_only_what_nobody_asked_for_is_told(fake: FakeProvider, delta: dict[str, object]):
    usage = {"prompt_tokens": 1, "completion_tokens": 2}
    fake.script(raw(chunk(delta), chunk(finish="tool_calls"), chunk(choices=[], usage=usage), DONE))

    result = await ask()

    assert (result.code, result.parts) == ("only_tools", [])
    assert result.error.finish == Finish("tool_calls", Usage(1, 2, None), "fake-model")


@pytest.mark.fault(23)
async def test_refusal_is_shown_as_the_models_own_words(fake: FakeProvider):
    fake.script(raw(chunk({"refusal": "I will "}), chunk({"refusal": "not."}), STOP, DONE))

    result = await ask()

    assert (result.text, result.reason) == ("I will not.", "stop")


@pytest.mark.fault(24)
@pytest.mark.parametrize("reason", ["length", "max_tokens", "MAX_TOKENS"])
async def test_limit_of_the_answer_is_a_finish(fake: FakeProvider, reason: str):
    fake.script(chunks("Part", finish=reason))

    result = await ask()

    assert (result.text, result.reason, result.error) == ("Part", "length", None)


@pytest.mark.fault(25)
async def test_filtered_answer_keeps_its_text(fake: FakeProvider):
    fake.script(chunks("Part", finish="content_filter"))

    result = await ask()

    assert (result.text, result.reason, result.error) == ("Part", "content_filter", None)


@pytest.mark.fault(25)
async def test_answer_that_was_filtered_whole_is_told(fake: FakeProvider):
    fake.script(chunks(finish="content_filter"))

    result = await ask()

    assert (result.code, result.reason) == ("content_filter", "content_filter")


@pytest.mark.fault(26)
@pytest.mark.parametrize(("text", "reason"), [("", "stop"), (" \n", "stop"), ("", "length")])
async def test_finish_without_text_is_told(fake: FakeProvider, text: str, reason: str):
    fake.script(chunks(text, finish=reason))

    result = await ask()

    assert (result.code, result.reason, len(fake.calls)) == ("empty_answer", reason, 1)


@pytest.mark.fault(26)
async def test_limit_reached_while_thinking_is_told(fake: FakeProvider):
    fake.script(raw(chunk({"reasoning": "Hm"}), chunk(finish="length"), DONE))

    result = await ask()

    assert (result.reasoning, result.code) == ("Hm", "only_thought")

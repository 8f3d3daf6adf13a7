"""LibreChat's exports of conversations."""

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.exchange.reading.told import codes, shape, shown, tree

FIRST = "00000000-0000-0000-0000-000000000000"  # the parent of a first message


def message(id_: str, parent: str, text: str, *, is_user: bool = False, **more: Any) -> dict[str, Any]:
    told = {"messageId": id_, "parentMessageId": parent, "text": text, "isCreatedByUser": is_user}
    return {**told, "createdAt": "2024-05-01T10:00:00.123Z", "error": False, **more}


def conversation(*messages: Any, key: str = "messages", **more: Any) -> dict[str, Any]:
    return {
        "conversationId": "7f1c",
        "endpoint": "openAI",
        "title": "Plans",
        "exportAt": "10:00:00 GMT+0000",
        "branches": True,
        "recursive": key == "messagesTree",
        "options": {"model": "gpt-4o", "promptPrefix": "Be brief.", "temperature": 1},
        key: list(messages),
        **more,
    }


ASKED = message("q", FIRST, "Hello?", is_user=True)
ANSWERED = message("a", "q", "**Hello**", model="gpt-4o-mini")


def test_messages_in_a_row_are_read() -> None:
    told = tree(conversation(ASKED, ANSWERED))

    assert shape(told) == [("user", "Hello?", None), ("assistant", "**Hello**", "Hello?")]
    assert told.messages[1].model == "gpt-4o-mini"
    known = told.conversation
    assert (known.title, known.model, known.system_prompt, known.temperature) == ("Plans", "gpt-4o", "Be brief.", 1.0)
    assert known.created_at == datetime(2024, 5, 1, 10, 0, 0, 123_000, tzinfo=UTC)


def test_branches_and_nesting_make_the_same_tree() -> None:
    newer = message("b", "q", "Hi", createdAt="2024-05-01T10:00:01.000Z")
    nested = {**ASKED, "children": [ANSWERED, newer]}

    flat, tree_ = tree(conversation(ASKED, newer, ANSWERED)), tree(conversation(nested, key="messagesTree"))

    assert flat == tree_
    assert shape(flat)[1:] == [("assistant", "**Hello**", "Hello?"), ("assistant", "Hi", "Hello?")]
    assert shown(flat) == "Hi"


def test_contents_in_parts_become_text_and_thoughts() -> None:
    parts = [
        {"type": "think", "think": "Hm."},
        {"type": "tool_call", "tool_call": {"name": "x"}},
        {"type": "text", "text": "One"},
        None,
        {"type": "text", "text": {"value": "Two"}},
    ]

    told = tree(conversation(ASKED, message("a", "q", "", content=parts)))

    assert (told.messages[1].text, told.messages[1].reasoning) == ("One\n\nTwo", "Hm.")


def test_errors_are_no_answers() -> None:
    told = tree(conversation(ASKED, message("a", "q", "It failed", error=True)))

    assert shape(told) == [("user", "Hello?", None)]


def nested(levels: int) -> dict[str, Any]:
    told = message("0", FIRST, "0", is_user=True)
    for level in range(1, levels):
        told = {**message(str(level), FIRST, str(level), is_user=True), "children": [told]}
    return conversation(told, key="messagesTree")


def test_a_hundred_levels_of_nesting_are_read() -> None:
    assert [message.text for message in tree(nested(100)).messages] == [str(level) for level in range(99, -1, -1)]


def test_ten_thousand_levels_of_nesting_are_refused() -> None:
    levels = 10_000
    value = '{"conversationId": "1", "messagesTree": ' + '[{"messageId": "1", "text": "x", "children": ' * levels
    value += "[]" + "}]" * levels + "}"

    assert codes(value.encode()) == ["too_deep_to_go_on"]


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (conversation(), "empty"),
        (conversation(7), "malformed"),
        (conversation(ASKED, ASKED), "not_a_tree"),
        (conversation(ASKED, messages={"a": 1}), "malformed"),
        (conversation(ASKED, conversationId=None), "malformed"),
        (conversation(message("a", "b", "1"), message("b", "a", "2")), "not_a_tree"),
    ],
)
def test_what_cannot_be_a_chat_here_is_refused_with_the_reason(value: Any, code: str) -> None:
    assert codes(value) == [code]

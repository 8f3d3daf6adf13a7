"""Open WebUI's exports of chats."""

import time
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.exchange.reading.told import codes, shape, shown, tree

PARAMS = {"system": "Be brief.", "temperature": 0.2}


def message(id_: str, parent: str | None, role: str, content: Any, **more: Any) -> dict[str, Any]:
    told = {"id": id_, "parentId": parent, "childrenIds": [], "role": role, "content": content}
    return {**told, "timestamp": 1_700_000_000, **more}


def chat(*messages: dict[str, Any], current: str | None = None, **more: Any) -> dict[str, Any]:
    history = {"messages": {each["id"]: each for each in messages}, "currentId": current}
    return {
        "id": "c0ffee",
        "user_id": "u",
        "title": "Plans",
        "chat": {"title": "Plans", "models": ["llama3"], "params": PARAMS, "history": history},
        "created_at": 1_700_000_000,
        "updated_at": 1_700_000_100,
        "archived": False,
        "pinned": None,
        **more,
    }  # fmt: skip


ASKED = message("q", None, "user", "Hello?")
ANSWERED = message("a", "q", "assistant", "**Hello**", model="llama3:8b")


def test_a_chat_is_read_with_its_settings() -> None:
    told = tree([chat(ASKED, ANSWERED, current="a", archived=True, pinned=True)])

    assert shape(told) == [("user", "Hello?", None), ("assistant", "**Hello**", "Hello?")]
    assert told.messages[1].model == "llama3:8b"
    known = told.conversation
    assert (known.title, known.system_prompt, known.temperature) == ("Plans", "Be brief.", 0.2)
    assert known.created_at == datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)
    assert known.archived_at == known.pinned_at == datetime(2023, 11, 14, 22, 15, tzinfo=UTC)


def test_answers_side_by_side_are_versions_and_the_current_one_is_shown() -> None:
    told = tree(chat(ASKED, ANSWERED, message("b", "q", "assistant", "Hi"), current="a"))

    assert shape(told)[1:] == [("assistant", "**Hello**", "Hello?"), ("assistant", "Hi", "Hello?")]
    assert shown(told) == "**Hello**"


def test_thoughts_are_kept_apart() -> None:
    thoughts = '<details type="reasoning" done="true" duration="3">\n<summary>Thought</summary>\n> Hm.\n</details>\n'

    told = tree(chat(ASKED, message("a", "q", "assistant", thoughts + "Hello")))

    assert (told.messages[1].text, told.messages[1].reasoning) == ("Hello", "> Hm.")


@pytest.mark.parametrize(
    "content",
    [
        '<details type="reasoning">' * 35_000,
        '<details type="reasoning"' * 35_000,
        '<details type="reasoning"><summary>' * 25_000,
        '<details type="reasoning">' + " " * 900_000,
        '<details type="reasoning"></details>' + " " * 900_000 + "x",
    ],
)
@pytest.mark.alone
def test_thoughts_that_never_end_take_no_time(content: str) -> None:
    began = time.monotonic()

    told = tree(chat(ASKED, message("a", "q", "assistant", content + "Hello")))

    assert told.messages[1].text.endswith("Hello") or told.messages[1].text == "xHello"
    assert time.monotonic() - began < 1.0


def test_a_content_in_parts_is_its_texts() -> None:
    parts = [{"type": "text", "text": "Look:"}, {"type": "image_url", "image_url": {"url": "data:"}}, "there", 7]

    told = tree(chat(message("q", None, "user", parts), message("a", "q", "assistant", [{"text": "**Hello**"}])))

    assert shape(told) == [("user", "Look:\n\nthere", None), ("assistant", "**Hello**", "Look:\n\nthere")]


def test_messages_in_a_row_are_read_where_there_is_no_tree() -> None:
    row = [
        {"role": "system", "content": "x"},
        {"role": "user", "content": "Hello?"},
        {"role": "assistant", "content": "Hi"},
    ]

    told = tree([{"id": "1", "chat": {"title": "", "messages": row}}])

    assert shape(told) == [("user", "Hello?", None), ("assistant", "Hi", "Hello?")]
    assert (told.conversation.title, told.conversation.title_source) == ("Hello?", "first_words")


@pytest.mark.parametrize("temperature", [None, "hot", -1, 3, True, [0.5]])
def test_a_temperature_that_is_not_possible_is_the_default(temperature: Any) -> None:
    value = chat(ASKED)
    value["chat"]["params"] = {"temperature": temperature}

    assert tree(value).conversation.temperature is None


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (chat(), "malformed"),
        (chat(message("q", None, "user", None), message("r", None, "tool", "x")), "empty"),
        (chat(message("a", "b", "user", "1"), message("b", "a", "user", "2")), "not_a_tree"),
        (chat(ASKED, id=None), "malformed"),
        ({"id": "1", "chat": {"messages": ["x"]}}, "malformed"),
        ({"id": "1", "chat": {"messages": []}}, "empty"),
        ({"id": "1", "chat": []}, "unknown"),
    ],
)
def test_what_cannot_be_a_chat_here_is_refused_with_the_reason(value: Any, code: str) -> None:
    assert codes([value]) == [code]

"""ChatGPT's `conversations.json`."""

import json
import tracemalloc
from datetime import UTC, datetime
from typing import Any

import pytest

from conversations.exchange.reading import limits
from tests.exchange.reading.told import codes, read, shape, shown, tree


def node(id_: str, parent: str | None, role: str | None = None, *parts: Any, **message: Any) -> dict[str, Any]:
    content = {"content_type": "text", "parts": list(parts)}
    told = {"id": id_, "author": {"role": role}, "content": content, "create_time": None, "weight": 1.0, **message}
    return {"id": id_, "parent": parent, "children": [], "message": told if role else None}


def conversation(*nodes: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "title": "Plans",
        "create_time": 1736209400.5,
        "update_time": 1736209800.25,
        "mapping": {each["id"]: each for each in nodes},
        "current_node": nodes[-1]["id"] if nodes else None,
        "conversation_id": "8f3a2b1c",
        **more,
    }


ROOT = node("root", None)
SYSTEM = node("system", "root", "system", "")
ASKED = node("q", "system", "user", "Hello?")
ANSWERED = node("a", "q", "assistant", "**Hello**", create_time=1736209412.345, metadata={"model_slug": "gpt-4o"})


def test_a_conversation_is_read_without_its_unseen_nodes() -> None:
    told = tree([conversation(ROOT, SYSTEM, ASKED, ANSWERED)])

    assert shape(told) == [("user", "Hello?", None), ("assistant", "**Hello**", "Hello?")]
    assert shown(told) == "**Hello**"
    assert (told.conversation.title, told.conversation.title_source) == ("Plans", "model")
    assert told.conversation.created_at == datetime(2025, 1, 7, 0, 23, 20, 500_000, tzinfo=UTC)
    assert told.conversation.touched_at == datetime(2025, 1, 7, 0, 30, 0, 250_000, tzinfo=UTC)
    assert told.messages[0].created_at == told.conversation.created_at
    assert told.messages[1].created_at == datetime(2025, 1, 7, 0, 23, 32, 345_000, tzinfo=UTC)
    assert told.messages[1].model == "gpt-4o"


def test_the_same_file_gives_the_same_ids_and_another_conversation_others() -> None:
    value = conversation(ROOT, SYSTEM, ASKED, ANSWERED)

    first, again, other = tree([value]), tree(value), tree({**value, "conversation_id": "other"})

    assert first == again
    assert not {message.id for message in first.messages} & {message.id for message in other.messages}


def test_versions_stay_and_the_shown_one_is_shown() -> None:
    older = node("a", "q", "assistant", "older", create_time=2)
    newer = node("b", "q", "assistant", "newer", create_time=3)
    follow = node("c", "a", "user", "And then?", create_time=4)

    told = tree(conversation(ROOT, SYSTEM, ASKED, newer, older, follow, current_node="b"))

    assert shape(told) == [
        ("user", "Hello?", None),
        ("assistant", "older", "Hello?"),
        ("user", "And then?", "older"),
        ("assistant", "newer", "Hello?"),
    ]
    assert shown(told) == "newer"


def test_what_tools_did_is_left_out_and_the_answer_is_one() -> None:
    told = tree(
        conversation(
            ROOT,
            SYSTEM,
            ASKED,
            node("t", "q", "assistant", content={"content_type": "thoughts", "thoughts": [{"content": "Think."}]}),
            node("1", "t", "assistant", "Let me see."),
            node("2", "1", "assistant", recipient="python", content={"content_type": "code", "text": "1+1"}),
            node("3", "2", "tool", content={"content_type": "execution_output", "text": "2"}),
            node("4", "3", "assistant", "It is 2."),
        )
    )

    assert shape(told) == [("user", "Hello?", None), ("assistant", "Let me see.\n\nIt is 2.", "Hello?")]
    assert told.messages[1].reasoning == "Think."


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ({"content_type": "text", "parts": ["a", "", "b"]}, "a\n\nb"),
        ({"content_type": "code", "language": "py", "text": "x = 1"}, "```py\nx = 1\n```"),
        ({"content_type": "multimodal_text", "parts": [{"content_type": "image_asset_pointer"}, "What is it?"]},
         "[image_asset_pointer]\n\nWhat is it?"),
        ({"content_type": "multimodal_text", "parts": [{"content_type": "audio", "text": "Said"}]}, "Said"),
        ({"content_type": "text", "parts": ["\ud83d\ude00 \ud83d \0"]}, "😀 \ufffd \ufffd"),
    ],
)  # fmt: skip
def test_contents_of_many_kinds_become_text(content: dict[str, Any], text: str) -> None:
    told = tree(conversation(ROOT, node("q", "root", "user", content=content)))

    assert shape(told) == [("user", text, None)]


@pytest.mark.parametrize(
    "hidden",
    [
        node("h", "system", "user", "About me", metadata={"is_visually_hidden_from_conversation": True}),
        node("h", "system", "user", "About me", weight=0.0),
        node("h", "system", "user", content={"content_type": "user_editable_context", "user_profile": "x"}),
        node("h", "system", "system", "Be brief."),
        node("h", "system", "critic", "Hm."),
        node("h", "system", "user", content=None),
        node("h", "system", "user", content={"content_type": "text", "parts": None}),
        {"id": "h", "parent": "system"},
        {"id": "h", "parent": "system", "message": {}},
    ],
)
def test_what_nobody_is_meant_to_read_is_left_out(hidden: dict[str, Any]) -> None:
    told = tree(conversation(ROOT, SYSTEM, hidden, {**ASKED, "parent": "h"}, ANSWERED))

    assert shape(told) == [("user", "Hello?", None), ("assistant", "**Hello**", "Hello?")]


def test_an_answer_without_a_question_gets_one() -> None:
    told = tree(conversation(ROOT, node("a", "root", "assistant", "Welcome")))

    assert shape(told) == [("user", "…", None), ("assistant", "Welcome", "…")]


def test_two_questions_in_a_row_stay_two() -> None:
    told = tree(conversation(ROOT, ASKED, node("r", "q", "user", "Anybody?")))

    assert shape(told) == [("user", "Hello?", None), ("user", "Anybody?", "Hello?")]


def test_what_is_kept_above_is_kept_here() -> None:
    told = tree(conversation(ROOT, ASKED, is_archived=True, is_starred=True))

    assert told.conversation.archived_at == told.conversation.pinned_at == told.conversation.touched_at


@pytest.mark.parametrize("time", [None, "soon", -1, 1e30, 10**400, True, [], {}])
def test_a_time_that_cannot_be_right_is_another_that_is_known(time: Any) -> None:
    told = tree(conversation(ROOT, ASKED, {**ANSWERED, "message": {**ANSWERED["message"], "create_time": time}}))

    assert {message.created_at for message in told.messages} == {told.conversation.created_at}


@pytest.mark.parametrize(
    ("nodes", "code"),
    [
        ([], "empty"),
        ([ROOT, SYSTEM], "empty"),
        ([node("a", "b", "user", "1"), node("b", "a", "user", "2")], "not_a_tree"),
        ([ROOT, ASKED, node("a", "a", "user", "1")], "not_a_tree"),
        ([ROOT, node("q", "root", "user", "x" * 100_001)], "message_too_long"),
        ([ROOT, ASKED, node("a", "q", "assistant", "x" * 1_000_001)], "answer_too_long"),
        ([ROOT, ASKED, *(node(str(n), str(n - 1) if n else "q", "assistant", "x" * 600_000) for n in range(2))],
         "answer_too_long"),
        ([node(str(n), None, "user", "x") for n in range(20_001)], "too_many_messages"),
    ],
)  # fmt: skip
def test_what_cannot_be_a_chat_here_is_refused_with_the_reason(nodes: list[dict[str, Any]], code: str) -> None:
    good = conversation(ROOT, ASKED, ANSWERED)

    found = read([good, {**conversation(*nodes), "title": "Broken"}, {**good, "conversation_id": "2"}])

    assert [getattr(each, "code", "") for each in found] == ["", code, ""]
    assert (found[1].place, getattr(found[1], "title", "")) == ("[2]", "Broken")


@pytest.mark.parametrize("id_", ["", None, 7, "x" * 201])
def test_without_an_id_it_could_come_twice(id_: object) -> None:
    assert codes(conversation(ROOT, ASKED, conversation_id=id_)) == ["malformed"]


def test_a_parent_that_is_not_there_makes_a_first_message() -> None:
    assert shape(tree(conversation(node("q", "gone", "user", "Hello?")))) == [("user", "Hello?", None)]


def test_ten_thousand_levels_are_read() -> None:
    nodes = [node(str(n), str(n - 1) if n else None, ("user", "assistant")[n % 2], str(n)) for n in range(10_000)]

    told = tree(conversation(*nodes))

    assert [message.text for message in told.messages] == [str(n) for n in range(10_000)]
    assert shown(told) == "9999"


def test_answers_that_branch_at_every_step_do_not_grow_without_end() -> None:
    """Each of the many ends would have the whole text of all that is before it."""
    steps = [node(f"s{n}", f"s{n - 1}" if n else "q", "assistant", "x" * 900) for n in range(1000)]
    ends = [node(f"u{n}", f"s{n}", "user", "y") for n in range(1000)]

    assert codes(conversation(ROOT, ASKED, *steps, *ends)) == ["too_large"]


def test_what_is_no_message_here_counts_as_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MESSAGES", 2)
    told = conversation(ROOT, SYSTEM, ASKED, ANSWERED)

    assert codes(told) == [""]
    assert codes(conversation(ROOT, SYSTEM, ASKED, ANSWERED, node("q2", "a", "user", "And?"))) == ["too_many_messages"]


def test_a_long_row_of_answers_takes_as_much_memory_as_its_texts() -> None:
    """In a server: one that is killed for what somebody hands in interrupts every answer that is written."""
    steps = [node(f"s{n}", f"s{n - 1}" if n else "q", "assistant", "x" * 400) for n in range(2000)]
    raw = json.dumps(conversation(ROOT, ASKED, *steps)).encode()

    tracemalloc.start()
    told = tree(raw)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert shape(told)[1:] == [("assistant", "\n\n".join(["x" * 400] * 2000), "Hello?")]
    assert peak < 50_000_000


@pytest.mark.parametrize("content", [{"parts": ["Look", "here"]}, {"text": "Look\n\nhere"}])
def test_of_a_kind_that_is_not_known_the_words_are_kept(content: dict[str, Any]) -> None:
    canvas = node("a", "q", "assistant", content={"content_type": "canvas_of_tomorrow", **content})

    told = tree([conversation(ROOT, ASKED, canvas)])

    assert shape(told)[-1] == ("assistant", "Look\n\nhere", "Hello?")


def test_a_time_that_is_still_to_come_is_none() -> None:
    told = tree([conversation(ROOT, ASKED, ANSWERED, create_time=None, update_time=7_000_000_000)])

    assert told.conversation.touched_at == told.messages[-1].created_at

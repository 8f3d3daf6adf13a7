"""A conversation as JSON, by the schema in docs/."""

import json
from pathlib import Path
from typing import Any

import jsonschema
from django.contrib.auth.models import User

from conversations.exchange import export_json, rows
from conversations.models import Conversation, Message
from conversations.text import storable
from tests.exchange.made import everything, message, said
from tests.markdown.corpora import texts

SCHEMA = json.loads((Path(__file__).parents[2] / "docs/export-schema.json").read_text())
PARTS = ("conversation", "question", "answer")


def exported(conversation: Conversation) -> Any:
    document = json.loads("".join(export_json.pieces(conversation)))
    jsonschema.Draft202012Validator(SCHEMA).validate(document)
    return document


def test_a_conversation_is_told_with_all_that_it_takes_to_have_it_again(owner: User) -> None:
    conversation = everything(owner)
    question, answer, failed = conversation.messages.order_by("pk")
    at = "2026-11-24T15:04:05.000067Z"

    document = exported(conversation)

    told = document["conversation"]["messages"][1].pop("feedback")
    assert (told["verdict"], told["reason"]) == ("up", "Polite")
    asked = {"id": str(question.uuid), "parent": None, "role": "user", "text": "Hello?", "created_at": at}
    of_answers = {"parent": str(question.uuid), "role": "assistant", "created_at": at, "model": "demo"}
    assert document == {
        "format": "chatsite/1",
        "conversation": {
            "id": str(conversation.uuid),
            "title": "Plans",
            "title_source": "person",
            "model": "demo",
            "system_prompt": "Be brief.",
            "history_turns": 3,
            "temperature": 0.5,
            "answer_tokens": 100,
            **dict.fromkeys(("created_at", "touched_at", "pinned_at", "archived_at"), at),
            "tags": ["garden", "Work"],
            "messages": [
                asked,
                {
                    **of_answers,
                    "id": str(answer.uuid),
                    "text": "**Hello**",
                    "status": "complete",
                    "answered_by": "demo-1",
                    "finish_reason": "stop",
                    "error_code": "",
                    "error_reference": "",
                    "reasoning": "Greet.",
                    "usage": {"completion_tokens": 1, "prompt_tokens": 3},
                    "sent": {"messages": [str(question.uuid)], "turns": 0},
                    "first_delta_ms": 10,
                    "total_ms": 20,
                    "ended_at": at,
                },
                {
                    **of_answers,
                    "id": str(failed.uuid),
                    "text": "An older",
                    "status": "failed",
                    **dict.fromkeys(("answered_by", "finish_reason", "reasoning"), ""),
                    "error_code": "rate_limited",
                    "error_reference": "ab12",
                    "usage": {},
                    "sent": {},
                    **dict.fromkeys(("first_delta_ms", "total_ms", "ended_at", "feedback")),
                },
            ],
            "shown": str(answer.uuid),
        },
    }


def test_the_same_rows_give_the_same_bytes(owner: User) -> None:
    conversation = everything(owner)

    first, second = ("".join(export_json.pieces(conversation)) for _ in range(2))

    assert first == second


def test_an_answer_that_is_written_is_told_as_such(owner: User) -> None:
    answer = Conversation.begin(owner, text="Hello?", model="demo")
    answer.claim(runner="r", sent={})
    answer.checkpoint(runner="r", text="so far", reasoning="")

    (_, told) = exported(answer.conversation)["conversation"]["messages"]

    assert (told["status"], told["text"]) == ("streaming", "so far")


def test_messages_come_in_batches_without_gap_or_repeat(owner: User, django_assert_num_queries: Any) -> None:
    conversation = said(owner, *map(str, range(2 * rows.BATCH + 1)))

    with django_assert_num_queries(4):
        document = exported(conversation)

    assert [each["text"] for each in document["conversation"]["messages"]] == list(map(str, range(2 * rows.BATCH + 1)))


def test_what_is_not_there_any_more_is_not_named_as_shown(owner: User) -> None:
    conversation = said(owner, "Hello?", "Hello")
    Message.objects.all().delete()

    document = exported(conversation)  # whose object has the leaf of before

    assert (document["conversation"]["messages"], document["conversation"]["shown"]) == ([], None)


def test_hostile_texts_come_back_as_they_are(owner: User) -> None:
    hostile = sorted({storable(text) for name in ("blns", "export_injection", "csv_injection") for text in texts(name)})
    conversation = said(owner, "x", title=hostile[7][:200])
    for text in hostile:
        message(conversation, None, "user", text)

    document = exported(conversation)

    assert [each["text"] for each in document["conversation"]["messages"]] == ["x", *hostile]


def test_the_schema_refuses_what_has_another_form(owner: User) -> None:
    validator = jsonschema.Draft202012Validator(SCHEMA)
    document = exported(everything(owner))
    broken = json.loads(json.dumps(document))
    broken["conversation"]["messages"][1]["status"] = "lost"

    assert validator.is_valid(document)
    assert not validator.is_valid(broken)
    assert not validator.is_valid({**document, "format": "chatsite/2"})

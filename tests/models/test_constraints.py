"""Rules that the database keeps, whoever writes."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from conversations.models import Conversation, Message


@pytest.fixture
def answer(db: None) -> Message:
    return Conversation.begin(User.objects.create_user("ada"), text="Hi", model="m", key="k")


def refuses(answer: Message, **columns: Any) -> bool:
    fields = {
        "conversation": answer.conversation, "owner": answer.owner, "parent": answer.parent, "role": "assistant",
        "status": "complete",
    }  # fmt: skip
    try:
        with transaction.atomic():
            Message.objects.create(**(fields | columns))
    except IntegrityError:
        return True
    return False


def test_an_ordinary_answer_is_taken(answer: Message) -> None:
    assert not refuses(answer)


@pytest.mark.parametrize(
    "columns",
    [
        {"status": "pending", "lease_until": "2030-01-01T00:00Z"},
        {"status": "streaming", "lease_until": "2030-01-01T00:00Z"},
        {"status": "pending", "lease_until": None},
        {"status": "thinking"},
        {"role": "system"},
        {"role": "user", "status": "failed"},
        {"parent": None},
        {"key": "k"},
    ],
)
def test_what_must_not_be_is_refused(answer: Message, columns: dict[str, Any]) -> None:
    assert refuses(answer, **columns)


def test_a_finished_answer_makes_room_for_another(answer: Message) -> None:
    answer.ask_to_stop()

    assert not refuses(answer, status="pending", lease_until="2030-01-01T00:00Z")


def test_messages_without_a_key_do_not_collide(answer: Message) -> None:
    assert not refuses(answer, key=None)
    assert not refuses(answer, key=None)


@pytest.mark.parametrize("columns", [{"temperature": -0.1}, {"temperature": 2.1}, {"answer_tokens": 0}])
def test_settings_that_cannot_be_are_refused(answer: Message, columns: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Conversation.objects.update(**columns)


@pytest.mark.parametrize("columns", [{"temperature": 0}, {"temperature": 2}, {"answer_tokens": 1}, {}])
def test_settings_at_their_bounds_are_taken(answer: Message, columns: dict[str, Any]) -> None:
    assert Conversation.objects.update(**{"temperature": None, "answer_tokens": None, **columns}) == 1

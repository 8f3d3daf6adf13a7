"""Feedback: one per answer, of its owner, about what is finished."""

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from conversations import refusals
from conversations.models import Conversation, Feedback, Message
from conversations.models.feedback import LONGEST_REASON, Verdict


@pytest.fixture
def running(db: None) -> Message:
    return Conversation.begin(User.objects.create_user("ada"), text="Hi", model="m")


@pytest.fixture
def answer(running: Message) -> Message:
    running.ask_to_stop()
    return Message.objects.get(pk=running.pk)


def given() -> list[tuple[object, ...]]:
    return list(Feedback.objects.values_list("message_id", "owner_id", "verdict", "reason"))


def test_what_is_given_last_counts(answer: Message) -> None:
    Feedback.give(answer, verdict=Verdict.UP, reason="short")
    first = Feedback.objects.get()

    Feedback.give(answer, verdict=Verdict.DOWN)

    assert given() == [(answer.pk, answer.owner_id, "down", "")]
    assert Feedback.objects.get().updated_at > first.updated_at


def test_what_was_given_is_taken_back(answer: Message) -> None:
    Feedback.give(answer, verdict=Verdict.UP)

    Feedback.withdraw(answer)
    Feedback.withdraw(answer)

    assert given() == []


def test_what_is_no_finished_answer_has_no_feedback(running: Message) -> None:
    assert running.parent
    for message, refusal in ((running, refusals.AnswerRunning), (running.parent, refusals.Invalid)):
        with pytest.raises(refusal):
            Feedback.give(message, verdict=Verdict.UP)
        with pytest.raises(refusal):
            Feedback.withdraw(message)
    assert given() == []


def test_what_is_deleted_meanwhile_is_not_found_and_leaves_nothing(answer: Message) -> None:
    Feedback.give(answer, verdict=Verdict.UP)
    answer.conversation.remove()

    with pytest.raises(refusals.NotFound):
        Feedback.give(answer, verdict=Verdict.DOWN)
    assert given() == []


def test_a_fork_and_another_answer_have_none(answer: Message) -> None:
    Feedback.give(answer, verdict=Verdict.UP)

    copy = answer.conversation.fork(answer)
    again = answer.conversation.answer_again(answer, model="m")

    assert [each.message_id for each in Feedback.objects.all()] == [answer.pk]
    assert answer.pk not in (copy.pk, again.pk)


@pytest.mark.parametrize("columns", [{"verdict": "side"}, {"verdict": ""}, {"reason": "x" * (LONGEST_REASON + 1)}])
def test_the_database_refuses_what_cannot_be(answer: Message, columns: dict[str, str]) -> None:
    Feedback.give(answer, verdict=Verdict.UP, reason="é" * LONGEST_REASON)

    with pytest.raises(IntegrityError), transaction.atomic():
        Feedback.objects.update(**columns)
    with pytest.raises(IntegrityError), transaction.atomic():
        Feedback.objects.create(message=answer, owner=answer.owner, verdict="up")

"""Flags: by whom, and that they ask for a review."""

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from conversations import refusals
from conversations.models import Conversation, Flag, Message, Review
from conversations.models.feedback import LONGEST_REASON


@pytest.fixture
def running(db: None) -> Message:
    return Conversation.begin(User.objects.create_user("ada"), text="Hi", model="m")


@pytest.fixture
def answer(running: Message) -> Message:
    running.ask_to_stop()
    return Message.objects.get(pk=running.pk)


def flags() -> list[tuple[object, ...]]:
    return list(Flag.objects.values_list("conversation_id", "message_id", "source", "reason"))


def states() -> list[tuple[object, ...]]:
    return list(Review.objects.values_list("conversation_id", "state"))


def test_a_report_asks_for_a_review(answer: Message) -> None:
    Flag.report(answer, "It made this up.")

    assert flags() == [(answer.conversation_id, answer.pk, "person", "It made this up.")]
    assert states() == [(answer.conversation_id, "open")]


def test_reported_again_it_has_the_new_reason(answer: Message) -> None:
    uuid = Flag.report(answer, "It made this up.").uuid

    again = Flag.report(answer, "And it is rude.")

    assert again.uuid == uuid
    assert flags() == [(answer.conversation_id, answer.pk, "person", "And it is rude.")]


def test_a_flag_opens_what_was_resolved_and_leaves_what_is_under_way(answer: Message) -> None:
    eve = User.objects.create_user("eve")
    Flag.report(answer, "one")
    Review.objects.get().take(eve)

    Flag.report(answer, "two")
    assert (states(), Review.objects.get().assignee) == ([(answer.conversation_id, "in_review")], eve)
    Review.objects.get().resolve(eve)
    Flag.report(answer, "three")

    assert (states(), Review.objects.get().assignee) == ([(answer.conversation_id, "open")], None)
    assert [(note.author, note.text) for note in Review.objects.get().notes.all()] == [
        (eve, "in_review"),
        (eve, "resolved"),
        (None, "open"),
    ]


def test_what_is_no_finished_answer_is_not_reported(running: Message) -> None:
    assert running.parent
    for message, refusal in ((running, refusals.AnswerRunning), (running.parent, refusals.Invalid)):
        with pytest.raises(refusal):
            Flag.report(message, "why")
    assert (flags(), states()) == ([], [])


def test_what_is_deleted_takes_flags_and_review_with_it(answer: Message) -> None:
    Flag.report(answer, "why")
    answer.conversation.remove()

    with pytest.raises(refusals.NotFound):
        Flag.report(answer, "why")
    assert (flags(), states()) == ([], [])


def test_a_fork_and_another_answer_have_none(answer: Message) -> None:
    Flag.report(answer, "why")

    answer.conversation.fork(answer)
    answer.conversation.answer_again(answer, model="m")

    assert [message for _, message, *_ in flags()] == [answer.pk]
    assert states() == [(answer.conversation_id, "open")]


@pytest.mark.parametrize("columns", [{"source": "anybody"}, {"reason": "x" * (LONGEST_REASON + 1)}])
def test_the_database_refuses_what_cannot_be(answer: Message, columns: dict[str, str]) -> None:
    flag = Flag.report(answer, "é" * LONGEST_REASON)

    with pytest.raises(IntegrityError), transaction.atomic():
        Flag.objects.update(**columns)
    with pytest.raises(IntegrityError), transaction.atomic():
        Flag.objects.create(conversation=flag.conversation, message=answer, source="person")

"""Flags: by whom, and that they ask for a review."""

from typing import Any

import pytest
from django.conf import LazySettings
from django.contrib.auth.models import User
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from conversations import refusals, rules
from conversations.models import Conversation, Ending, Flag, Message, Review, Status
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
        (None, "open"),
        (eve, "in_review"),
        (eve, "resolved"),
        (None, "open"),
    ]


def test_a_report_that_is_sent_twice_leaves_resolved_what_is(answer: Message) -> None:
    flag = Flag.report(answer, "why")
    Review.objects.get().resolve(User.objects.create_user("eve"))

    assert Flag.report(answer, "why") == flag

    assert states() == [(answer.conversation_id, "resolved")]


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


# By rules.

FILTERED = {"finish_reason": "content_filter"}
REFUSED = {"status": Status.FAILED, "error_code": "content_filter"}


def ended(answer: Message, text: str, **columns: Any) -> bool:
    answer.claim(runner="one", sent={})
    return answer.end(Ending(**{"status": Status.COMPLETE, "text": text, **columns}), runner="one")


@pytest.fixture
def words(settings: LazySettings) -> None:
    settings.REVIEW_WORDS = ["bomb", "kill myself", "zebra"]


def test_a_question_with_a_word_is_flagged_with_it(words: None, db: None) -> None:
    answer = Conversation.begin(User.objects.create_user("ada"), text="A Bomb for a zebra, and bombast", model="m")
    answer.ask_to_stop()
    Message.objects.get(pk=answer.pk).conversation.send("I kill\nmyself", parent=answer, model="m")

    questions = Message.objects.filter(role="user").values_list("pk", flat=True)
    assert flags() == [
        (answer.conversation_id, questions[0], "words", "bomb, zebra"),
        (answer.conversation_id, questions[1], "words", "kill myself"),
    ]
    assert states() == [(answer.conversation_id, "open")]


@pytest.mark.parametrize("status", [Status.COMPLETE, Status.STOPPED, Status.FAILED, Status.INTERRUPTED])
def test_an_answer_with_a_word_is_flagged_however_it_ends(words: None, running: Message, status: Status) -> None:
    assert ended(running, "Take a bomb.", status=status)

    assert flags() == [(running.conversation_id, running.pk, "words", "bomb")]
    assert states() == [(running.conversation_id, "open")]


@pytest.mark.parametrize(("asked", "status"), [(True, "stopped"), (False, "interrupted")])
def test_an_answer_whose_process_is_gone_is_flagged_by_recovery(
    words: None, running: Message, asked: bool, status: str
) -> None:
    running.claim(runner="one", sent={})
    running.checkpoint(runner="one", text="Take a bomb.", reasoning="")
    Message.objects.filter(pk=running.pk).update(stop_requested=asked)
    innocent = Conversation.begin(User.objects.create_user("bob"), text="Hi", model="m")

    assert Message.objects.running().interrupt() == 2

    assert set(Message.objects.answers().values_list("status", flat=True)) == {status, "interrupted"}
    assert flags() == [(running.conversation_id, running.pk, "words", "bomb")]
    assert innocent.conversation_id not in [conversation for conversation, _ in states()]


def test_the_rules_look_at_texts_outside_of_transactions(
    words: None, django_user_model: type[User], transactional_db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_at: list[tuple[str, bool]] = []
    found_in = rules.found_in

    def noted(text: str) -> list[str]:
        looked_at.append((text, connection.in_atomic_block))
        return found_in(text)

    monkeypatch.setattr(rules, "found_in", noted)
    for name in ("ada", "bob"):
        answer = Conversation.begin(django_user_model.objects.create_user(name), text=f"A bomb, {name}", model="m")
        answer.claim(runner="one", sent={})
        answer.checkpoint(runner="one", text=f"A zebra, {name}", reasoning="")
    assert Message.objects.running().interrupt() == 2
    conversation = answer.conversation
    more = conversation.send("bomb 2", parent=Message.objects.get(pk=answer.pk), model="m")
    more.ask_to_stop()
    assert more.parent
    conversation.edit(more.parent, "bomb 3", model="m")

    texts = ["A bomb, ada", "A bomb, bob", "A zebra, ada", "A zebra, bob", "bomb 2", "", "bomb 3"]
    assert looked_at == [(text, False) for text in texts]
    assert sorted(reason for *_, reason in flags()) == ["bomb"] * 4 + ["zebra"] * 2


def test_an_answer_that_is_stopped_before_it_begins_is_flagged_for_what_it_continues(
    running: Message, settings: LazySettings
) -> None:
    ended(running, "Take a bomb.", finish_reason="length")
    settings.REVIEW_WORDS = ["bomb"]
    more = running.conversation.answer_again(running, model="m", continues=True)

    more.ask_to_stop()

    assert flags() == [(running.conversation_id, more.pk, "words", "bomb")]


@pytest.mark.parametrize("columns", [FILTERED, REFUSED])
def test_an_answer_that_the_providers_filter_ended_is_flagged(running: Message, columns: dict[str, Any]) -> None:
    ended(running, "Take a", **columns)

    assert flags() == [(running.conversation_id, running.pk, "content_filter", "")]


def test_each_source_has_its_flag(words: None, running: Message) -> None:
    ended(running, "Take a bomb", **FILTERED)
    Flag.report(Message.objects.get(pk=running.pk), "why")

    assert [(source, reason) for *_, source, reason in flags()] == [
        ("words", "bomb"),
        ("content_filter", ""),
        ("person", "why"),
    ]
    assert states() == [(running.conversation_id, "open")]


def test_what_is_innocent_lost_or_deleted_is_not_flagged(words: None, running: Message) -> None:
    running.claim(runner="other", sent={})
    assert not running.end(Ending(status=Status.COMPLETE, text="bomb"), runner="one")
    assert running.end(Ending(status=Status.COMPLETE, text="bombastic"), runner="other")
    late = running.conversation.answer_again(running, model="m")
    late.claim(runner="one", sent={})
    running.conversation.remove()

    assert not late.end(Ending(status=Status.COMPLETE, text="bomb"), runner="one")
    assert (flags(), states()) == ([], [])


def test_an_end_costs_as_little_as_it_can_where_no_rule_wants_anything(words: None, running: Message) -> None:
    running.claim(runner="one", sent={})

    with CaptureQueriesContext(connection) as queries:
        running.end(Ending(status=Status.COMPLETE, text="Take care."), runner="one")

    # Begin, hold the conversation, end, index (on SQLite also out of FTS5 and into it), commit.
    assert len(queries) == (7 if connection.vendor == "sqlite" else 5)


def test_a_reason_is_cut_where_too_many_words_are_found(running: Message, settings: LazySettings) -> None:
    settings.REVIEW_WORDS = [f"{number:0100d}" for number in range(20)]

    ended(running, " ".join(settings.REVIEW_WORDS))

    ((*_, reason),) = flags()
    assert reason == ", ".join(settings.REVIEW_WORDS)[:LONGEST_REASON]


@pytest.mark.parametrize("columns", [{"source": "anybody"}, {"reason": "x" * (LONGEST_REASON + 1)}])
def test_the_database_refuses_what_cannot_be(answer: Message, columns: dict[str, str]) -> None:
    flag = Flag.report(answer, "é" * LONGEST_REASON)

    with pytest.raises(IntegrityError), transaction.atomic():
        Flag.objects.update(**columns)
    with pytest.raises(IntegrityError), transaction.atomic():
        Flag.objects.create(conversation=flag.conversation, message=answer, source="person")

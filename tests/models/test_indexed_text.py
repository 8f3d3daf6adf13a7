"""The rows of the search's index: written with what ends a message, gone with it."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.utils import timezone

from conversations import search
from conversations.models import Conversation, Ending, IndexedText, Message
from conversations.models.indexed_text import FTS5
from tests.models.test_finding import said


@pytest.fixture
def ada(db: None) -> User:
    return User.objects.create_user("ada")


def texts(word: str) -> list[str]:
    found = IndexedText.objects.matching(search.parsed(word)).order_by("pk")
    return list(found.values_list("message__text", flat=True))


def words_left() -> int:
    """In the index itself, whatever the rows are; PostgreSQL's is over them."""
    if connection.vendor != "sqlite":
        return IndexedText.objects.count()
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO {FTS5} ({FTS5}, rank) VALUES ('integrity-check', 1)")  # noqa: S608
        cursor.execute(f"SELECT count(*) FROM {FTS5} WHERE {FTS5} MATCH 'lion'")  # noqa: S608
        return int(cursor.fetchone()[0])


def test_a_question_is_found_at_once_and_its_answer_when_it_has_ended(ada: User) -> None:
    answer = Conversation.begin(ada, text="a lion", model="m")
    assert answer.claim(runner="test", sent={})
    assert answer.checkpoint(runner="test", text="half of a lion", reasoning="")
    assert texts("lion") == ["a lion"]

    assert answer.end(Ending(status="complete", text="a whole lion", reasoning="tiger"), runner="test")

    assert texts("lion") == ["a lion", "a whole lion"]
    assert texts("tiger") == []


@pytest.mark.parametrize("status", ["complete", "stopped", "failed", "interrupted"])
def test_every_end_is_found(ada: User, status: str) -> None:
    answer = Conversation.begin(ada, text="x", model="m")
    answer.claim(runner="test", sent={})

    answer.end(Ending(status=status, text="a lion"), runner="test")

    assert texts("lion") == ["a lion"]


def test_what_a_lost_process_and_a_stop_leave_is_found(ada: User) -> None:
    lost, stopped = (Conversation.begin(ada, text="x", model="m") for _ in range(2))
    lost.claim(runner="test", sent={})
    lost.checkpoint(runner="test", text="a lost lion", reasoning="")

    stopped.ask_to_stop()
    Message.objects.running().interrupt()

    assert texts("lion") == ["a lost lion"]
    assert set(IndexedText.objects.values_list("pk", flat=True)) == set(Message.objects.values_list("pk", flat=True))


def test_what_ends_again_is_indexed_anew(ada: User) -> None:
    """As after a copy of the database was put back."""
    answer = said(ada, "x", "a lion")
    Message.objects.filter(pk=answer.pk).update(status="streaming", lease_until=timezone.now(), text="a tiger")

    Message.objects.running().interrupt()

    assert (texts("lion"), texts("tiger")) == ([], ["a tiger"])
    assert words_left() in (0, 2)  # on PostgreSQL each row counts


def test_an_end_that_changed_nothing_indexes_nothing(ada: User) -> None:
    answer = said(ada, "x", "a lion")

    assert not answer.end(Ending(status="complete", text="another lion"), runner="other")

    assert texts("lion") == ["a lion"]


def test_an_end_that_is_rolled_back_is_in_no_index(ada: User) -> None:
    answer = Conversation.begin(ada, text="x", model="m")
    answer.claim(runner="test", sent={})
    with transaction.atomic():
        answer.end(Ending(status="complete", text="a lion"), runner="test")
        transaction.set_rollback(True)

    assert texts("lion") == []
    assert words_left() == (0 if connection.vendor == "sqlite" else 1)  # there, the row of the question


def test_a_fork_is_found_too(ada: User) -> None:
    answer = said(ada, "a lion", "no")

    answer.conversation.fork(answer)

    assert texts("lion") == ["a lion", "a lion"]


def remove(conversation: Conversation) -> None:
    conversation.remove()


def delete(conversation: Conversation) -> None:
    Conversation.objects.filter(pk=conversation.pk).delete()


def delete_owner(conversation: Conversation) -> None:
    conversation.owner.delete()


@pytest.mark.parametrize("way", [remove, delete, delete_owner])
def test_however_a_conversation_is_deleted_its_words_are_gone(ada: User, way: Callable[[Conversation], None]) -> None:
    answer = said(ada, "a lion", "a lion")
    said(User.objects.create_user("bob"), "a lion of Bob's", "no")

    way(answer.conversation)

    assert texts("lion") == ["a lion of Bob's"]
    assert words_left() in (1, 2)  # on PostgreSQL each row counts
    assert IndexedText.objects.count() == 2


@pytest.mark.parametrize("part", ["天气很好", "ﷺ ", "\u0130", "🎉", "a b c d e f ", "𠀀𠀁", "𐐨𐐩𐐪𐐫𐐬𐐭𐐮", "zyxwvut"])
def test_the_longest_texts_are_indexed(ada: User, part: str) -> None:
    text = "".join(f"{part}{number} {number}{part} " for number in range(50_000))

    answer = said(ada, "x", f"start {text[:250_000]}")

    found = IndexedText.objects.matching(search.parsed("start"), owner_id=ada.pk)
    assert answer.pk in found.values_list("pk", flat=True)

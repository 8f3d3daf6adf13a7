"""What the index lacks is found and mended."""

from collections import Counter
from io import StringIO

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from conversations import search
from conversations.models import Conversation, IndexedText, Message, index_check
from conversations.models.indexed_text import FTS5, TABLE
from tests.models.test_finding import said


@pytest.fixture
def lions(db: None) -> list[Message]:
    ada = User.objects.create_user("ada")
    return [said(ada, f"question {number}", f"lion {number}") for number in range(3)]


def texts() -> list[str]:
    found = IndexedText.objects.matching(search.parsed("lion")).order_by("pk")
    return list(found.values_list("message__text", flat=True))


def check(*options: str) -> str:
    said = StringIO()
    call_command("check_index", *options, stdout=said)
    return said.getvalue().strip()


def unindex(rows: list[Message]) -> None:
    there = IndexedText.objects.filter(pk__in=[row.pk for row in rows])
    there.unindex()
    there._raw_delete(there.db)


def test_an_index_that_is_right_is_left_alone(lions: list[Message]) -> None:
    assert check() == check("--dry-run") == "The index has all that was said."


def test_what_is_missing_is_mended(lions: list[Message]) -> None:
    unindex(lions[:2])
    assert texts() == ["lion 2"]

    assert check() == "Mended: 2 texts were missing."
    assert texts() == ["lion 0", "lion 1", "lion 2"]


def test_what_is_different_is_mended(lions: list[Message]) -> None:
    Message.objects.filter(pk=lions[0].pk).update(text="tiger 0")

    assert check() == "Mended: 1 texts were not as they were written."
    assert texts() == ["lion 1", "lion 2"]
    assert check() == "The index has all that was said."


def test_what_is_left_over_is_taken_away(lions: list[Message]) -> None:
    """As a process of the version before deletes a chat."""
    gone = lions[0].conversation
    Conversation.objects.filter(pk=gone.pk).update(leaf=None)
    answers = Message.objects.filter(conversation=gone).order_by("-pk")
    for answer in answers:
        Message.objects.filter(pk=answer.pk)._raw_delete(answers.db)

    assert check() == "Mended: 2 texts were left over from deleted chats."
    assert IndexedText.objects.count() == 4


def test_the_job_takes_away_what_is_left_over(lions: list[Message], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index_check, "LOOKED_THROUGH", 2)
    monkeypatch.setattr(index_check, "BATCH", 1)
    gone = lions[2].conversation  # the newest
    Conversation.objects.filter(pk=gone.pk).update(leaf=None)
    for answer in Message.objects.filter(conversation=gone).order_by("-pk"):
        rows = Message.objects.filter(pk=answer.pk)
        rows._raw_delete(rows.db)
    missing = index_check.Missing()

    while missing.step():
        pass

    assert set(IndexedText.objects.values_list("pk", flat=True)) == set(Message.objects.values_list("pk", flat=True))
    assert texts() == ["lion 0", "lion 1"]
    assert check() == "The index has all that was said."


def test_titles_are_mended(lions: list[Message]) -> None:
    Conversation.objects.filter(pk=lions[0].conversation_id).update(title="Ünal", folded_title=None)

    assert "titles were missing" in check()
    assert Conversation.objects.get(pk=lions[0].conversation_id).folded_title == "unal"


def test_the_job_mends_titles_that_a_process_of_the_version_before_has_changed(lions: list[Message]) -> None:
    """It writes the title alone."""
    recent, old = lions[0].conversation_id, lions[1].conversation_id
    Conversation.objects.filter(pk__in=(recent, old)).update(title="Ünal")
    Conversation.objects.filter(pk=old).update(touched_at=timezone.now() - index_check.RECENT)

    index_check.Missing().step()

    folded = dict(Conversation.objects.values_list("pk", "folded_title"))
    assert folded[recent] == "unal"
    assert folded[old] != "unal"  # check_index finds it
    assert "titles were missing" in check()


def test_a_dry_run_fails_and_mends_nothing(lions: list[Message]) -> None:
    unindex(lions[:1])

    with pytest.raises(CommandError, match=r"^The index is not right: 1 texts were missing\. Nothing was changed\.$"):
        check("--dry-run")
    assert len(texts()) == 2


def test_an_index_that_does_not_answer_to_its_rows_is_made_anew(lions: list[Message]) -> None:
    if connection.vendor != "sqlite":
        assert index_check._compare_fts5(mends=True) == Counter()  # PostgreSQL keeps its own
        return
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO {FTS5} ({FTS5}, rowid, folded) SELECT 'delete', message_id, folded FROM {TABLE}")  # noqa: S608
    assert texts() == []

    assert check() == "Mended: 1 index was broken and was made anew."
    assert texts() == ["lion 0", "lion 1", "lion 2"]


def test_the_job_indexes_what_is_missing_step_by_step(lions: list[Message], monkeypatch: pytest.MonkeyPatch) -> None:
    unindex(lions)
    Conversation.objects.update(folded_title=None)
    running = Conversation.begin(lions[0].owner, text="x", model="m")
    monkeypatch.setattr(index_check, "LOOKED_THROUGH", 2)
    monkeypatch.setattr(index_check, "BATCH", 1)
    missing = index_check.Missing()

    steps = 1
    while missing.step():
        steps += 1

    assert texts() == ["lion 0", "lion 1", "lion 2"]
    assert steps >= 4
    assert not Conversation.objects.filter(folded_title=None).exists()
    assert not IndexedText.objects.filter(pk=running.pk).exists()
    assert check() == "The index has all that was said."

"""What the owner of a conversation is told of administrators who read it."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from conversations.models import Act, Category, Conversation, ReadRecord, Reason
from conversations.views import readings

NOTICE = "An administrator read this chat"


@pytest.fixture
def conversation(owner: User) -> Conversation:
    return Conversation.begin(owner, text="Hi", model="m").conversation


@pytest.fixture
def reader(db: None) -> User:
    return User.objects.create_user("rita.reviewer")


def read(reader: User, conversation: Conversation, text: str = "a report", act: Act = Act.OPEN, days: int = 0) -> None:
    ReadRecord.append(
        act, reader=reader, reason=Reason(category=Category.REPORT, text=text), told_after=timedelta(days=days),
        conversation=conversation.uuid, owner_id=conversation.owner_id,
    )  # fmt: skip


def page_of(client: Client, conversation: Conversation) -> str:
    return client.get(conversation.get_absolute_url()).content.decode()


def test_nobody_read_it_and_nothing_is_said(owner_client: Client, conversation: Conversation) -> None:
    assert NOTICE not in page_of(owner_client, conversation)


@pytest.mark.parametrize("act", [Act.OPEN, Act.EXPORT])
def test_when_and_why_is_told_and_not_who(
    owner_client: Client, conversation: Conversation, reader: User, act: Act
) -> None:
    read(reader, conversation, "<b>a report</b>", act)

    page = page_of(owner_client, conversation)

    assert f"{NOTICE} today at" in page
    assert "A report or a flag" in page
    assert "&lt;b&gt;a report&lt;/b&gt;" in page
    assert "rita" not in page


def test_one_reason_is_told_once_however_often_it_was_looked(
    owner_client: Client, conversation: Conversation, reader: User
) -> None:
    for text in ("early words", *["late words"] * 3):
        read(reader, conversation, text)

    page = page_of(owner_client, conversation)

    assert (page.count("early words"), page.count("late words")) == (1, 1)
    assert page.index("late words") < page.index("early words")


def test_a_delayed_notice_waits_for_its_day(
    owner_client: Client, conversation: Conversation, reader: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    read(reader, conversation, days=3)
    early = page_of(owner_client, conversation)
    now = timezone.now()
    monkeypatch.setattr("conversations.models.read_record.timezone.now", lambda: now + timedelta(days=3, minutes=1))

    late = page_of(owner_client, conversation)

    assert (NOTICE in early, NOTICE in late) == (False, True)


def test_readings_of_others_are_not_told(owner_client: Client, conversation: Conversation, reader: User) -> None:
    ReadRecord.append(
        Act.OPEN, reader=reader, reason=Reason(category=Category.OTHER, text="x"), told_after=timedelta(0),
        conversation=uuid4(), owner_id=conversation.owner_id,
    )  # fmt: skip
    read(reader, conversation, act=Act.SEARCH)

    assert NOTICE not in page_of(owner_client, conversation)


def test_a_blanked_reason_leaves_its_kind(owner_client: Client, conversation: Conversation, reader: User) -> None:
    read(reader, conversation, "a secret reason")
    ReadRecord.blank_owner(conversation.owner_id, by=reader, reason=Reason(category=Category.LEGAL, text="x"))

    page = page_of(owner_client, conversation)

    assert "A report or a flag" in page
    assert "a secret reason" not in page


def test_one_query_finds_them_and_no_more_than_so_many_are_told(
    conversation: Conversation, reader: User, django_assert_num_queries: Any
) -> None:
    for number in range(60):
        read(reader, conversation, f"reason {number}")

    with django_assert_num_queries(1):
        told = readings.told_of(conversation)

    assert [reading.reason for reading in told.newest] == [f"reason {number}" for number in range(59, 9, -1)]
    assert told.has_more


def test_no_reading_is_hidden_behind_many_looks(conversation: Conversation, reader: User) -> None:
    read(reader, conversation, "curious")
    for _ in range(60):
        read(reader, conversation, "bland")

    told = readings.told_of(conversation)

    assert [(reading.reason, reading.looks) for reading in told.newest] == [("bland", 60), ("curious", 1)]
    assert not told.has_more

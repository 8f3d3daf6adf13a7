"""A person is deleted with all that is theirs, chat by chat."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.db.models.signals import pre_delete
from django.test import Client

from conversations import refusals
from conversations.models import Conversation, LegalHold, person
from tests.models.test_finding import said
from tests.patience import PATIENCE

BeforeEach = Callable[[Callable[[], None]], None]


@pytest.fixture
def ada(transactional_db: None) -> User:
    ada = User.objects.create_user("ada")
    for number in range(3):
        said(ada, str(number))
    return ada


@pytest.fixture
def before_each() -> Iterator[BeforeEach]:
    """Does something before each chat is deleted."""
    receivers: list[Any] = []

    def connect(do: Callable[[], None]) -> None:
        receivers.append(lambda **_: do())
        pre_delete.connect(receivers[-1], sender=Conversation)

    yield connect
    for receiver in receivers:
        pre_delete.disconnect(receiver, sender=Conversation)


def left() -> int:
    """As another process sees it."""
    try:
        return Conversation.objects.count()
    finally:
        connection.close()


def by_itself(ada: User) -> None:
    person.delete(User.objects.filter(pk=ada.pk))


def in_admin(ada: User) -> None:
    client = Client()
    client.force_login(User.objects.create_superuser("root"))
    assert client.post(f"/admin/auth/user/{ada.pk}/delete/", {"post": "yes"}).status_code == 302


@pytest.mark.parametrize("way", [by_itself, in_admin])
def test_no_transaction_is_open_over_all_chats(
    ada: User, before_each: BeforeEach, way: Callable[[User], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(person, "BATCH", 2)
    seen = []
    with ThreadPoolExecutor(1) as thread:
        before_each(lambda: seen.append(thread.submit(left).result(PATIENCE)))
        way(ada)

    assert seen == [3, 2, 1]
    assert not User.objects.filter(pk=ada.pk).exists()


def test_a_hold_keeps_every_chat(ada: User) -> None:
    held = Conversation.objects.latest("pk")
    LegalHold.objects.bulk_create([LegalHold(conversation=held, subject=str(held), placed_for="a claim")])

    with pytest.raises(refusals.OnHold):
        person.delete(User.objects.all())

    assert Conversation.objects.count() == 3


def test_a_hold_that_comes_meanwhile_keeps_the_person_and_the_rest(ada: User, before_each: BeforeEach) -> None:
    holds = [LegalHold(person=ada, subject="ada", placed_for="a claim")]
    before_each(lambda: transaction.on_commit(lambda: LegalHold.objects.bulk_create([holds.pop()])))

    with pytest.raises(refusals.OnHold):
        person.delete(User.objects.all())

    assert (User.objects.count(), Conversation.objects.count()) == (1, 2)

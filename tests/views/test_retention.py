"""What people are told of how long their chats are kept."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from conversations.models import Category, LegalHold, Reason, RetentionRule

HELD = "A legal hold keeps some or all of your chats until it is released."


@pytest.fixture
def ada(client: Client, db: None) -> User:
    ada = User.objects.create_user("ada")
    client.force_login(ada)
    return ada


def told(client: Client) -> str:
    return client.get("/conversations/").content.decode()


def test_list_says_after_how_many_days_they_go(client: Client, ada: User, settings: Any):
    settings.CHAT_RETENTION_DAYS = 90
    of_the_site = told(client)
    RetentionRule.objects.create(scope="person", person=ada, days=1)

    assert "Chats are deleted 90 days after their last message." in of_the_site
    assert "Chats are deleted 1 day after their last message." in told(client)


def test_without_rules_and_holds_nothing_is_said(client: Client, ada: User):
    RetentionRule.objects.create(scope="person", person=User.objects.create_user("bob"), days=1)

    page = told(client)

    assert "after their last message" not in page
    assert HELD not in page


def test_list_says_that_a_hold_is_on_the_person_and_not_why(client: Client, ada: User):
    hold, why = LegalHold(person=ada), Reason(category=Category.LEGAL, text="zebra")
    hold.place(by=ada, reason=why)
    held = told(client)
    hold.release(by=ada, reason=why)

    assert HELD in held
    assert "zebra" not in held
    assert HELD not in told(client)

"""People in Django admin: what of them cannot be asked, and what their deletion shows."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from conversations.models import Session

PEOPLE = "/admin/auth/user/"


@pytest.fixture
def ada(db: None) -> User:
    return User.objects.create_user("ada", "ada@example.org", "correct horse battery")


def test_keys_of_sessions_cannot_be_asked_letter_by_letter(staff: Callable[..., Client], ada: User) -> None:
    client = staff("view_user")
    Client().force_login(ada)
    first = Session.objects.for_user(ada).get().session_key[0]

    replies = [
        client.get(f"{PEOPLE}?id__exact={ada.pk}&session__session_key__startswith={letter}")
        for letter in (first, "a" if first != "a" else "b")
    ]

    assert [(reply.status_code, reply.get("Location")) for reply in replies] == [(302, f"{PEOPLE}?e=1")] * 2


def test_deletion_of_a_person_shows_no_key_and_ends_their_sessions(ada: User) -> None:
    client, theirs = Client(), Client()
    client.force_login(User.objects.create_superuser("root"))
    theirs.force_login(ada)
    path = reverse("admin:auth_user_delete", args=[ada.pk])

    asked = client.get(path).text
    client.post(path, {"post": "yes"})

    assert ("ada" in asked, theirs.session.session_key in asked) == (True, False)
    assert Session.objects.for_user(ada).count() == 0
    assert Session.objects.count() == 1

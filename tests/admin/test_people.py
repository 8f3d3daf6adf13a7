"""People in Django admin: what of them cannot be asked, and what their deletion shows."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from django.urls import reverse

from conversations.models import Preferences, Session
from tests.factors import give_app

PEOPLE = "/admin/auth/user/"
PASSWORD = "correct horse battery"


@pytest.fixture
def ada(db: None) -> User:
    return User.objects.create_user("ada", "ada@example.org", PASSWORD)


def test_keys_of_sessions_cannot_be_asked_letter_by_letter(staff: Callable[..., Client], ada: User) -> None:
    client = staff("view_user")
    Client().force_login(ada)
    first = Session.objects.for_user(ada).get().session_key[0]

    replies = [
        client.get(f"{PEOPLE}?id__exact={ada.pk}&session__session_key__startswith={letter}")
        for letter in (first, "a" if first != "a" else "b")
    ]

    assert [(reply.status_code, reply.get("Location")) for reply in replies] == [(400, None)] * 2


@pytest.mark.parametrize(
    "secret",
    [
        "password__startswith",
        "authenticator__data__icontains",
        "preferences__pk__password__icontains",
        "preferences__pk__authenticator__data__icontains",
        "preferences__pk__emailaddress__email__icontains",
        "groups__user__password__icontains",
        "logentry__pk",
        "conversation__title__icontains",
    ],
)
def test_nothing_of_people_is_asked_but_by_the_filters(staff: Callable[..., Client], ada: User, secret: str) -> None:
    client = staff("view_user")
    give_app(ada)
    Preferences.objects.create(user=ada)

    replies = [client.get(f"{PEOPLE}?{secret}={letter}") for letter in ("a", "0")]

    assert [reply.status_code for reply in replies] == [400, 400]


def test_people_are_found_by_the_filters_and_by_their_names(staff: Callable[..., Client], ada: User) -> None:
    client = staff("view_user")
    group = Group.objects.create(name="readers")
    ada.groups.add(group)

    queries = [
        "is_staff__exact=0",
        f"groups__id__exact={group.pk}",
        "is_superuser__exact=0&q=ada",
        "is_active__exact=0",
    ]
    found = [list(client.get(f"{PEOPLE}?{query}").context["cl"].result_list) for query in queries]

    assert found == [[ada], [ada], [ada], []]


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

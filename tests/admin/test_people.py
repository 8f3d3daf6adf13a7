"""People in Django admin: what of them cannot be asked, and what their deletion shows."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse

from conversations.models import Conversation, Preferences, Session, Tag
from tests.factors import give_app
from tests.patience import PATIENCE

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


def put_tag(ada: User) -> None:
    Tag.put("y", Conversation.objects.filter(owner=ada))


def remove(ada: User) -> None:
    Conversation.objects.get(owner=ada).remove()


def send(ada: User) -> None:
    conversation = Conversation.objects.get(owner=ada)
    conversation.send("More", parent=None if conversation.leaf_id is None else conversation.leaf, model="m")


def hold_person(ada: User) -> None:
    User.objects.select_for_update(no_key=True).get(pk=ada.pk)


def hold_chat(ada: User) -> None:
    Conversation.objects.select_for_update().get(owner=ada)


@pytest.mark.parametrize("way", ["page", "action"])
@pytest.mark.parametrize(
    ("first", "then"),
    [
        (hold_person, put_tag),
        (put_tag, put_tag),
        (hold_chat, send),
        (hold_chat, remove),
        (put_tag, remove),
    ],
)
def test_a_person_is_deleted_while_their_chats_change(
    transactional_db: None, way: str, first: Callable[[User], None], then: Callable[[User], None]
) -> None:
    ada = User.objects.create_user("ada")
    conversation = Conversation.begin(ada, text="Hi", model="m").conversation
    conversation.messages.answers().update(status="complete")
    Tag.put("x", Conversation.objects.all())
    client = Client()
    client.force_login(User.objects.create_superuser("root"))
    is_begun, is_over = threading.Event(), threading.Event()

    def change() -> None:
        with transaction.atomic():
            first(ada)
            is_begun.set()
            while connection.vendor == "postgresql" and not is_waited_for() and not is_over.is_set():
                pass
            then(ada)
        connection.close()

    def is_waited_for() -> bool:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            return bool(cursor.fetchone() != (0,))

    def delete() -> int:
        fields = {"post": "yes", "action": "delete_selected", "_selected_action": ada.pk}
        try:
            return client.post(f"{PEOPLE}{ada.pk}/delete/" if way == "page" else PEOPLE, fields).status_code
        finally:
            connection.close()
            is_over.set()

    with ThreadPoolExecutor(2) as threads:
        changing = threads.submit(change)
        assert is_begun.wait(PATIENCE)
        deleting = threads.submit(delete)
        changing.result(PATIENCE)

    assert deleting.result(PATIENCE) == 302
    assert not User.objects.filter(pk=ada.pk).exists()
    assert (Conversation.objects.count(), Tag.objects.count(), Tag.conversations.through.objects.count()) == (0, 0, 0)

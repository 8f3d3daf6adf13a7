"""Legal holds in Django admin: placed and released for a reason, by who may, and stronger than a deletion."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from conversations.models import Category, Conversation, LegalHold, ReadRecord, Reason
from tests.admin.conftest import SECRET

ADD = "/admin/conversations/legalhold/add/"
LIST = "/admin/conversations/legalhold/"
WHY = {"category": "legal", "reason": "Case 7"}
MAY_ALL = ("view_legalhold", "add_legalhold", "change_legalhold")


@pytest.fixture
def officer(staff: Callable[..., Client]) -> Client:
    return staff(*MAY_ALL)


@pytest.fixture
def hold(conversation: Conversation) -> LegalHold:
    hold = LegalHold(person=conversation.owner)
    hold.place(by=conversation.owner, reason=Reason(category=Category.LEGAL, text="Case 7"))
    return hold


def change(hold: LegalHold) -> str:
    return reverse("admin:conversations_legalhold_change", args=[hold.pk])


def test_hold_is_placed_on_a_person_by_their_name(officer: Client, conversation: Conversation):
    reply = officer.post(ADD, WHY | {"account": "ada"})

    hold = LegalHold.objects.get()
    assert (reply.status_code, hold.person, hold.conversation) == (302, conversation.owner, None)
    assert (str(hold.placed_by), hold.placed_for) == ("staff", "Case 7")
    record = ReadRecord.objects.get()
    assert (record.act, record.reader_name, record.reason, record.address) == ("hold", "staff", "Case 7", "127.0.0.1")


def test_hold_is_placed_on_a_conversation_by_its_id(officer: Client, conversation: Conversation):
    officer.post(ADD, WHY | {"uuid": str(conversation.uuid)})

    hold = LegalHold.objects.get()
    assert (hold.person, hold.conversation, hold.subject) == (None, conversation, str(conversation.uuid))


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"account": "nobody"},
        {"account": "a\0da"},
        {"account": "x" * 151},
        {"uuid": str(uuid.uuid4())},
        {"uuid": "x\0"},
        {"account": "ada", "reason": " "},
        {"account": "ada", "category": "x"},
    ],
)
def test_what_cannot_be_held_is_refused_with_what_was_typed(
    officer: Client, conversation: Conversation, fields: dict[str, str]
):
    reply = officer.post(ADD, WHY | fields)

    assert (reply.status_code, LegalHold.objects.count(), ReadRecord.objects.count()) == (200, 0, 0)
    assert "errorlist" in reply.content.decode()


def test_hold_is_on_one_of_the_two(officer: Client, conversation: Conversation):
    page = officer.post(ADD, WHY | {"account": "ada", "uuid": str(conversation.uuid)}).content.decode()

    assert "Name a person or a conversation, one of the two." in page
    assert LegalHold.objects.count() == 0


def test_hold_is_released_for_a_reason_and_once(officer: Client, hold: LegalHold):
    page = officer.get(change(hold)).content.decode()
    unexplained = officer.post(change(hold), WHY | {"reason": ""})
    released = officer.post(change(hold), WHY | {"reason": "Over"})
    again = officer.post(change(hold), WHY | {"reason": "Again"})

    row = LegalHold.objects.get()
    assert "Release the hold" in page
    assert [reply.status_code for reply in (unexplained, released, again)] == [200, 302, 403]
    assert (row.is_in_force, row.released_for, str(row.released_by)) == (False, "Over", "staff")
    assert "Release the hold" not in officer.get(change(hold)).content.decode()


def test_who_may_look_does_not_place_or_release(staff: Callable[..., Client], hold: LegalHold):
    client = staff("view_legalhold")

    got = [client.post(ADD, WHY | {"account": "ada"}).status_code, client.post(change(hold), WHY).status_code]

    assert got == [403, 403]
    assert (LegalHold.objects.count(), LegalHold.objects.get().is_in_force) == (1, True)
    assert "Case 7" in client.get(change(hold)).content.decode()


def test_list_finds_holds_in_force_and_by_their_beginning(officer: Client, hold: LegalHold, conversation: Conversation):
    other = LegalHold(conversation=conversation)
    other.place(by=conversation.owner, reason=Reason(category=Category.LEGAL, text="x"))
    other.release(by=conversation.owner, reason=Reason(category=Category.LEGAL, text="x"))

    def subjects(query: str) -> list[Any]:
        return [row.subject for row in officer.get(f"{LIST}?{query}").context["cl"].result_list]

    assert subjects("state=in_force") == ["ada"]
    assert subjects("q=ad") == ["ada"]
    assert subjects(f"q={str(conversation.uuid)[:8]}") == [str(conversation.uuid)]
    assert officer.get(f"{LIST}?person__password__startswith=m").status_code in (302, 400)


def test_person_under_hold_is_not_deleted_in_the_admin(hold: LegalHold, conversation: Conversation):
    root = Client()
    root.force_login(User.objects.create_superuser("root"))
    place = reverse("admin:auth_user_delete", args=[conversation.owner_id])

    page = root.get(place).content.decode()
    root.post(place, {"post": "yes"})
    root.post(
        "/admin/auth/user/", {"action": "delete_selected", "_selected_action": [conversation.owner_id], "post": "y"}
    )
    kept = User.objects.filter(username="ada").exists()
    hold.release(by=conversation.owner, reason=Reason(category=Category.LEGAL, text="Over"))
    root.post(place, {"post": "yes"})

    assert "Legal hold on ada" in page
    assert SECRET not in page
    assert (kept, User.objects.filter(username="ada").exists()) == (True, False)

"""What is done with one or several is told, with what takes it back."""

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from conversations.models import Conversation
from tests.views.places.placed import Put, forms_of, notice, state

MOVED = {
    "pin": ("unpin", "The chat was pinned.", "2 chats were pinned."),
    "archive": ("unarchive", "The chat was moved to the archive.", "2 chats were moved to the archive."),
    "bin": ("restore", "The chat was moved to the bin.", "2 chats were moved to the bin."),
}
TAKEN_BACK = {
    "unpin": ("The chat is no longer pinned.", "2 chats are no longer pinned."),
    "unarchive": ("The chat is out of the archive.", "2 chats are out of the archive."),
    "restore": ("The chat was restored.", "2 chats were restored."),
}


@pytest.mark.parametrize(("action", "told"), [(name, told[1]) for name, told in MOVED.items()])
def test_what_is_done_with_one_is_told_and_taken_back(owner_client: Client, put: Put, action: str, told: str) -> None:
    conversation = put("mine")
    before = state()

    page = owner_client.post(conversation.get_absolute_url(), {"action": action}, follow=True)
    during = state()
    [(url, fields)] = forms_of(page)
    again = owner_client.post(url, fields, follow=True)

    assert page.redirect_chain == [("/" if action == "bin" else conversation.get_absolute_url(), 303)]
    assert notice(page) == [told]
    assert during != before
    assert state() == before
    assert notice(again) == [TAKEN_BACK[MOVED[action][0]][0]]
    assert again.redirect_chain == [(conversation.get_absolute_url(), 303)]


@pytest.mark.parametrize(("action", "told"), [(name, told[2]) for name, told in MOVED.items()])
def test_what_is_done_with_several_is_told_and_taken_back(
    owner_client: Client, put: Put, action: str, told: str
) -> None:
    chosen = [put("one"), put("two")]
    put("another")
    before = state()

    page = owner_client.post("/conversations/", {"action": action, "id": [row.uuid for row in chosen]}, follow=True)
    during = state()
    [(url, fields)] = forms_of(page)
    again = owner_client.post(url, fields, follow=True)

    assert page.redirect_chain == [("/conversations/", 303)]
    assert notice(page) == [told]
    assert [row[0] for row, old in zip(during, before, strict=True) if row != old] == ["one", "two"]
    assert state() == before
    assert notice(again) == [TAKEN_BACK[MOVED[action][0]][1]]


@pytest.mark.parametrize("source", ["first_words", "person"])
def test_a_title_is_taken_back(owner_client: Client, put: Put, source: str) -> None:
    conversation = put("<old> & first", title_source=source)

    page = owner_client.post(conversation.get_absolute_url(), {"action": "rename", "title": "new"}, follow=True)
    [(url, fields)] = forms_of(page)
    owner_client.post(url, fields)

    assert notice(page) == ["The chat was renamed."]
    kept = Conversation.objects.get()
    assert (kept.title, kept.title_source) == ("<old> & first", source)


def test_a_title_that_stays_is_not_told(owner_client: Client, put: Put) -> None:
    page = owner_client.post(put("same").get_absolute_url(), {"action": "rename", "title": " same "}, follow=True)

    assert notice(page) == []


def test_undo_takes_back_what_was_changed_and_nothing_else(owner_client: Client, put: Put) -> None:
    pinned, other = put("pinned", pinned_at=timezone.now()), put("other")

    page = owner_client.post("/conversations/", {"action": "pin", "id": [pinned.uuid, other.uuid]}, follow=True)

    assert notice(page) == ["The chat was pinned."]
    assert forms_of(page)[0][1]["id"] == [str(other.uuid)]


def test_what_changes_nothing_is_not_told(owner_client: Client, put: Put) -> None:
    conversation = put("mine")

    page = owner_client.post(conversation.get_absolute_url(), {"action": "restore"}, follow=True)

    assert (page.status_code, notice(page)) == (200, [])


def test_a_hundred_can_be_taken_back(owner_client: Client, owner: User) -> None:
    rows = Conversation.objects.bulk_create(Conversation(owner=owner, title=str(number)) for number in range(101))
    uuids = [row.uuid for row in rows]

    too_many = owner_client.post("/conversations/", {"action": "bin", "id": uuids})
    page = owner_client.post("/conversations/", {"action": "bin", "id": uuids[:100]}, follow=True)
    [(url, fields)] = forms_of(page)

    assert (too_many.status_code, "Choose at most 100 chats at once." in too_many.content.decode()) == (422, True)
    assert Conversation.objects.at("bin").count() == 100
    owner_client.post(url, fields)
    assert Conversation.objects.at("bin").count() == 0

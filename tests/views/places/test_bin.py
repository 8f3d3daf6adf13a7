"""The bin: nothing new begins there, and what leaves it for good asks first."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from conversations.models import Conversation, LegalHold, Message
from conversations.views import places
from tests.fakes.provider import FakeProvider
from tests.serving import Person, Site
from tests.views.places.placed import JSON, Put, forms_of, notice, titles
from tests.views.test_pages import finished
from tests.views.test_stop import held, said


def test_a_conversation_in_the_bin_is_shown_and_takes_nothing_new(
    owner_client: Client, put: Put, settings: Any
) -> None:
    settings.CHAT_BIN_DAYS = 7
    conversation = put("gone", binned_at=timezone.now())

    page = owner_client.get(conversation.get_absolute_url()).content.decode()

    until = timezone.localtime(timezone.now() + timedelta(days=7))
    assert f"In the bin until {until.day} {until:%b %Y}, then deleted for good." in page
    assert "Hello" in page
    for name in ('name="message"', 'value="edit"', 'value="regenerate"', 'value="fork"', 'value="rename"'):
        assert name not in page
    assert 'value="restore"' in page
    assert 'value="rate"' in page


def test_in_the_bin_a_refused_message_is_kept_and_comes_back_with_the_conversation(ada: Person, site: Site) -> None:
    begun = ada.ask()
    site.wait_tasks()
    url, answer = begun["conversation"]["url"], begun["answer"]["id"]
    ada.script(url, {"action": "bin"})
    fields = {"message": "My <next> thought", "parent": answer}

    refused = [
        ada.script(f"{url}messages/", fields),
        *(ada.script(f"/messages/{answer}/", {"action": action}) for action in ("regenerate", "fork")),
        ada.script(f"/messages/{begun['message']['id']}/", {"action": "edit", "message": "other"}),
    ]
    page = ada.post(f"{url}messages/", fields)
    restored = ada.post(url, {"action": "restore", "message": "My <next> thought"})

    assert [(reply.status, reply.error) for reply in refused] == [(409, "in_bin")] * 4
    assert page.status == 409
    assert "This chat is in the bin. Restore it to go on with it." in page.text
    for each in (page, restored):
        assert "\nMy &lt;next&gt; thought</textarea>" in each.text
    assert restored.status == 200
    assert Conversation.objects.get().place == "chats"
    assert Message.objects.count() == 2


def test_an_edit_refused_in_the_bin_keeps_its_text(ada: Person, site: Site) -> None:
    begun = ada.ask()
    site.wait_tasks()
    ada.script(begun["conversation"]["url"], {"action": "bin"})

    page = ada.post(f"/messages/{begun['message']['id']}/", {"action": "edit", "message": "My <new> words"})

    assert page.status == 409
    assert "\nMy &lt;new&gt; words</textarea>" in page.text


@pytest.mark.parametrize("several", [False, True])
def test_an_answer_that_goes_into_the_bin_is_stopped(
    ada: Person, fake: FakeProvider, site: Site, *, several: bool
) -> None:
    _, reply = held("one")
    fake.script(reply)
    begun = ada.ask()
    stream = ada.follow(begun["answer"]["events_url"])
    said(stream, "one")

    fields = {"action": "bin"} | ({"id": begun["conversation"]["id"]} if several else {})
    ada.script("/conversations/" if several else begun["conversation"]["url"], fields)
    fake.wait_hangup()
    site.wait_answers()

    answer = Message.objects.answers().get()
    assert (answer.status, answer.text, Conversation.objects.get().place) == ("stopped", "one", "bin")


def test_what_is_deleted_goes_into_the_bin_and_from_there_for_good(owner_client: Client, put: Put) -> None:
    url = put("mine").get_absolute_url()

    first = owner_client.post(url, {"action": "delete"})
    place = Conversation.objects.get().place
    again = owner_client.post(url, {"action": "delete"}, headers={"Accept": "application/json"})
    asked = owner_client.post(url, {"action": "remove"})
    kept = Conversation.objects.count()
    sure = owner_client.post(url, {"action": "remove", "sure": "yes"})

    assert (first.status_code, first.headers["Location"], place) == (303, "/", "bin")
    assert again.status_code == 204  # as for who asks again because the reply was lost
    assert (asked.status_code, kept) == (200, 1)
    assert "Delete for good?" in asked.content.decode()
    assert (sure.status_code, sure.headers["Location"]) == (303, "/conversations/?in=bin")
    assert (Conversation.objects.count(), Message.objects.count()) == (0, 0)
    assert owner_client.get(url).status_code == 404


def test_several_are_deleted_for_good_once_it_is_sure(owner_client: Client, put: Put) -> None:
    now = timezone.now()
    rows = [put(title, binned_at=now) for title in ("<one>", "two")]
    put("three", binned_at=now)
    fields = {"action": "remove", "in": "bin", "id": [row.uuid for row in rows]}

    asked = owner_client.post("/conversations/", fields)
    kept = Conversation.objects.count()
    page = owner_client.post("/conversations/", fields | {"sure": "yes"}, follow=True)

    assert "&lt;one&gt;" in asked.content.decode()
    assert kept == 3
    assert page.redirect_chain == [("/conversations/?in=bin", 303)]
    assert (notice(page), forms_of(page)) == (["2 chats were deleted."], [])
    assert titles(Conversation.objects.all()) == ["three"]


def test_the_bin_is_emptied_once_it_is_sure(owner_client: Client, put: Put) -> None:
    now = timezone.now()
    put("kept")
    put("fleeting", is_temporary=True)
    for number in range(2):
        put(str(number), binned_at=now)
    finished(User.objects.create_user("bob"), "theirs")
    Conversation.objects.filter(owner__username="bob").update(binned_at=now)

    asked = owner_client.post("/conversations/", {"action": "empty_bin"})
    count = Conversation.objects.count()
    page = owner_client.post("/conversations/", {"action": "empty_bin", "sure": "yes"}, follow=True)

    assert "2 chats and all their messages are deleted for good." in asked.content.decode()
    assert count == 5
    assert (page.redirect_chain, notice(page)) == ([("/conversations/?in=bin", 303)], ["2 chats were deleted."])
    assert set(titles(Conversation.objects.all())) == {"kept", "fleeting", "theirs"}


def test_emptying_the_bin_is_bounded_and_tells_a_script_what_is_left(
    owner_client: Client, put: Put, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(places, "EMPTIED", 2)
    for number in range(3):
        put(str(number), binned_at=timezone.now())

    left = [owner_client.post("/conversations/", {"action": "empty_bin"}, headers=JSON).json()["left"] for _ in "ab"]

    assert left == [1, 0]


def test_emptying_the_bin_ends_in_time_and_says_what_is_left(
    owner_client: Client, put: Put, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(places, "EMPTYING", 0)
    for number in range(3):
        put(str(number), binned_at=timezone.now())

    fields = {"action": "empty_bin", "sure": "yes"}
    told = [notice(owner_client.post("/conversations/", fields, follow=True)) for _ in range(3)]

    assert told == [
        ["The chat was deleted. 2 chats are still there: empty the bin once more."],
        ["The chat was deleted. 1 chat is still there: empty the bin once more."],
        ["The chat was deleted."],
    ]


def test_emptying_the_bin_says_what_is_on_hold(owner_client: Client, put: Put) -> None:
    on_hold = put("held", binned_at=timezone.now())
    LegalHold.objects.bulk_create([LegalHold(conversation=on_hold, subject=str(on_hold), placed_for="zebra")])
    put("free", binned_at=timezone.now())
    fields = {"action": "empty_bin", "sure": "yes"}

    asked = owner_client.post("/conversations/", {"action": "empty_bin"})
    page = owner_client.post("/conversations/", fields, follow=True)
    again = owner_client.post("/conversations/", fields, follow=True)
    by_script = owner_client.post("/conversations/", {"action": "empty_bin"}, headers=JSON)

    assert "1 chat and all its messages are deleted for good." in asked.content.decode()
    assert notice(page) == ["The chat was deleted. 1 chat stays: it is under a legal hold."]
    assert notice(again) == ["1 chat stays: it is under a legal hold."]
    assert by_script.json()["error"]["code"] == "on_hold"
    assert titles(Conversation.objects.all()) == ["held"]

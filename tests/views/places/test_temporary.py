"""Temporary chats: chosen before the first message, in no list, and gone for good unless they are kept."""

from typing import Any

import pytest
from django.test import Client

from conversations import forms
from conversations.models import Conversation, Tag
from tests.serving import Person, Site
from tests.views.places.placed import JSON, Put, forms_of, notice, state, titles


@pytest.mark.parametrize("fields", [{}, {"temporary": "yes"}])
def test_a_chat_is_begun_temporary(ada: Person, site: Site, fields: dict[str, str]) -> None:
    ada.ask(**fields)
    site.wait_tasks()

    assert Conversation.objects.get().is_temporary is bool(fields)


@pytest.mark.parametrize(("value", "is_temporary"), [(True, True), ("yes", True), (False, False), (None, False)])
def test_json_says_true_or_false(value: Any, *, is_temporary: bool) -> None:
    form = forms.BeginForm(forms.fields_of({"message": "Hi", "temporary": value}))

    assert forms.cleaned(form)["temporary"] is is_temporary


def test_a_refused_message_leaves_the_choice(owner_client: Client) -> None:
    page = owner_client.post("/conversations/", {"message": " ", "temporary": "yes"})

    assert page.status_code == 422
    assert 'name="temporary" value="yes" form="composer-form" checked>' in page.content.decode()


def test_a_temporary_chat_says_so_until_it_is_kept(owner_client: Client, put: Put) -> None:
    conversation = put("fleeting", is_temporary=True)
    url = conversation.get_absolute_url()

    page = owner_client.get(url).content.decode()
    script = owner_client.post(url, {"action": "rename", "title": "other"}, headers=JSON)
    kept = owner_client.post(url, {"action": "keep"}, follow=True)

    for said_there in ("Temporary chat.", "deleted 24 hours after the last message", "Administrators can review it"):
        assert said_there in page
        assert said_there not in kept.content.decode()
    assert 'value="bin"' not in page
    assert script.json()["conversation"]["place"] == "temporary"
    assert notice(kept) == ["The chat is kept."]
    assert titles(kept.context["sidebar"]["conversations"]) == ["other"]


def test_keeping_a_chat_is_taken_back(owner_client: Client, put: Put) -> None:
    conversation = put("fleeting", is_temporary=True)
    url = conversation.get_absolute_url()

    kept = owner_client.post(url, {"action": "keep"}, follow=True)
    [(undo, fields)] = forms_of(kept)
    again = owner_client.post(undo, fields, follow=True)

    assert notice(again) == ["The chat is temporary again."]
    assert again.redirect_chain == [(url, 303)]
    conversation.refresh_from_db()
    assert conversation.is_temporary
    assert forms_of(again)[0][1]["action"] == ["keep"]


def test_a_kept_chat_that_was_tagged_since_stays(owner_client: Client, put: Put) -> None:
    conversation = put("fleeting", is_temporary=True)
    url = conversation.get_absolute_url()
    [(undo, fields)] = forms_of(owner_client.post(url, {"action": "keep"}, follow=True))
    owner_client.post(url, {"action": "tag", "name": "work"}, follow=True)

    again = owner_client.post(undo, fields, follow=True)

    assert notice(again) == []
    assert titles(Conversation.objects.at("chats")) == ["fleeting"]


@pytest.mark.parametrize("action", ["pin", "archive", "bin", "tag"])
def test_a_temporary_chat_is_put_nowhere(owner_client: Client, put: Put, action: str) -> None:
    conversation = put("fleeting", is_temporary=True)
    before = state()

    owner_client.post(conversation.get_absolute_url(), {"action": action, "name": "x"})
    owner_client.post("/conversations/", {"action": action, "name": "x", "id": conversation.uuid})

    assert (state(), Tag.objects.count()) == (before, 0)


def test_deleting_a_temporary_conversation_asks_and_is_for_good(owner_client: Client, put: Put) -> None:
    url = put("fleeting", is_temporary=True).get_absolute_url()

    asked = owner_client.post(url, {"action": "delete"})
    kept = Conversation.objects.count()
    sure = owner_client.post(url, {"action": "delete", "sure": "yes"})

    assert (asked.status_code, kept) == (200, 1)
    assert (sure.headers["Location"], Conversation.objects.count()) == ("/", 0)

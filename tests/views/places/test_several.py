"""Several at once: all of them are the person's own, or nothing is done."""

from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from conversations.models import Conversation
from conversations.views import places
from tests.views.places.placed import JSON, Put, notice, state, titles
from tests.views.test_pages import finished

SEVERAL = sorted(places.ACTIONS.keys() - {"empty_bin"})


@pytest.mark.parametrize("action", SEVERAL)
def test_what_is_anothers_is_not_there_alone_or_among_ones_own(owner_client: Client, put: Put, action: str) -> None:
    theirs = finished(User.objects.create_user("bob"), "theirs")
    mine = put("mine")
    before = state()

    alone = owner_client.post(theirs.get_absolute_url(), {"action": action, "name": "x", "sure": "yes"})
    mixed = owner_client.post(
        "/conversations/", {"action": action, "name": "x", "sure": "yes", "id": [mine.uuid, theirs.uuid]}
    )
    nobodys = owner_client.post(
        "/conversations/", {"action": action, "name": "x", "sure": "yes", "id": [mine.uuid, uuid4()]}
    )

    assert [reply.status_code for reply in (alone, mixed, nobodys)] == [404, 404, 404]
    assert state() == before


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"action": "bin"}, 422),
        ({"action": "bin", "id": "x"}, 422),
        ({"action": "explode"}, 400),
        ({"action": ""}, 400),
        ({"action": "bin", "id": "x", "in": "nowhere"}, 404),
    ],
)
def test_what_makes_no_sense_is_refused(owner_client: Client, put: Put, fields: dict[str, str], status: int) -> None:
    put("mine")
    before = state()

    page = owner_client.post("/conversations/", fields)
    script = owner_client.post("/conversations/", fields, headers=JSON)

    assert (page.status_code, script.status_code) == (status, status if fields.get("in") is None else 422)
    assert state() == before


def test_a_refused_choice_leaves_one_on_the_list(owner_client: Client, put: Put) -> None:
    put("old", archived_at=timezone.now())

    page = owner_client.post("/conversations/", {"action": "bin", "in": "archive"})

    assert page.status_code == 422
    assert 'role="alert">Chats: Choose a chat first.' in page.content.decode()
    assert titles(page.context["page"]["conversations"]) == ["old"]


def test_scripts_are_told_what_was_changed(owner_client: Client, put: Put) -> None:
    one, two = put("one"), put("two")

    single = owner_client.post(one.get_absolute_url(), {"action": "pin"}, headers=JSON)
    several = owner_client.post(
        "/conversations/", {"action": "pin", "id": [str(one.uuid), str(two.uuid)]}, content_type="application/json"
    )
    deleted = owner_client.post(one.get_absolute_url(), {"action": "delete"}, headers=JSON)

    described = single.json()["conversation"]
    assert (described["place"], described["pinned"]) == ("chats", True)
    assert several.json() == {"changed": [str(two.uuid)]}
    assert (deleted.status_code, Conversation.objects.get(pk=one.pk).place) == (204, "bin")
    assert notice(owner_client.get("/")) == []


@pytest.mark.parametrize("value", [[1], [None], [["x"]], {"a": "b"}])
def test_ids_are_texts(owner_client: Client, value: Any) -> None:
    reply = owner_client.post("/conversations/", {"action": "pin", "id": value}, content_type="application/json")

    assert (reply.status_code, reply.json()["error"]["code"]) == (400, "bad_request")

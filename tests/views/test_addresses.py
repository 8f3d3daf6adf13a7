"""Every address with every verb, for strangers and for ids that are nobody's. The list of addresses makes itself."""

from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest
from django.urls import URLPattern, URLResolver, get_resolver

from conversations.models import Conversation, Import, Message, Preset
from tests.serving import Person, Site

VERBS = ("GET", "POST", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS")
PUBLIC = {
    "account_login",
    "account_logout",
    "account_inactive",
    "first-admin",
    "healthz",
    "manifest",
    "metrics",
    "mfa_login_webauthn",  # whose question is for visitors
    "offline",
    "readyz",
    "service-worker",
}
CONVERSATIONS = (
    "conversation",
    "conversation-export",
    "conversation-messages",
)  # whose id is in the address; else a message's or
PRESETS = ("preset",)
IMPORTS = ("import-stop",)


def patterns(resolver: URLResolver, prefix: str = "") -> Iterator[tuple[str, URLPattern]]:
    for entry in resolver.url_patterns:
        route = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from patterns(entry, route)
        else:
            yield route, entry


def site_patterns() -> list[tuple[str, URLPattern]]:
    """Ours: Django admin's addresses have tests of their own."""
    return [(f"/{route}", entry) for route, entry in patterns(get_resolver()) if not route.startswith("admin/")]


WITH_ID = [(route, entry.name or "") for route, entry in site_patterns() if "<uuid:uuid>" in route]


def address(route: str, uuid: object) -> str:
    return route.replace("<uuid:uuid>", str(uuid)).replace("<int:pk>", "1")


def own(name: str, *, conversation: object, preset: object, file: object, message: object) -> object:
    """What stands in the address of this name."""
    others = [(CONVERSATIONS, conversation), (PRESETS, preset), (IMPORTS, file)]
    return next((uuid for names, uuid in others if name in names), message)


def test_there_are_addresses_with_ids() -> None:
    assert {name for _, name in WITH_ID} >= {"conversation", "conversation-messages", "message", "message-events"}


@pytest.mark.parametrize(("route", "name"), WITH_ID)
def test_what_is_anothers_or_nobodys_is_not_there_on_any_verb(
    ada: Person, bob: Person, site: Site, route: str, name: str
) -> None:
    answer = Conversation.begin(ada.user, text="a secret", model="fake-model")
    preset = Preset.keep("a secret", answer.conversation, owner_id=ada.user.pk)
    file = Import.begin(ada.user, name="a secret.json")
    whose = own(name, conversation=answer.conversation.uuid, preset=preset.uuid, file=file.uuid, message=answer.uuid)

    replies = {
        (verb, str(uuid)): bob.send_raw(verb, address(route, uuid), b"" if verb != "GET" else None, {"Accept": accept})
        for verb in VERBS
        for uuid in (whose, uuid4())
        for accept in ("text/html", "application/json")
    }

    # A verb that the address does not have tells nothing about what is there.
    assert {key: reply.status for key, reply in replies.items() if reply.status not in (404, 405)} == {}
    assert [key for key, reply in replies.items() if "secret" in reply.text] == []
    assert Message.objects.get(pk=answer.pk).stop_requested is False
    assert Preset.objects.get().name == "a secret"
    assert Import.objects.get().state == "arriving"


@pytest.mark.parametrize(("route", "name"), WITH_ID)
@pytest.mark.parametrize("uuid", ["1", "x", "%00", "..", "00000000-0000-0000-0000-00000000000G", "A" * 3000])
def test_a_malformed_id_is_not_there(ada: Person, route: str, name: str, uuid: str) -> None:
    assert ada.get(address(route, uuid)).status == 404


@pytest.mark.parametrize(("route", "name"), WITH_ID)
def test_what_is_deleted_is_not_there(ada: Person, site: Site, route: str, name: str) -> None:
    begun = ada.ask()
    site.wait_answers()
    url = begun["conversation"]["url"]
    preset = ada.script(url, {"action": "save_preset", "name": "Mine"}).json["preset"]["id"]
    ada.script(f"/presets/{preset}/", {"action": "delete"})
    ada.script(url, {"action": "remove"})
    file = Import.begin(ada.user, name="a.json")
    Import.objects.all().delete()
    uuid = own(
        name, conversation=begun["conversation"]["id"], preset=preset, file=file.uuid, message=begun["answer"]["id"]
    )

    statuses = {ada.get(address(route, uuid)).status, ada.post(address(route, uuid)).status}

    assert statuses - {405} == {404}


PRIVATE = [(route, entry.name or "") for route, entry in site_patterns() if (entry.name or "") not in PUBLIC]


@pytest.mark.parametrize(("route", "name"), PRIVATE)
def test_a_visitor_is_led_to_the_login_page_and_a_script_is_told(
    person: Callable[..., Person], route: str, name: str
) -> None:
    visitor = person(None)
    path = address(route, uuid4())

    answers = {
        (verb, accept): visitor.send_raw(verb, path, b"" if verb == "POST" else None, {"Accept": accept})
        for verb in ("GET", "POST")
        for accept in ("text/html", "application/json", "text/event-stream")
    }

    let_in = {
        key: reply.status
        for key, reply in answers.items()
        if not (reply.status in (401, 405) or (reply.status in (302, 303) and is_entrance(reply.headers["Location"])))
    }
    assert let_in == {}


def is_entrance(location: Any) -> bool:
    return str(location).startswith("/accounts/login/")


@pytest.mark.fault(61)
@pytest.mark.parametrize(("route", "name"), [entry for entry in WITH_ID if entry[1] in ("conversation", "message")])
def test_an_unknown_action_is_a_400(ada: Person, site: Site, route: str, name: str) -> None:
    begun = ada.ask()
    site.wait_answers()
    uuid = begun["conversation"]["id"] if name == "conversation" else begun["answer"]["id"]

    replies = [ada.script(address(route, uuid), fields) for fields in ({}, {"action": "explode"}, {"action": 7})]

    assert [(reply.status, reply.error) for reply in replies] == [(400, "bad_request")] * 3

"""Row 61 of the table: requests of any shape, at every address of the site."""

import json
from typing import Any

import pytest

from conversations.models import Message
from tests.fakes.provider import FakeProvider
from tests.people import Person, Response
from tests.serving import Site
from tests.views.test_addresses import address, site_patterns

JSON = "application/json"
UNREADABLE = [
    pytest.param(JSON, b"{", id="broken JSON"),
    pytest.param(JSON, b"[1]", id="a list"),
    pytest.param(JSON, b"null", id="null"),
    pytest.param(JSON, b"\xff\xfe", id="no UTF-8"),
    pytest.param(JSON, b"[" * 100_000, id="deep"),
    pytest.param(JSON, b'{"message":[1],"text":[1],"theme":[1],"action":[1]}', id="lists for texts"),
    pytest.param(JSON, b'{"message":{},"text":{},"theme":{},"action":{}}', id="objects for texts"),
    pytest.param(JSON, b'{"message":true,"text":true,"theme":true,"action":true}', id="booleans for texts"),
    pytest.param(JSON, b'{"message":1.5,"text":1.5,"theme":1.5,"action":1.5}', id="fractions for texts"),
    pytest.param("text/plain", b"message=x", id="plain text"),
    pytest.param("multipart/form-data", b"message=x", id="no boundary"),
]
READING = ("conversations", "conversation", "conversation-messages", "message", "markdown", "preferences")


def addresses(begun: dict[str, Any]) -> dict[str, str]:
    """Every address of the site, by its name, for this conversation and its answer; not the one that logs out."""
    ids = {"conversation": begun["conversation"]["id"], "conversation-messages": begun["conversation"]["id"]}
    found = {
        entry.name or route: (route, ids.get(entry.name or "", begun["answer"]["id"])) for route, entry in PATTERNS
    }
    return {name: address(route, uuid).replace("<str:token>", "x") for name, (route, uuid) in found.items()}


PATTERNS = [(route, entry) for route, entry in site_patterns() if entry.name != "account_logout"]


def posted(person: Person, begun: dict[str, Any], kind: str, body: bytes) -> dict[str, Response]:
    headers = {"Content-Type": kind, "Accept": JSON}
    return {name: person.send_raw("POST", path, body, headers) for name, path in addresses(begun).items()}


def has_sentence(reply: Response) -> bool:
    error = reply.json["error"]
    return " " in error["message"] and error["message"].endswith(".") and bool(error["reference"])


@pytest.mark.fault(61)
@pytest.mark.parametrize(("kind", "body"), UNREADABLE)
def test_body_that_cannot_be_read_is_refused_with_a_sentence_everywhere(
    ada: Person, fake: FakeProvider, site: Site, kind: str, body: bytes
) -> None:
    begun = ada.ask()
    site.wait_tasks()

    replies = posted(ada, begun, kind, body)

    refused = {name: replies[name] for name in READING}
    assert {name: reply.status for name, reply in refused.items() if reply.status not in (400, 422)} == {}
    assert [name for name, reply in refused.items() if not has_sentence(reply)] == []
    assert [name for name, reply in replies.items() if reply.status >= 500] == []
    assert (ada.get("/healthz").status, Message.objects.count(), len(fake.answer_calls)) == (200, 2, 1)


@pytest.mark.fault(61)
@pytest.mark.parametrize("fields", [{}, {"action": "configure", "history_turns": "many"}, {"unknown": "x"}])
def test_missing_and_senseless_fields_are_refused_with_a_sentence_everywhere(
    ada: Person, fake: FakeProvider, site: Site, fields: dict[str, str]
) -> None:
    begun = ada.ask()
    site.wait_tasks()

    replies = posted(ada, begun, JSON, json.dumps(fields).encode())

    refused = {name: replies[name] for name in READING if name != "markdown"}  # no text is an empty text there
    assert {name: reply.status for name, reply in refused.items() if reply.status not in (400, 422)} == {}
    assert [name for name, reply in refused.items() if not has_sentence(reply)] == []
    assert [name for name, reply in replies.items() if reply.status >= 500] == []
    assert (ada.get("/healthz").status, Message.objects.count(), len(fake.answer_calls)) == (200, 2, 1)


@pytest.mark.fault(61)
def test_huge_body_is_refused_with_a_sentence_everywhere(ada: Person, fake: FakeProvider, site: Site) -> None:
    begun = ada.ask()
    site.wait_tasks()

    replies = posted(ada, begun, JSON, b'{"message": "' + b"x" * 5_000_000 + b'"}')

    assert {reply.status for reply in replies.values()} == {413}
    assert [name for name, reply in replies.items() if not has_sentence(reply)] == []
    assert (ada.get("/healthz").status, Message.objects.count(), len(fake.answer_calls)) == (200, 2, 1)


@pytest.mark.fault(61)
@pytest.mark.parametrize("query", ["before=x", "before=%00", "after=x", "after=%FF", "before=" + "9" * 9000])
def test_query_of_any_shape_is_answered_everywhere(ada: Person, site: Site, query: str) -> None:
    begun = ada.ask()
    site.wait_tasks()

    replies = {name: ada.get(f"{path}?{query}", Accept="text/html") for name, path in addresses(begun).items()}

    assert {name: reply.status for name, reply in replies.items() if reply.status >= 500} == {}
    assert ada.get("/healthz").status == 200

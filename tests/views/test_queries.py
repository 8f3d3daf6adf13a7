"""How many queries each page costs, with few rows as with many: the list of pages is held against the site's own."""

from collections.abc import Callable
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.contrib import admin
from django.contrib.auth.models import Group, User
from django.core.management import call_command
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import resolve
from django.utils import timezone

from conversations.models import (
    Act,
    Category,
    Conversation,
    Feedback,
    Flag,
    Import,
    LegalHold,
    Message,
    Preset,
    ReadRecord,
    Reason,
    RetentionRule,
    Tag,
)
from conversations.views import transcript
from tests.large import grown
from tests.views.test_addresses import address, site_patterns

FEW, MANY = 3, 20  # tags on one chat, the most that there may be
FRAGMENT = {"HX-Request": "true"}
PASSWORD = "a password of the owner"
WHY = Reason(category=Category.OTHER, text="because")

# What stands in braces is filled in with what is there.
PAGES = {
    "/": 6,
    "/?preset={preset}": 7,
    "/conversations/": 10,
    "/conversations/?before={old}": 11,
    "/conversations/?in=archive": 10,
    "/conversations/?in=bin": 10,
    "/conversations/?tag={tag}": 11,
    "/conversations/?q=few": 10,
    "/conversations/?q=few tag:tag0": 10,
    "/conversations/{chat}/": 12,
    "/conversations/{chat}/?at={question}": 16,
    "/conversations/{chat}/?at={version}": 15,
    "/conversations/{chat}/messages/?before={answer}": 16,
    "/messages/{answer}/": 6,
    "/messages/{answer}/?remark=rate": 12,
    "/messages/{answer}/sent/": 6,
    "/presets/": 6,
    "/preferences/": 5,
    "/export/": 6,
    "/imports/": 6,
    "/accounts/2fa/": 6,
    "/accounts/reauthenticate/": 11,
    "/accounts/password/change/": 3,
    "/accounts/logout/": 3,
    "/accounts/inactive/": 0,
    "/offline/": 3,
    "/manifest.webmanifest": 0,
    "/service-worker.js": 3,
    "/healthz": 0,
}
PARTS = {
    "/conversations/": 5,
    "/conversations/?before={old}": 5,
    "/conversations/?q=few": 8,
    "/conversations/{chat}/messages/?before={answer}": 9,
    "/messages/{answer}/": 6,
    "/messages/{answer}/sent/": 4,
}
ADMIN = {
    "conversations/conversation/": 8,
    "conversations/message/": 7,
    "conversations/preset/": 5,
    "conversations/readrecord/": 5,
    "conversations/legalhold/": 5,
    "conversations/retentionrule/": 5,
    "conversations/sitesetting/": 6,
    "auth/user/": 7,
    "auth/group/": 6,
    "account/emailaddress/": 6,
}
OTHERWISE = {
    "message-events",  # a stream
    "readyz",  # asks the database whether it is there, and what is migrated
}


def fill(owner: User, count: int) -> dict[str, Any]:
    """So many of everything that a page may show; what the addresses of PAGES name."""
    owner.set_password(PASSWORD)
    owner.save()
    depth = transcript.PAGE + 2 * count
    chat = grown(owner, depth=depth, count=2 * depth)
    chats = [grown(owner, depth=2, count=4) for _ in range(4 * count)]
    rows = Conversation.objects.all()
    places = [rows.filter(pk__in=[each.pk for each in chats[place::4]]) for place in range(4)]
    places[0].update(pinned_at=timezone.now())
    places[1].update(archived_at=timezone.now())
    places[2].update(binned_at=timezone.now())
    for number in range(count):
        Tag.put(f"tag{number}", rows.filter(pk__in=[chat.pk, *(each.pk for each in chats[3::4])]))
        Preset.keep(f"preset {number}", chat, owner_id=owner.pk)
        Import.objects.create(owner=owner, name=f"{number}.json", state="done", ended_at=timezone.now())
        Client().force_login(owner)  # another browser
        someone = User.objects.create_user(f"someone{number}", is_staff=True)
        EmailAddress.objects.create(user=someone, email=f"{number}@example.org")
        RetentionRule.objects.create(scope="group", group=Group.objects.create(name=f"Group {number}"), days=900)
        RetentionRule.objects.create(scope="person", person=someone, days=800)
        LegalHold(conversation=chats[number]).place(by=someone, reason=WHY)
        ReadRecord.append(Act.OPEN, reader=someone, reason=WHY, conversation=chat.uuid, owner_id=owner.pk)
    owner.groups.set(Group.objects.all())
    for answer in Message.objects.answers().filter(conversation=chat):
        Feedback.objects.create(message=answer, owner=owner, verdict="down", reason="why")
        Flag.objects.create(conversation=chat, message=answer, source="person", reason="why")
    call_command("check_index")
    branch = list(chat.messages.filter(pk__lt=chat.messages.earliest("pk").pk + depth - 1).order_by("pk"))
    others = chat.messages.exclude(pk__in=[*(message.pk for message in branch), chat.leaf_id])
    return {
        "chat": chat.uuid,
        "old": chats[3].uuid,
        "tag": Tag.objects.earliest("pk").uuid,
        "preset": Preset.objects.earliest("pk").uuid,
        "answer": chat.leaf.uuid,
        "question": branch[2].uuid,
        "version": others.latest("pk").uuid,
    }


@pytest.fixture
def browser(owner: User, there: dict[str, Any]) -> Client:
    """The owner's, who has just logged in: some pages ask for the password otherwise."""
    client = Client()
    client.post("/accounts/login/", {"login": owner.username, "password": PASSWORD})
    return client


@pytest.fixture(params=[FEW, MANY], ids=["few", "many"])
def there(owner: User, request: pytest.FixtureRequest) -> dict[str, Any]:
    return fill(owner, request.param)


def costs(ask: Callable[[str], HttpResponse], path: str) -> int:
    """The queries of a page that was asked for before: what is cached then is not what the page costs."""
    assert ask(path).status_code == 200, path
    with CaptureQueriesContext(connection) as captured:
        b"".join(ask(path))
    return len(captured)


def test_pages_cost_as_many_queries_with_few_rows_as_with_many(browser: Client, there: dict[str, Any]) -> None:
    counts = {path: costs(browser.get, path.format(**there)) for path in PAGES}

    assert counts == PAGES


def test_parts_of_pages_do_too(browser: Client, there: dict[str, Any]) -> None:
    def ask(path: str) -> HttpResponse:
        return browser.get(path, headers=FRAGMENT)

    counts = {path: costs(ask, path.format(**there)) for path in PARTS}

    assert counts == PARTS


def test_lists_of_the_administration_do_too(there: dict[str, Any]) -> None:
    client = Client()
    client.force_login(User.objects.create_superuser("root"))

    counts = {path: costs(client.get, f"/admin/{path}") for path in ADMIN}

    assert counts == ADMIN


@pytest.mark.parametrize("there", [FEW], indirect=True)
def test_every_page_is_asked_for(browser: Client, there: dict[str, Any]) -> None:
    asked = {resolve(path.partition("?")[0].format(**there)).url_name for path in PAGES}
    ids = {"conversation": there["chat"], "preset": there["preset"]}

    pages = set()
    for route, entry in site_patterns():
        if entry.name in OTHERWISE:
            continue
        uuid = next((each for name, each in ids.items() if f"/{name}s/" in route), there["answer"])
        if browser.get(address(route, uuid)).status_code == 200:
            pages.add(entry.name)

    assert pages == asked
    assert {f"{model._meta.app_label}/{model._meta.model_name}/" for model in admin.site._registry} == ADMIN.keys()

"""Every address of Django admin, as it lists them itself, tried by everybody who might."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.contrib import admin
from django.contrib.auth.models import Group, User
from django.test import Client
from django.urls import URLPattern, URLResolver, reverse

from conversations.models import (
    Act,
    Category,
    Conversation,
    LegalHold,
    Preset,
    ReadRecord,
    Reason,
    RetentionRule,
    SiteSetting,
)
from tests.admin.conftest import METADATA, SECRET

OPEN_TO_ALL = {"login", "logout"}
OF_THE_STAFF = {
    "index",
    "app_list",
    "password_change",
    "password_change_done",
    "jsi18n",
    "autocomplete",
    "view_on_site",
}


def names(patterns: Any = None) -> Iterator[tuple[str, str]]:
    """Each address of the admin: its name, and the route that says what its arguments are."""
    for pattern in admin.site.urls[0] if patterns is None else patterns:
        if isinstance(pattern, URLResolver):
            yield from names(pattern.url_patterns)
        elif isinstance(pattern, URLPattern) and pattern.name:
            yield pattern.name, str(pattern.pattern)


@pytest.fixture
def paths(conversation: Conversation) -> dict[str, str]:
    """Their paths, each with what is really there."""
    reason = Reason(category=Category.OTHER, text=f"because {SECRET}")
    record = ReadRecord.append(Act.OPEN, reader=conversation.owner, reason=reason)
    LegalHold(conversation=conversation).place(by=conversation.owner, reason=reason)
    rows = {
        "retentionrule": RetentionRule.objects.create(scope="person", person=conversation.owner, days=9).pk,
        "legalhold": LegalHold.objects.get().pk,
        "conversation": conversation.pk,
        "message": conversation.messages.answers().get().pk,
        "preset": Preset.objects.get().pk,
        "readrecord": record.pk,
        "sitesetting": SiteSetting.objects.get_or_create(name="review_notice_days")[0].pk,
        "user": conversation.owner.pk,
        "emailaddress": EmailAddress.objects.create(user=conversation.owner, email="ada@example.org").pk,
        "group": Group.objects.get_or_create(name="Some")[0].pk,
    }
    return {name: path_of(name, route, rows, conversation) for name, route in names()}


def path_of(name: str, route: str, rows: dict[str, Any], conversation: Conversation) -> str:
    given = re.findall(r"<(?:\w+:)?(\w+)>", route)
    model = next((part for part in name.split("_") if part in rows), "")
    values = {
        "object_id": rows.get(model), "uuid": conversation.uuid, "app_label": "conversations", "id": rows["user"],
        "content_type_id": 1, "url": "nowhere",
    }  # fmt: skip
    return reverse(f"admin:{name}", kwargs={argument: values[argument] for argument in given})


def statuses(client: Client, paths: dict[str, str], verb: str = "get") -> dict[str, int]:
    return {name: getattr(client, verb)(path).status_code for name, path in paths.items()}


def test_there_is_something_to_try(paths: dict[str, str]) -> None:
    assert {"conversations_conversation_transcript", "conversations_conversation_search"} < paths.keys()
    assert len(paths) > 40


@pytest.mark.parametrize("verb", ["get", "post", "head", "put", "delete"])
@pytest.mark.parametrize("who", [None, "ada"])
def test_visitors_and_people_are_let_into_nothing(paths: dict[str, str], who: str | None, verb: str) -> None:
    client = Client()
    if who:
        client.force_login(User.objects.get(username=who))

    got = statuses(client, {name: path for name, path in paths.items() if name not in OPEN_TO_ALL}, verb)

    assert {name: status for name, status in got.items() if status not in (302, 404)} == {}


@pytest.mark.parametrize("verb", ["get", "post"])
def test_staff_without_permissions_see_nothing_of_anybody(
    staff: Callable[..., Client], paths: dict[str, str], verb: str
) -> None:
    client = staff()
    tried = {name: path for name, path in paths.items() if name not in OPEN_TO_ALL | OF_THE_STAFF}

    got = statuses(client, tried, verb)

    assert {name: status for name, status in got.items() if status not in (403, 404, 405, 302)} == {}


@pytest.mark.parametrize(
    ("permissions", "reads"),
    [(METADATA, False), (("view_text",), False), ((*METADATA, "view_text"), True)],
)
def test_texts_are_read_with_both_permissions_alone(
    staff: Callable[..., Client], paths: dict[str, str], permissions: tuple[str, ...], reads: bool
) -> None:
    client, place = staff(*permissions), paths["conversations_conversation_transcript"]

    asked = client.post(place, {"action": "open", "category": "other", "reason": "x"})
    shown = client.get(place)
    searched = client.post(
        paths["conversations_conversation_search"], {"words": SECRET, "category": "other", "reason": "x"}
    )

    assert [reply.status_code for reply in (asked, shown, searched)] == ([303, 200, 200] if reads else [403] * 3)
    assert (SECRET in shown.content.decode()) is reads


@pytest.mark.parametrize("permissions", [(), METADATA, ("view_text",), (*METADATA, "view_text")])
def test_no_page_but_the_transcript_has_a_word_of_text(
    staff: Callable[..., Client], paths: dict[str, str], permissions: tuple[str, ...]
) -> None:
    client = staff(*permissions)
    leave = OPEN_TO_ALL | {"password_change"}

    pages = {name: client.get(path).content.decode() for name, path in paths.items() if name not in leave}

    assert [name for name, page in pages.items() if SECRET in page] == []


def test_not_even_to_superusers(paths: dict[str, str]) -> None:
    client = Client()
    client.force_login(User.objects.create_superuser("root"))
    own = {"conversations_readrecord_change", "conversations_legalhold_change"}  # the reasons of who did it

    pages = {name: client.get(path).content.decode() for name, path in paths.items() if name not in OPEN_TO_ALL}

    assert {name for name, page in pages.items() if SECRET in page} == own


def test_nothing_that_was_recorded_is_changed_by_a_superuser(paths: dict[str, str]) -> None:
    client = Client()
    client.force_login(User.objects.create_superuser("root"))
    before = list(ReadRecord.objects.values())

    got = statuses(client, {name: path for name, path in paths.items() if "readrecord" in name}, "post")

    assert {name: status for name, status in got.items() if status not in (403, 405, 302, 200)} == {}
    assert list(ReadRecord.objects.values()) == before

"""The lists of the places, and what a chat says of where it is."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from conversations.models import Conversation, Tag
from conversations.views import pages
from tests.views.places.placed import Put, titles

NOW = timezone.now()


@pytest.mark.parametrize(("place", "shown"), [("", ["pinned", "kept"]), ("archive", ["old"]), ("bin", ["gone"])])
def test_each_place_has_its_list(owner_client: Client, put: Put, place: str, shown: list[str]) -> None:
    now = timezone.now()
    put("kept")
    put("old", archived_at=now)
    put("gone", binned_at=now)
    put("pinned", pinned_at=now)
    put("fleeting", is_temporary=True)

    page = owner_client.get("/conversations/", {"in": place})

    assert titles(page.context["page"]["conversations"]) == shown
    assert titles(page.context["sidebar"]["pinned"]) == ["pinned"]
    assert titles(page.context["sidebar"]["conversations"]) == ["kept"]
    assert "fleeting" not in page.content.decode()


@pytest.mark.parametrize("place", ["temporary", "nowhere", "\0"])
def test_there_is_no_other_list(owner_client: Client, place: str) -> None:
    assert owner_client.get("/conversations/", {"in": place}).status_code == 404


def test_the_archive_is_paged_without_gap_or_repeat(
    owner_client: Client, put: Put, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "SIDEBAR", 2)
    for number in range(5):
        put(str(number), archived_at=timezone.now())
        put("between")

    url: str | None = "/conversations/?in=archive"
    seen = []
    while url:
        page = owner_client.get(url).context["page"]
        seen += titles(page["conversations"])
        url = page["older_url"]

    assert seen == list("43210")


def test_pinned_ones_stand_above_the_others_and_are_bounded(
    owner_client: Client, put: Put, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "PINNED", 2)
    monkeypatch.setattr(pages, "SIDEBAR", 2)
    now = timezone.now()
    for number in range(3):
        put(f"pinned {number}", pinned_at=now + timedelta(seconds=number))
        put(f"other {number}")

    first = owner_client.get("/conversations/", headers={"HX-Request": "true"}).context["page"]
    older = owner_client.get(first["older_url"], headers={"HX-Request": "true"}).context["page"]

    assert (titles(first["pinned"]), titles(first["conversations"])) == (
        ["pinned 2", "pinned 1"],
        ["other 2", "other 1"],
    )
    assert (titles(older["pinned"]), titles(older["conversations"])) == ([], ["other 0"])


def test_the_list_costs_as_many_queries_for_many_as_for_one(
    owner_client: Client, put: Put, django_assert_num_queries: Any
) -> None:
    for count in (1, 5):
        for number in range(count):
            Tag.put(f"tag {number}", Conversation.objects.filter(pk=put("one").pk))
        with django_assert_num_queries(10):
            owner_client.get("/conversations/")


@pytest.mark.parametrize(
    ("columns", "said"), [({}, False), ({"archived_at": NOW}, True), ({"archived_at": NOW, "binned_at": NOW}, False)]
)
def test_an_archived_chat_says_so(owner_client: Client, put: Put, columns: dict[str, Any], *, said: bool) -> None:
    page = owner_client.get(put("one", **columns).get_absolute_url()).content.decode()

    assert ("This chat is in the archive." in page) is said

"""What is in the bin, and what is temporary, is reviewed like all else until it is deleted."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from conversations.models import Conversation
from tests.admin.conftest import METADATA
from tests.admin.test_transcripts import WHY

PLACES = {
    "chats": {},
    "archive": {"archived_at": timezone.now()},
    "bin": {"binned_at": timezone.now()},
    "temporary": {"is_temporary": True},
}


@pytest.fixture
def one_in_each(db: None) -> None:
    owner = User.objects.create_user("ada")
    for place, columns in PLACES.items():
        Conversation.objects.create(owner=owner, title=f"a title of {place}", model=f"model-{place}", **columns)


def listed(page: Any) -> list[tuple[str, str]]:
    """The model of each row, which names its place, and the place that is told."""
    return [(row.model, page.context["cl"].model_admin.placed(row)) for row in page.context["cl"].result_list]


def test_the_list_says_where_each_is(staff: Callable[..., Client], one_in_each: None) -> None:
    page = staff(*METADATA).get(reverse("admin:conversations_conversation_changelist"))

    assert sorted(listed(page)) == sorted((f"model-{place}", place) for place in PLACES)
    for place in PLACES:
        assert f'<td class="field-placed">{place}</td>' in page.content.decode()


@pytest.mark.parametrize("place", ["bin", "temporary"])
def test_the_list_finds_those_that_are_deleted_in_time(
    staff: Callable[..., Client], one_in_each: None, place: str
) -> None:
    page = staff(*METADATA).get(reverse("admin:conversations_conversation_changelist"), {"place": place})

    assert listed(page) == [(f"model-{place}", place)]


@pytest.mark.parametrize("place", PLACES)
def test_each_is_shown_and_read(staff: Callable[..., Client], one_in_each: None, place: str) -> None:
    client = staff(*METADATA, "view_text")
    conversation = Conversation.objects.get(model=f"model-{place}")
    transcript = reverse("admin:conversations_conversation_transcript", args=[conversation.uuid])

    shown = client.get(reverse("admin:conversations_conversation_change", args=[conversation.pk]))
    client.post(transcript, WHY)
    read = client.get(transcript)

    assert f'<div class="readonly">{place}</div>' in shown.content.decode()
    assert f"a title of {place}" in read.content.decode()

"""Conversations in Django admin: who may see what, and that nothing can be changed."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.test import Client
from django.urls import reverse

from conversations.admin import lists
from conversations.models import Conversation, Flag, Message, Preset, loose
from tests.admin.conftest import METADATA, SECRET


def addresses(conversation: Conversation) -> dict[str, str]:
    answer = conversation.messages.answers().get()
    return {
        "conversations": reverse("admin:conversations_conversation_changelist"),
        "conversation": reverse("admin:conversations_conversation_change", args=[conversation.pk]),
        "messages": reverse("admin:conversations_message_changelist"),
        "message": reverse("admin:conversations_message_change", args=[answer.pk]),
        "presets": reverse("admin:conversations_preset_changelist"),
        "preset": reverse("admin:conversations_preset_change", args=[Preset.objects.get().pk]),
    }


@pytest.mark.parametrize("permissions", [(), ("view_text",)])
def test_metadata_is_seen_and_no_word_of_text_whoever_looks(
    staff: Callable[..., Client], conversation: Conversation, permissions: tuple[str, ...]
) -> None:
    client = staff(*METADATA, *permissions)

    pages = {name: client.get(path) for name, path in addresses(conversation).items()}

    assert {name: page.status_code for name, page in pages.items()} == dict.fromkeys(pages, 200)
    assert [name for name, page in pages.items() if SECRET in page.content.decode()] == []
    assert str(conversation.uuid) in pages["conversations"].content.decode()
    assert ("transcript/" in pages["conversations"].content.decode()) is bool(permissions)


def test_histories_show_ids(conversation: Conversation) -> None:
    client = Client()
    client.force_login(User.objects.create_superuser("root"))
    message, preset = conversation.messages.answers().get(), Preset.objects.get()

    pages = [
        client.get(reverse(f"admin:conversations_{name}_history", args=[row.pk])).content.decode()
        for name, row in (("conversation", conversation), ("message", message), ("preset", preset))
    ]

    assert [str(row.uuid) in page for row, page in zip((conversation, message, preset), pages, strict=True)] == [
        True
    ] * 3
    assert [SECRET in page for page in pages] == [False] * 3


@pytest.mark.parametrize("query", [f"q={SECRET}", f"title__contains={SECRET}", "system_prompt__startswith=z"])
def test_text_is_not_searched_among_metadata(
    staff: Callable[..., Client], conversation: Conversation, query: str
) -> None:
    client = staff(*METADATA, "view_text")

    found = client.get(f"{addresses(conversation)['conversations']}?{query}")

    assert str(conversation.uuid) not in found.content.decode()


@pytest.mark.parametrize("query", ["text__contains=question", "reasoning__startswith=z", "error_detail__contains=z"])
def test_messages_are_not_filtered_by_text(
    staff: Callable[..., Client], conversation: Conversation, query: str
) -> None:
    client = staff(*METADATA, "view_text")

    found = client.get(f"{addresses(conversation)['messages']}?{query}")

    assert found.status_code in (302, 400)


@pytest.mark.parametrize("query", ["q=ada", "q=ADA", "model=fake-model", "state=failed", "touched_at__year=2020"])
def test_conversations_are_found_by_owner_model_state_and_date(
    staff: Callable[..., Client], conversation: Conversation, query: str
) -> None:
    found = staff(*METADATA).get(f"{addresses(conversation)['conversations']}?{query}").content.decode()

    assert (str(conversation.uuid) in found) is ("2020" not in query)


@pytest.mark.parametrize("form", [str, lambda uuid: str(uuid).upper(), lambda uuid: f" {uuid} "])
def test_each_is_found_by_its_id_and_by_no_other(
    staff: Callable[..., Client], conversation: Conversation, form: Callable[[UUID], str]
) -> None:
    client, where = staff(*METADATA), addresses(conversation)
    others = Conversation.begin(conversation.owner, text="Another", model="fake-model").conversation
    Preset.keep("Another", others, owner_id=others.owner_id)

    def found(name: str, uuid: UUID) -> set[UUID]:
        page = client.get(where[name], {"q": form(uuid)})
        return {row.uuid for row in page.context["cl"].result_list}

    messages = set(conversation.messages.values_list("uuid", flat=True))
    preset = Preset.objects.earliest("pk")
    assert found("conversations", conversation.uuid) == {conversation.uuid}
    assert found("messages", conversation.uuid) == messages
    assert [found("messages", uuid) for uuid in messages] == [{uuid} for uuid in messages]
    assert found("presets", preset.uuid) == {preset.uuid}
    assert found("conversations", preset.uuid) == set()


def test_nothing_can_be_changed_or_added_not_even_by_a_superuser(conversation: Conversation) -> None:
    client = Client()
    client.force_login(User.objects.create_superuser("root"))
    where = addresses(conversation)

    tries = [
        client.post(where["conversation"], {"title": "forged"}),
        client.post(where["message"], {"text": "forged"}),
        client.post(where["preset"], {"name": "forged"}),
        client.get(reverse("admin:conversations_conversation_add")),
        client.get(reverse("admin:conversations_message_add")),
        client.post(reverse("admin:conversations_conversation_delete", args=[conversation.pk]), {"post": "yes"}),
    ]
    client.post(where["conversations"], {"action": "delete_selected", "_selected_action": conversation.pk})

    assert [reply.status_code for reply in tries] == [403] * 6
    assert Conversation.objects.get().title == f"title {SECRET}"


@pytest.mark.parametrize("permissions", [(), ("view_text",)])
def test_staff_without_the_permission_to_view_get_nothing(
    staff: Callable[..., Client], conversation: Conversation, permissions: tuple[str, ...]
) -> None:
    client = staff(*permissions)

    assert {client.get(path).status_code for path in addresses(conversation).values()} == {403}


def test_people_and_visitors_are_led_to_the_login_page(conversation: Conversation) -> None:
    person = Client()
    person.force_login(conversation.owner)

    replies = [client.get(path) for client in (Client(), person) for path in addresses(conversation).values()]

    assert {reply.status_code for reply in replies} == {302}


@pytest.mark.parametrize(("name", "most"), [("conversations", 10), ("messages", 9), ("presets", 7)])
def test_a_list_costs_the_same_for_one_row_and_for_many(
    staff: Callable[..., Client], conversation: Conversation, name: str, most: int, django_assert_num_queries: Any
) -> None:
    client, where = staff(*METADATA, "view_text"), addresses(conversation)[name]
    client.get(where)  # permissions and types are looked up once
    with django_assert_num_queries(most):
        client.get(where)
    for number in range(20):
        Conversation.begin(User.objects.create_user(f"user{number}"), text="Hi", model="m")

    with django_assert_num_queries(most):
        client.get(where)


@pytest.mark.parametrize(
    "query", ["fingerprint__startswith=a", "key__startswith=k", "sent__contains=x", "html__contains=z"]
)
def test_no_other_column_can_be_asked_by_address(
    staff: Callable[..., Client], conversation: Conversation, query: str
) -> None:
    found = staff(*METADATA).get(f"{addresses(conversation)['messages']}?{query}")

    assert found.status_code in (302, 400)


def test_a_filter_by_state_counts_messages_once(staff: Callable[..., Client], conversation: Conversation) -> None:
    where = addresses(conversation)["conversations"]

    (row,) = staff(*METADATA).get(f"{where}?state=failed").context["cl"].result_list

    assert row.count == 2


def test_who_may_delete_people_deletes_what_is_theirs_with_them(conversation: Conversation) -> None:
    client = Client()
    client.force_login(User.objects.create_superuser("root"))
    path = reverse("admin:auth_user_delete", args=[conversation.owner.pk])

    asked, done = client.get(path).content.decode(), client.post(path, {"post": "yes"})

    assert SECRET not in asked
    assert done.status_code == 302
    assert (Conversation.objects.count(), Message.objects.count()) == (0, 0)


@pytest.mark.parametrize(
    "query",
    [
        f"review__conversation__messages__text__contains={SECRET}", f"review__conversation__title__contains={SECRET}",
        "review__conversation__system_prompt__startswith=z", "review__conversation__owner__password__startswith=a",
        "review__notes__text__contains=z", "flag__reason__contains=z", "touched_at__owner__password=x", "state__x=1",
        "owner__id__exact__gt=1", "leaf__text__contains=z",
    ],
)  # fmt: skip
def test_no_relation_leads_from_a_filter_to_texts_and_secrets(
    staff: Callable[..., Client], conversation: Conversation, query: str
) -> None:
    Flag.report(conversation.messages.answers().get(), SECRET)

    found = staff(*METADATA, "view_text").get(f"{addresses(conversation)['conversations']}?{query}")

    assert found.status_code in (302, 400)


@pytest.mark.parametrize("order", range(1, 10))
def test_no_address_orders_by_what_has_no_index(
    staff: Callable[..., Client], conversation: Conversation, order: int
) -> None:
    for name in ("conversations", "messages", "presets"):
        listed = staff(*METADATA, name=name).get(f"{addresses(conversation)[name]}?o={order}").context["cl"]

        wanted = {"conversations": {"touched_at", "pk"}, "messages": {"pk"}, "presets": {"pk"}}[name]
        assert {str(each).lstrip("-") for each in listed.get_ordering(None, listed.root_queryset)} <= wanted


def test_an_owner_leads_to_all_of_theirs(staff: Callable[..., Client], conversation: Conversation) -> None:
    Conversation.begin(User.objects.create_user("ada2"), text="Hi", model="m")
    client, where = staff(*METADATA), addresses(conversation)["conversations"]

    page = client.get(f"{where}?owner__id__exact={conversation.owner_id}")

    assert [row.uuid for row in page.context["cl"].result_list] == [conversation.uuid]
    assert f'href="?owner__id__exact={conversation.owner_id}"' in page.content.decode()


def test_nobody_learns_from_an_address_what_is_there(staff: Callable[..., Client], conversation: Conversation) -> None:
    kind = ContentType.objects.get_for_model(Conversation).pk

    assert staff().get(f"/admin/r/{kind}/{conversation.pk}/").status_code == 404


def test_no_list_counts_further_than_it_leads(
    staff: Callable[..., Client], conversation: Conversation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lists, "PAGED", 3)
    for _ in range(5):
        Conversation.begin(conversation.owner, text="Hi", model="m")

    page = staff(*METADATA).get(addresses(conversation)["conversations"])

    assert page.context["cl"].result_count == 3
    assert "only the first 3 are listed" in page.content.decode()


def test_models_are_offered_by_the_index(conversation: Conversation) -> None:
    for name in ("b", "a", "b", ""):
        Conversation.begin(conversation.owner, text="Hi", model=name)

    assert loose.values(Conversation, "model", most=3) == ["", "a", "b"]
    assert loose.values(Conversation, "model", most=9) == ["", "a", "b", "fake-model"]


def test_a_search_for_anything_is_answered(staff: Callable[..., Client], conversation: Conversation) -> None:
    client, where = staff(*METADATA), addresses(conversation)

    for asked in ("\0", "'", '"', "%", "\\", "a" * 5000, "\ud800".encode("utf-8", "surrogatepass"), "  "):
        for name in ("conversations", "messages", "presets"):
            assert client.get(where[name], {"q": asked}).status_code == 200

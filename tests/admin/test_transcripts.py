"""Reading in Django admin: nothing without a reason, and nothing that is not recorded."""

import html
import json
import re
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from conversations.admin import reasons, transcripts
from conversations.models import Conversation, Message, ReadRecord
from tests.admin.conftest import METADATA, SECRET

WHY = {"action": "open", "category": "report", "reason": "flagged by a colleague"}
SEARCH = "/admin/conversations/conversation/search/"


@pytest.fixture
def reviewer(staff: Callable[..., Client]) -> Client:
    return staff(*METADATA, "view_text", name="rita")


@pytest.fixture
def place(conversation: Conversation) -> str:
    return reverse("admin:conversations_conversation_transcript", args=[conversation.uuid])


def acts() -> list[str]:
    return [record.act for record in ReadRecord.objects.order_by("sequence")]


def test_a_transcript_is_not_shown_before_a_reason_is_given(reviewer: Client, place: str) -> None:
    page = reviewer.get(place)

    assert page.status_code == 200
    assert SECRET not in page.content.decode()
    assert "Say why you read it" in page.content.decode()
    assert acts() == []


def test_superusers_give_a_reason_like_everyone(place: str) -> None:
    client = Client()
    client.force_login(User.objects.create_superuser("root"))

    assert SECRET not in client.get(place).content.decode()


def test_with_a_reason_it_is_read_and_recorded(reviewer: Client, place: str, conversation: Conversation) -> None:
    said = reviewer.post(place, WHY, REMOTE_ADDR="192.0.2.9")
    page = reviewer.get(place, REMOTE_ADDR="192.0.2.9").content.decode()

    assert (said.status_code, said.headers["Location"]) == (303, place)
    assert f"<strong>{SECRET}</strong>" in page
    record = ReadRecord.objects.get()
    assert (record.act, record.reader_name, record.address) == ("open", "rita", "192.0.2.9")
    assert (record.category, record.reason) == ("report", "flagged by a colleague")
    assert (record.conversation, record.owner_id) == (conversation.uuid, conversation.owner_id)


def test_each_look_is_recorded(reviewer: Client, place: str) -> None:
    reviewer.post(place, WHY)
    for _ in range(3):
        reviewer.get(place)

    assert acts() == ["open"] * 3


@pytest.mark.parametrize(
    "fields",
    [
        {}, {"reason": ""}, {"reason": "  \n"}, {"category": ""}, {"category": "none"},
        {"reason": "\u200b\u202e"}, {"reason": "x" * 1001},
        {"reason": "\u00e9" * 1001},
    ],
)  # fmt: skip
def test_a_missing_or_forged_reason_opens_nothing(reviewer: Client, place: str, fields: dict[str, str]) -> None:
    sent = WHY | fields if fields else {"action": "open"}

    reply = reviewer.post(place, sent)

    assert (reply.status_code, acts()) == (422, [])
    assert SECRET not in reply.content.decode() + reviewer.get(place).content.decode()


def test_what_was_typed_comes_back_with_a_refusal(reviewer: Client, place: str) -> None:
    reply = reviewer.post(place, WHY | {"category": "", "reason": "<b>typed</b>"}).content.decode()

    assert "&lt;b&gt;typed&lt;/b&gt;</textarea>" in reply


@pytest.mark.parametrize("action", ["", "read", "delete"])
def test_an_unknown_action_is_refused(reviewer: Client, place: str, action: str) -> None:
    assert reviewer.post(place, WHY | {"action": action}).status_code == 400


def test_a_reason_is_for_one_conversation(reviewer: Client, place: str, conversation: Conversation) -> None:
    other = Conversation.begin(conversation.owner, text=f"other {SECRET}", model="m").conversation

    reviewer.post(place, WHY)

    page = reviewer.get(reverse("admin:conversations_conversation_transcript", args=[other.uuid]))
    assert SECRET not in page.content.decode()


def test_a_reason_is_for_one_session(reviewer: Client, staff: Callable[..., Client], place: str) -> None:
    reviewer.post(place, WHY)
    another = staff(*METADATA, "view_text", name="rob")

    assert SECRET not in another.get(place).content.decode()


@pytest.mark.parametrize(
    ("seconds", "is_good"), [(0, True), (1790, True), (1801, False), (-10, False), (-90_000, False)]
)
def test_a_reason_is_good_for_a_while_also_where_the_clock_jumps(
    reviewer: Client, place: str, monkeypatch: pytest.MonkeyPatch, seconds: int, is_good: bool
) -> None:
    reviewer.post(place, WHY)
    then = time.time() + seconds
    monkeypatch.setattr(reasons.time, "time", lambda: then)

    assert (SECRET in reviewer.get(place).content.decode()) is is_good
    assert acts() == ["open"] * is_good


def test_a_reason_is_nothing_without_the_permission(reviewer: Client, place: str) -> None:
    reviewer.post(place, WHY)
    User.objects.get(username="rita").user_permissions.remove(Permission.objects.get(codename="view_text"))

    assert (reviewer.get(place).status_code, acts()) == (403, [])


def test_only_so_many_reasons_are_kept(
    reviewer: Client, place: str, conversation: Conversation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reasons, "KEPT", 2)
    reviewer.post(place, WHY)
    for _ in range(2):
        other = Conversation.begin(conversation.owner, text="other", model="m").conversation
        reviewer.post(reverse("admin:conversations_conversation_transcript", args=[other.uuid]), WHY)

    assert "Say why you read it" in reviewer.get(place).content.decode()


def test_nothing_is_shown_where_it_cannot_be_recorded(
    reviewer: Client, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    reviewer.post(place, WHY)
    monkeypatch.setattr("conversations.models.read_record.TRIES", 0)

    reply = reviewer.get(place)

    assert (reply.status_code, acts()) == (503, [])
    assert SECRET not in reply.content.decode()


def test_an_export_is_recorded_and_has_every_branch(reviewer: Client, place: str, conversation: Conversation) -> None:
    answer = conversation.messages.answers().get()
    conversation.answer_again(answer, model="m")
    reviewer.post(place, WHY)

    reply = reviewer.post(place, {"action": "export"})

    exported = json.loads(reply.content)
    assert reply.headers["Content-Disposition"] == f'attachment; filename="conversation-{conversation.uuid}.json"'
    assert (exported["title"], exported["owner"], exported["is_whole"]) == (f"title {SECRET}", "ada", True)
    assert [message["role"] for message in exported["messages"]] == ["user", "assistant", "assistant"]
    assert exported["messages"][1]["parent"] == exported["messages"][2]["parent"] == exported["messages"][0]["id"]
    assert acts() == ["export"]
    assert (exported["flags"], exported["notes"]) == ([], [])


def test_nothing_is_exported_without_a_reason(reviewer: Client, place: str) -> None:
    reply = reviewer.post(place, {"action": "export"})

    assert (reply.status_code, acts()) == (403, [])
    assert SECRET not in reply.content.decode()


def test_a_search_over_texts_is_recorded_and_shows_no_word_of_them(
    reviewer: Client, conversation: Conversation
) -> None:
    other = Conversation.begin(conversation.owner, text="harmless", model="m").conversation

    page = reviewer.post(SEARCH, WHY | {"words": "question"}).content.decode()

    assert str(conversation.uuid) in page
    assert str(other.uuid) not in page
    assert SECRET not in page
    record = ReadRecord.objects.get()
    assert (record.act, record.subject, record.found, record.reason) == ("search", "question", 1, WHY["reason"])
    assert (record.conversation, record.told_at) == (None, None)


@pytest.mark.parametrize("words", [f"title {SECRET}", "ANSWER", "question"])
def test_titles_questions_and_answers_are_searched(reviewer: Client, conversation: Conversation, words: str) -> None:
    assert str(conversation.uuid) in reviewer.post(SEARCH, WHY | {"words": words}).content.decode()


def test_a_search_says_what_is_no_filter(reviewer: Client, conversation: Conversation) -> None:
    page = reviewer.post(SEARCH, WHY | {"words": "in:nowhere"}).content.decode()

    assert "“<bdi>in:nowhere</bdi>” was taken for words: only in:archive is understood." in page


def test_a_search_that_finds_nothing_is_recorded_too(reviewer: Client, conversation: Conversation) -> None:
    page = reviewer.post(SEARCH, WHY | {"words": "<b>100%_\\"}).content.decode()

    assert "No conversation has “&lt;b&gt;100%_\\”" in page
    assert ReadRecord.objects.get().found == 0


def test_a_search_is_bounded(reviewer: Client, conversation: Conversation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transcripts, "FOUND", 1)
    Conversation.begin(conversation.owner, text="question two", model="m")

    page = reviewer.post(SEARCH, WHY | {"words": "question"}).content.decode()

    assert page.count("/transcript/") == 1
    assert "There may be more" in page


@pytest.mark.parametrize("missing", ["words", "category", "reason"])
def test_a_search_needs_words_and_a_reason(reviewer: Client, conversation: Conversation, missing: str) -> None:
    reply = reviewer.post(SEARCH, {**WHY, "words": "question", missing: " "})

    assert (reply.status_code, acts()) == (422, [])
    assert str(conversation.uuid) not in reply.content.decode()


def test_hostile_text_is_inert_on_the_pages_of_a_reading(
    reviewer: Client, place: str, conversation: Conversation
) -> None:
    hostile = "<script>alert(1)</script><img src=x onerror=alert(2)>"
    Conversation.objects.update(title=hostile, system_prompt=hostile)
    Message.objects.update(text=hostile, reasoning=hostile, error_detail=hostile, model=hostile, html_version=0)
    User.objects.filter(username="ada").update(username=hostile)

    asked = reviewer.get(place).content.decode()
    reviewer.post(place, WHY | {"reason": hostile})
    read = reviewer.get(place).content.decode()
    found = reviewer.post(SEARCH, WHY | {"words": "alert", "reason": hostile}).content.decode()

    assert [hostile in page or "<img" in page for page in (asked, read, found)] == [False] * 3
    assert "&lt;script&gt;alert(1)" in read


def test_the_evidence_cannot_be_edited(reviewer: Client, place: str, conversation: Conversation) -> None:
    reviewer.post(place, WHY)
    page = reviewer.get(place).content.decode()

    assert page.count("<form") == page.count('name="csrfmiddlewaretoken"')
    for verb in ("put", "patch", "delete"):
        assert getattr(reviewer, verb)(place).status_code == 405
    assert Conversation.objects.get().title == f"title {SECRET}"


def test_older_messages_are_read_page_by_page(reviewer: Client, conversation: Conversation, place: str) -> None:
    leaf: Any = conversation.messages.answers().get()
    for number in range(45):
        Message.objects.filter(pk=leaf.pk).update(status="complete")
        leaf = conversation.send(f"turn {number}", parent=leaf, model="m")
    reviewer.post(place, WHY)

    newest = reviewer.get(place)
    older = reviewer.get(place + f"?before={newest.context['older']}").content.decode()

    assert "turn 44" in newest.content.decode()
    assert "turn 44" not in older
    assert "turn 30" in older
    assert acts() == ["open"] * 2


def test_every_branch_is_read_and_the_owners_choice_stays(
    reviewer: Client, place: str, conversation: Conversation
) -> None:
    first = conversation.messages.answers().get()
    second = conversation.answer_again(first, model="m")
    Message.objects.filter(pk=second.pk).update(status="complete", text="the second version")
    reviewer.post(place, WHY)

    shown = reviewer.get(place).content.decode()
    other = reviewer.get(f"{place}?through={first.uuid}").content.decode()

    assert ("the second version" in shown, f"<strong>{SECRET}</strong>" in shown) == (True, False)
    assert ("the second version" in other, f"<strong>{SECRET}</strong>" in other) == (False, True)
    assert f'href="?through={first.uuid}#message-{first.uuid}"' in shown
    assert Conversation.objects.get().leaf == second


def test_another_conversations_message_leads_to_no_branch(
    reviewer: Client, place: str, conversation: Conversation
) -> None:
    other = Conversation.begin(conversation.owner, text="other", model="m")
    reviewer.post(place, WHY)

    assert reviewer.get(f"{place}?through={other.uuid}").status_code == 404
    assert acts() == []


def test_the_filtered_list_is_read_one_after_the_other(reviewer: Client, conversation: Conversation) -> None:
    others = [Conversation.begin(conversation.owner, text="other", model=name).conversation for name in "ab" * 2]
    listed = reviewer.get("/admin/conversations/conversation/?model=a").content.decode()
    first, second = others[2], others[0]

    place = html.unescape(re.findall(r'href="([^"]*transcript[^"]*)"', listed)[0])
    reviewer.post(place, WHY)
    page = reviewer.get(place)
    last = reviewer.get(place.replace(str(first.uuid), str(second.uuid)))

    assert place.startswith(reverse("admin:conversations_conversation_transcript", args=[first.uuid]))
    assert page.context["neighbours"] == (None, second.uuid)
    assert f'{second.uuid}/transcript/?_changelist_filters=model%3Da" rel="next"' in page.content.decode()
    assert "Say why" in last.content.decode()


@pytest.mark.parametrize("listed", ["model=none", "nonsense=1", "p=99999", "%00", "q=%00", "touched_at__gte=x"])
def test_a_list_that_cannot_be_has_no_neighbours(reviewer: Client, place: str, listed: str) -> None:
    place = f"{place}?{urlencode({'_changelist_filters': listed})}"
    reviewer.post(place, WHY)

    page = reviewer.get(place)

    assert (page.status_code, page.context["neighbours"][0]) == (200, None)

"""What others wrote to break pages, as titles, texts, names, models and reasons on every page of Django admin."""

from collections.abc import Iterator
from datetime import timedelta
from xml.etree.ElementTree import Element

import html5lib
from django.contrib.auth.models import Group, User
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from conversations.models import (
    Act,
    Category,
    Conversation,
    Feedback,
    Flag,
    LegalHold,
    Message,
    Preset,
    ReadRecord,
    Reason,
    RetentionRule,
    Review,
    ReviewNote,
)
from conversations.text import storable
from tests.markdown.corpora import texts

FETCHES = {"script", "img", "link", "iframe", "object", "embed", "base"}
CORPORA = ("blns", "payloadbox_xss", "owasp_xss_filter_evasion", "exfil_and_links", "title_inputs", "csv_injection")
BATCH = 40  # of them on a list
STEP = 40  # takes each so-manieth of thousands that are much alike


def batches() -> Iterator[list[str]]:
    hostile = sorted({storable(text)[:900] for name in CORPORA for text in texts(name) if text.strip()})[::STEP]
    for first in range(0, len(hostile), BATCH):
        yield hostile[first : first + BATCH]


def said(number: int, text: str) -> Conversation:
    """A conversation in which everything that somebody may choose is the text."""
    owner = User.objects.create_user(f"{number}{text}"[:150], f"{number}@example.org")
    answer = Conversation.begin(owner, text="x", model=text[:200])
    Message.objects.filter(conversation=answer.conversation).update(text=text, reasoning=text, error_detail=text)
    Message.objects.filter(pk=answer.pk).update(
        status="failed",
        answered_by=text[:200],
        finish_reason=text[:40],
        error_code="rejected",
        usage={"prompt_tokens": 1},
    )
    Conversation.objects.filter(pk=answer.conversation_id).update(title=text[:200], system_prompt=text)
    answer.refresh_from_db()
    Feedback.give(answer, verdict="down", reason=text)
    Flag.report(answer, text)
    ReviewNote.write(Review.objects.get(conversation=answer.conversation_id), owner, text)
    Preset.keep(text, answer.conversation, owner_id=owner.pk) if text.strip()[:80].isprintable() else None
    return Conversation.objects.get(pk=answer.conversation_id)


def wrong(page: str) -> list[str]:
    """Whatever could run or be fetched, and is not the site's own."""
    elements = [each for each in html5lib.parse(page, namespaceHTMLElements=False).iter() if isinstance(each.tag, str)]
    return [complaint for element in elements for complaint in complaints(element)]


def complaints(element: Element) -> Iterator[str]:
    attributes = element.attrib
    if element.tag in FETCHES and not is_own(attributes):
        yield f"{element.tag} {attributes}"
    for name in attributes:
        if name.startswith("on") or name == "style":
            yield f"{element.tag} {name}"
    address = (attributes.get("href") or attributes.get("action") or "").strip().lower()
    if address.startswith(("javascript:", "data:", "vbscript:")):
        yield f"{element.tag} {address}"


def is_own(attributes: dict[str, str]) -> bool:
    source = attributes.get("src") or attributes.get("href") or ""
    return source.startswith(("/static/", "/admin/jsi18n/")) or (
        not source and attributes.get("type") == "application/json"
    )


def test_hostile_texts_are_text_on_every_page(db: None) -> None:
    client = Client()
    client.force_login(User.objects.create_superuser("root"))
    why = {"action": "open", "category": "other"}
    found: list[tuple[str, list[str]]] = []
    for batch in batches():
        Conversation.objects.all().delete()
        conversations = [said(number, text) for number, text in enumerate(batch)]
        cache.clear()
        for conversation, text in zip(conversations, batch, strict=True):
            place = reverse("admin:conversations_conversation_transcript", args=[conversation.uuid])
            client.post(place, why | {"reason": f"because {text}"})
            found.append((text, wrong(client.get(place).content.decode())))
        reason = Reason(category=Category.OTHER, text=batch[0])
        record = ReadRecord.append(Act.SEARCH, reader=conversations[0].owner, reason=reason, subject=batch[0])
        RetentionRule.objects.create(scope="person", person=conversations[0].owner, days=1)
        group = Group.objects.create(name=batch[0][:150])
        RetentionRule.objects.create(scope="group", group=group, days=1)
        conversations[1].owner.groups.add(group)
        Message.objects.running().update(status="complete", lease_until=None)
        Conversation.objects.update(touched_at=timezone.now() - timedelta(days=2))
        hold = LegalHold(person=conversations[0].owner)
        hold.place(by=conversations[0].owner, reason=reason)
        hold.release(by=conversations[0].owner, reason=reason)
        found += [(path, wrong(client.get(path).content.decode())) for path in pages(conversations[0], record, hold)]
        RetentionRule.objects.all().delete()
        User.objects.exclude(username="root").delete()

    assert [(name, wrongs) for name, wrongs in found if wrongs] == []
    assert len(found) > 100


def pages(conversation: Conversation, record: ReadRecord, hold: LegalHold) -> list[str]:
    message = conversation.messages.answers().get()
    lists = [
        f"/admin/conversations/{name}/"
        for name in ("conversation", "message", "preset", "readrecord", "legalhold", "retentionrule")
    ]
    return [
        "/admin/",
        "/admin/auth/user/",
        *lists,
        reverse("admin:conversations_conversation_change", args=[conversation.pk]),
        reverse("admin:conversations_message_change", args=[message.pk]),
        reverse("admin:conversations_readrecord_change", args=[record.pk]),
        reverse("admin:conversations_retentionrule_preview"),
        reverse("admin:conversations_retentionrule_change", args=[RetentionRule.objects.latest("pk").pk]),
        reverse("admin:conversations_legalhold_change", args=[hold.pk]),
        reverse("admin:auth_user_change", args=[conversation.owner_id]),
        reverse("admin:auth_user_delete", args=[conversation.owner_id]),
    ]

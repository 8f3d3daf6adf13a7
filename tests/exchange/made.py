"""Conversations that have something of everything, for exports."""

from datetime import UTC, datetime
from typing import Any

from django.contrib.auth.models import User

from conversations.models import Conversation, Feedback, Message, Tag

AT = datetime(2026, 11, 24, 15, 4, 5, 67, tzinfo=UTC)


def said(owner: User, *texts: str, title: str = "Plans", **columns: Any) -> Conversation:
    """A conversation in which these were said in turn, the person first."""
    conversation = Conversation.objects.create(
        owner=owner, title=title, model="demo", created_at=AT, touched_at=AT, **columns
    )
    parent = None
    for place, text in enumerate(texts):
        role = "assistant" if place % 2 else "user"
        parent = message(conversation, parent, role, text)
    Conversation.objects.filter(pk=conversation.pk).update(leaf=parent)
    conversation.refresh_from_db()
    return conversation


def message(conversation: Conversation, parent: Message | None, role: str, text: str, **columns: Any) -> Message:
    return Message.objects.create(
        conversation=conversation,
        owner_id=conversation.owner_id,
        parent=parent,
        role=role,
        text=text,
        created_at=AT,
        model="demo" if role == "assistant" else "",
        **columns,
    )


def everything(owner: User) -> Conversation:
    """Two versions of an answer, of which the older one is shown; settings; a failed answer; a thumb."""
    conversation = said(
        owner,
        "Hello?",
        "**Hello**",
        title_source="person",
        system_prompt="Be brief.",
        history_turns=3,
        temperature=0.5,
        answer_tokens=100,
        pinned_at=AT,
        archived_at=AT,
    )
    question, answer = conversation.messages.order_by("pk")
    Message.objects.filter(pk=answer.pk).update(
        answered_by="demo-1",
        finish_reason="stop",
        reasoning="Greet.",
        usage={"prompt_tokens": 3, "completion_tokens": 1},
        sent={"turns": 0, "messages": [str(question.uuid)]},
        first_delta_ms=10,
        total_ms=20,
        ended_at=AT,
    )
    Feedback.give(answer, verdict="up", reason="Polite")
    for name in ("Work", "garden"):
        Tag.put(name, Conversation.objects.filter(pk=conversation.pk))
    failure = {"status": "failed", "error_code": "rate_limited", "error_reference": "ab12", "error_detail": "a secret"}
    message(conversation, question, "assistant", "An older", **failure)
    return conversation

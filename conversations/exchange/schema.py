"""The neutral form of a conversation, in which it leaves the site and comes back: `docs/export-schema.json` is the same
for other programs. Pure, but for what makes it of rows."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from conversations.models import Conversation as ConversationRow
from conversations.models import Message as MessageRow
from conversations.models import Role, Tag, tag
from conversations.models.settings import NAMES

FORMAT = "chatsite/1"  # a reader of this version ignores what it does not know; another version may mean other things


@dataclass(frozen=True, slots=True, kw_only=True)
class Feedback:
    """What the owner thinks of an answer."""

    verdict: str
    reason: str
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message; `parent` is None for a first one. What follows `created_at` is an answer's alone."""

    id: UUID
    parent: UUID | None
    role: str
    text: str
    created_at: datetime
    status: str = "complete"
    model: str = ""
    answered_by: str = ""
    finish_reason: str = ""
    error_code: str = ""
    error_reference: str = ""
    reasoning: str = ""
    usage: dict[str, Any] = field(default_factory=dict)
    sent: dict[str, Any] = field(default_factory=dict)
    first_delta_ms: int | None = None
    total_ms: int | None = None
    ended_at: datetime | None = None
    feedback: Feedback | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """A conversation without its messages; empty and None settings stand for defaults."""

    id: UUID
    title: str
    title_source: str
    created_at: datetime
    touched_at: datetime
    pinned_at: datetime | None = None
    archived_at: datetime | None = None
    tags: Sequence[str] = ()
    model: str = ""
    system_prompt: str = ""
    history_turns: int | None = None
    temperature: float | None = None
    answer_tokens: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    """A whole conversation: its messages, each behind its parent, siblings in the order of creation, and the end of the
    branch that is shown."""

    conversation: Conversation
    messages: Sequence[Message]
    shown: UUID | None


OF_CONVERSATION = (
    "id",
    "title",
    "title_source",
    *NAMES,
    "created_at",
    "touched_at",
    "pinned_at",
    "archived_at",
    "tags",
)
OF_MESSAGE = ("id", "parent", "role", "text", "created_at")
OF_ANSWER = (
    *("status", "model", "answered_by", "finish_reason", "error_code", "error_reference", "reasoning", "usage", "sent"),
    *("first_delta_ms", "total_ms", "ended_at", "feedback"),
)
OF_FEEDBACK = ("verdict", "reason", "updated_at")


def of_conversation(row: ConversationRow) -> Conversation:
    """One query, for its tags."""
    names = Tag.objects.on(row).values_list("name", flat=True)
    tags = sorted(names, key=tag.fold)  # each database has an order of its own
    return Conversation(id=row.uuid, tags=tags, **{name: getattr(row, name) for name in OF_CONVERSATION[1:-1]})


def of_message(row: MessageRow, parent: UUID | None) -> Message:
    said: dict[str, Any] = {
        "id": row.uuid,
        "parent": parent,
        "role": row.role,
        "text": row.text,
        "created_at": row.created_at,
    }
    if not row.is_answer:
        return Message(**said)
    feedback = getattr(row, "feedback", None)
    given = Feedback(**{name: getattr(feedback, name) for name in OF_FEEDBACK}) if feedback else None
    return Message(**said, **{name: getattr(row, name) for name in OF_ANSWER[:-1]}, feedback=given)


def conversation_as_json(conversation: Conversation) -> dict[str, Any]:
    return _plain(conversation, OF_CONVERSATION)


def message_as_json(message: Message) -> dict[str, Any]:
    return _plain(message, OF_MESSAGE + OF_ANSWER if message.role == Role.ASSISTANT else OF_MESSAGE)


def _plain(noun: object, names: Sequence[str]) -> dict[str, Any]:
    return {name: _json(getattr(noun, name)) for name in names}


def _json(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    if isinstance(value, Feedback):
        return _plain(value, OF_FEEDBACK)
    if isinstance(value, dict):
        return {name: _json(value[name]) for name in sorted(value)}  # PostgreSQL has an order of its own
    if isinstance(value, list):
        return [_json(each) for each in value]
    return str(value) if isinstance(value, UUID) else value

"""What LibreChat exports, a conversation to a file: `messages`, each with the id of the one before it, or
`messagesTree`, in which each has those behind it as `children`."""

from collections.abc import Iterator
from typing import Any

from conversations.exchange.reading import fields, foreign, limits
from conversations.exchange.reading.refused import Unreadable
from conversations.exchange.reading.tree import Said
from conversations.models import Role

SOURCE = "librechat"


def knows(value: dict[str, Any]) -> bool:
    return "conversationId" in value and bool({"messages", "messagesTree"} & value.keys())


def read(value: dict[str, Any]) -> foreign.Found:
    options = fields.part(value.get("options"))
    messages = value.get("messagesTree") or value.get("messages")
    return foreign.Found(
        source=SOURCE,
        id=fields.words(value.get("conversationId")),
        title=fields.words(value.get("title")),
        nodes=list(_flat(fields.listed(messages))),
        shown=None,
        model=fields.words(options.get("model")),
        system_prompt=fields.words(options.get("promptPrefix")) or fields.words(options.get("system")),
        temperature=options.get("temperature"),
    )


def _flat(messages: list[Any]) -> Iterator[Said]:
    """The messages and all that is nested in them, as the file has them."""
    count = 0
    waiting: list[tuple[Any, str | None]] = [(message, None) for message in reversed(messages)]
    while waiting:
        message, above = waiting.pop()
        fields.mapping(message)
        count += 1
        if count > limits.MESSAGES:
            raise Unreadable("too_many_messages")
        key = fields.words(message.get("messageId")) or f"#{count}"
        yield _said(message, key, above or fields.words(message.get("parentMessageId")) or None)
        children = message.get("children")
        waiting += [(child, key) for child in reversed(children if isinstance(children, list) else [])]


def _said(message: dict[str, Any], key: str, parent: str | None) -> Said:
    is_question = message.get("isCreatedByUser") is True
    parts = message.get("content")
    known = [part for part in parts if isinstance(part, dict)] if isinstance(parts, list) else []
    text = "\n\n".join(filter(None, (_words(part, "text") for part in known))) or fields.words(message.get("text"))
    reasoning = "" if is_question else "\n\n".join(filter(None, (_words(part, "think") for part in known)))
    role = Role.USER if is_question else Role.ASSISTANT
    return Said(
        id=key,
        parent=parent,
        role=None if message.get("error") is True else role,
        text=text,
        reasoning=reasoning,
        model="" if is_question else fields.words(message.get("model")),
        at=fields.told_time(message.get("createdAt")),
    )


def _words(part: dict[str, Any], kind: str) -> str:
    """The text of a part of this kind."""
    if part.get("type") != kind:
        return ""
    held = part.get(kind)
    return fields.words(held.get("value") if isinstance(held, dict) else held)

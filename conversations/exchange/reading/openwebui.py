"""What Open WebUI exports: chats whose `chat.history.messages` are a tree by `parentId`, with `currentId` as the shown
end; older ones and those that others have made have `chat.messages` alone, one after the other."""

import re
from typing import Any

from conversations.exchange.reading import fields, foreign
from conversations.exchange.reading.tree import Said
from conversations.models import Role

SOURCE = "openwebui"
ROLES = {"user": Role.USER, "assistant": Role.ASSISTANT}
THOUGHTS = re.compile(r"<details type=\"reasoning\"[^>]*>\s*(?:<summary>[^<]*</summary>)?(.*?)</details>\s*", re.DOTALL)


def knows(value: dict[str, Any]) -> bool:
    chat = _chat(value)
    return isinstance(chat.get("history"), dict) or ("chat" in value and isinstance(chat.get("messages"), list))


def read(value: dict[str, Any]) -> foreign.Found:
    chat = _chat(value)
    nodes, shown = _tree(chat["history"]) if _has_tree(chat) else _row(fields.listed(chat.get("messages")))
    params = fields.part(chat.get("params"))
    return foreign.Found(
        source=SOURCE,
        id=fields.words(value.get("id")) or fields.words(chat.get("id")),
        title=fields.words(value.get("title")) or fields.words(chat.get("title")),
        nodes=nodes,
        shown=shown,
        created_at=fields.told_time(value.get("created_at") or chat.get("timestamp")),
        touched_at=fields.told_time(value.get("updated_at") or chat.get("timestamp")),
        is_archived=value.get("archived") is True,
        is_pinned=value.get("pinned") is True,
        system_prompt=fields.words(params.get("system")) or fields.words(chat.get("system")),
        temperature=params.get("temperature"),
    )


def _chat(value: dict[str, Any]) -> dict[str, Any]:
    return fields.part(value.get("chat", value))


def _has_tree(chat: dict[str, Any]) -> bool:
    return bool(fields.part(fields.part(chat.get("history")).get("messages")))


def _tree(history: dict[str, Any]) -> tuple[list[Said], str | None]:
    nodes = [
        _said(fields.mapping(message), key, fields.words(message.get("parentId")) or None)
        for key, message in history["messages"].items()
        if isinstance(message, dict)
    ]
    return nodes, fields.words(history.get("currentId")) or None


def _row(messages: list[Any]) -> tuple[list[Said], str | None]:
    nodes = [
        _said(fields.mapping(message), str(place), str(place - 1) if place else None)
        for place, message in enumerate(messages)
    ]
    return nodes, None


def _said(message: dict[str, Any], key: str, parent: str | None) -> Said:
    content = fields.words(message.get("content"))
    role = ROLES.get(fields.words(message.get("role")))
    is_answer = role == Role.ASSISTANT
    return Said(
        id=fields.words(key),
        parent=parent,
        role=role,
        text=THOUGHTS.sub("", content) if is_answer else content,
        reasoning="\n\n".join(found.strip() for found in THOUGHTS.findall(content)) if is_answer else "",
        model=fields.words(message.get("model")) if is_answer else "",
        at=fields.told_time(message.get("timestamp")),
    )

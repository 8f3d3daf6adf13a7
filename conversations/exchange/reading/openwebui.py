"""What Open WebUI exports: chats whose `chat.history.messages` are a tree by `parentId`, with `currentId` as the shown
end; older ones and those that others have made have `chat.messages` alone, one after the other."""

import re
from typing import Any

from conversations.exchange.reading import fields, foreign
from conversations.exchange.reading.tree import Said
from conversations.models import Role

SOURCE = "openwebui"
ROLES = {"user": Role.USER, "assistant": Role.ASSISTANT}
OPENING, CLOSING = '<details type="reasoning"', "</details>"  # around thoughts
SUMMARY = re.compile(r"\A\s*+<summary>[^<]*+</summary>")  # before them
BLANKS = re.compile(r"\s*+")


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
    content = _content(message.get("content"))
    role = ROLES.get(fields.words(message.get("role")))
    is_answer = role == Role.ASSISTANT
    text, reasoning = _apart(content) if is_answer else (content, "")
    return Said(
        id=fields.words(key),
        parent=parent,
        role=role,
        text=text,
        reasoning=reasoning,
        model=fields.words(message.get("model")) if is_answer else "",
        at=fields.told_time(message.get("timestamp")),
    )


def _content(value: Any) -> str:
    """A text, or the texts of a list of parts, in which a picture has none."""
    parts = value if isinstance(value, list) else [value]
    texts = (fields.words(part.get("text")) if isinstance(part, dict) else fields.words(part) for part in parts)
    return "\n\n".join(filter(None, texts))


def _apart(content: str) -> tuple[str, str]:
    """What was said, and what was thought before. Each sign is looked at once, whatever is opened and never closed."""
    said, thoughts, at = [], [], 0
    while (begin := content.find(OPENING, at)) >= 0:
        opened = content.find(">", begin)
        end = content.find(CLOSING, opened) if opened >= 0 else -1
        if end < 0:
            break
        said.append(content[at:begin])
        thoughts.append(SUMMARY.sub("", content[opened + 1 : end], count=1).strip())
        at = _behind_blanks(content, end + len(CLOSING))
    return "".join([*said, content[at:]]), "\n\n".join(thoughts)


def _behind_blanks(content: str, at: int) -> int:
    found = BLANKS.match(content, at)
    return found.end() if found else at

"""The `conversations.json` of ChatGPT's data export: `mapping` has the nodes of a tree, `current_node` the shown end.

Nodes without a message, hidden ones, system messages and what went to and came from tools are no messages here; what
stands behind them is kept, and hangs on what stands before."""

from collections.abc import Iterator
from typing import Any

from conversations.exchange.reading import fields, foreign
from conversations.exchange.reading.tree import Said
from conversations.models import Role

SOURCE = "chatgpt"
ROLES = {"user": Role.USER, "assistant": Role.ASSISTANT}


def knows(value: dict[str, Any]) -> bool:
    return isinstance(value.get("mapping"), dict)


def read(value: dict[str, Any]) -> foreign.Found:
    nodes = [_said(key, fields.mapping(node)) for key, node in value["mapping"].items()]
    id_ = fields.words(value.get("conversation_id")) or fields.words(value.get("id"))
    return foreign.Found(
        source=SOURCE,
        id=id_,
        title=fields.words(value.get("title")),
        nodes=nodes,
        shown=fields.words(value.get("current_node")) or None,
        created_at=fields.told_time(value.get("create_time")),
        touched_at=fields.told_time(value.get("update_time")),
        is_archived=value.get("is_archived") is True,
        is_pinned=value.get("is_starred") is True,
    )


def _said(key: str, node: dict[str, Any]) -> Said:
    message = fields.part(node.get("message"))
    role, content = _role(message), fields.part(message.get("content"))
    return Said(
        id=fields.words(key),
        parent=fields.words(node.get("parent")) or None,
        role=role,
        text=_text(content),
        reasoning=_thoughts(content),
        model=fields.words(fields.part(message.get("metadata")).get("model_slug")) if role == Role.ASSISTANT else "",
        at=fields.told_time(message.get("create_time")),
    )


def _role(message: dict[str, Any]) -> Role | None:
    """Who speaks; None where nobody is meant to read it."""
    is_hidden = fields.part(message.get("metadata")).get("is_visually_hidden_from_conversation") is True
    is_for_all = message.get("recipient", "all") == "all" and message.get("weight") != 0
    author = fields.part(message.get("author"))
    return None if is_hidden or not is_for_all else ROLES.get(fields.words(author.get("role")))


def _text(content: dict[str, Any]) -> str:
    kind = content.get("content_type")
    if kind == "code":
        return f"```{fields.words(content.get('language'))}\n{fields.words(content.get('text'))}\n```"
    parts = content.get("parts")
    held = "\n\n".join(filter(None, _parts(parts if isinstance(parts, list) else [])))
    return held or fields.words(content.get("text"))  # of a kind that is not known, what there is to read


def _parts(parts: list[Any]) -> Iterator[str]:
    """Texts, what was spoken, and a mark for what is not in the file."""
    for part in parts:
        if isinstance(part, dict):
            yield fields.words(part.get("text")) or f"[{fields.words(part.get('content_type'))}]"
        else:
            yield fields.words(part)


def _thoughts(content: dict[str, Any]) -> str:
    thoughts = content.get("thoughts")
    if content.get("content_type") != "thoughts" or not isinstance(thoughts, list):
        return ""
    return "\n\n".join(fields.words(each.get("content")) for each in thoughts if isinstance(each, dict))

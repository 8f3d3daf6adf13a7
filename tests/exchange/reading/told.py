"""Small files as other programs write them, and what becomes of them."""

import io
import json
from datetime import UTC, datetime
from typing import Any

from conversations.exchange import reading, schema

NOW = datetime(2026, 11, 26, tzinfo=UTC)


def read(value: Any) -> list[reading.Entry | reading.Refused]:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return list(reading.read(io.BytesIO(raw), now=NOW))


def tree(value: Any) -> schema.Tree:
    (entry,) = read(value)
    assert isinstance(entry, reading.Entry), entry
    return entry.tree


def codes(value: Any) -> list[str]:
    """Why each was refused; empty for what was read."""
    return [found.code if isinstance(found, reading.Refused) else "" for found in read(value)]


def shape(told: schema.Tree) -> list[tuple[str, str, str | None]]:
    """Of each message who said it, what, and what the message before it says."""
    texts = {message.id: message.text for message in told.messages}
    return [(message.role, message.text, texts.get(message.parent)) for message in told.messages]


def shown(told: schema.Tree) -> str:
    """The text of the end of the shown branch."""
    return next(message.text for message in told.messages if message.id == told.shown)

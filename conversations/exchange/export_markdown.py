"""A conversation's shown branch as Markdown: each message as it was written, under a heading."""

import json
import re
from collections.abc import Iterator

from conversations.exchange import rows, telling
from conversations.models import Conversation, Message

UNPRINTABLE = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")  # which YAML has no place for
PUNCTUATION = re.compile(r"([\\`*_\[\]<>~&$|#])")  # what means something inside of a line
# A fence, at whatever depth of a list. One in a quote ends with the quote, and is none here. What was matched is never
# matched in another way (++): a line of a thousand bullets takes no longer than it is.
FENCE = re.compile(
    r"^(?P<indent>[ ]*+(?:(?:[-*+]|\d{1,9}[.)])[ \t]++)*+)(?P<marks>`{3,}|~{3,})(?P<info>.*)$", re.MULTILINE
)
INDENTED = 4  # blanks, from which on marks are code


def pieces(conversation: Conversation) -> Iterator[str]:
    yield _head(conversation)
    yield from map(_message, rows.shown(conversation))


def _head(conversation: Conversation) -> str:
    title = telling.title(conversation)
    known = {
        "title": title,
        "id": str(conversation.uuid),
        "model": conversation.model,
        "created": telling.moment(conversation.created_at),
        "last message": telling.moment(conversation.touched_at),
    }
    matter = "".join(f"{name}: {_quoted(value)}\n" for name, value in known.items())
    return f"---\n{matter}---\n\n# {_escaped(title)}\n\n{telling.which()}\n"


def _message(message: Message) -> str:
    label = telling.label(message)
    heading = f"## {_escaped(telling.speaker(message))} · {telling.moment(message.created_at)}"
    parts = [heading, message.text + _closed(message.text), f"*{_escaped(label)}*" if label else ""]
    return "\n" + "\n\n".join(part for part in parts if part) + "\n"


def _quoted(value: str) -> str:
    """A text of YAML between quotes, which is one of JSON with a little more escaped."""
    return UNPRINTABLE.sub(lambda found: f"\\u{ord(found[0]):04x}", json.dumps(value, ensure_ascii=False))


def _escaped(words: str) -> str:
    """Words on one line, of which no sign is Markdown."""
    return PUNCTUATION.sub(r"\\\1", " ".join(words.split()))


def _closed(text: str) -> str:
    """The end of a fence that `text` leaves open, or nothing: what follows is not a part of it."""
    opened: re.Match[str] | None = None
    for found in FENCE.finditer(text.replace("\r\n", "\n").replace("\r", "\n")):
        if opened is None:
            opened = None if found["marks"][0] == "`" and "`" in found["info"] else found
        elif _closes(found, opened):
            opened = None
    return f"\n{opened['marks']}" if opened else ""


def _closes(found: re.Match[str], opened: re.Match[str]) -> bool:
    is_longer = found["marks"].startswith(opened["marks"])
    return is_longer and not found["info"].strip() and len(found["indent"]) < len(opened["indent"]) + INDENTED

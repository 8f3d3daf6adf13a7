"""A conversation's shown branch as one page that needs nothing else: it opens offline, runs nothing, and prints."""

import base64
import hashlib
from collections.abc import Callable, Iterator
from functools import cache

from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe

from conversations import storage
from conversations.exchange import rows, telling
from conversations.models import Conversation, Message

MESSAGES = "<!-- messages -->"  # where they stand in the page


def pieces(conversation: Conversation, body: Callable[[Message], SafeString]) -> Iterator[str]:
    """The page in pieces; `body` gives the sanitized HTML of an answer."""
    head, _, foot = _page(conversation).partition(MESSAGES)
    yield head
    for message in rows.shown(conversation):
        yield render_to_string("exported/_message.html", _shown(message, body))
    yield foot


def _page(conversation: Conversation) -> str:
    style, digest = _style()
    known = {
        "title": telling.title(conversation),
        "created": telling.moment(conversation.created_at),
        "which": telling.which(),
        "style": style,
        "digest": digest,
        "messages": mark_safe(MESSAGES),  # noqa: S308 - a constant
    }
    return render_to_string("exported/conversation.html", known)


def _shown(message: Message, body: Callable[[Message], SafeString]) -> dict[str, object]:
    return {
        "message": message,
        "speaker": telling.speaker(message),
        "moment": telling.moment(message.created_at),
        "label": telling.label(message),
        "body": body(message) if message.is_answer else None,
    }


@cache
def _style() -> tuple[SafeString, str]:
    """The page's style sheet, and the digest by which its policy knows it."""
    style = storage.style_sheet("css/exported.css")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return mark_safe(style), digest  # noqa: S308 - our own file

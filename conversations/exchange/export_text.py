"""A conversation's shown branch as plain text."""

from collections.abc import Iterator

from conversations.exchange import rows, telling
from conversations.models import Conversation, Message


def pieces(conversation: Conversation) -> Iterator[str]:
    yield f"{telling.title(conversation)}\n{telling.moment(conversation.created_at)}\n{telling.which()}\n"
    yield from map(_message, rows.shown(conversation))


def _message(message: Message) -> str:
    label = telling.label(message)
    said = [part for part in (message.text, label and f"({label})") if part]
    return f"\n--- {telling.speaker(message)}, {telling.moment(message.created_at)} ---\n\n" + "\n\n".join(said) + "\n"

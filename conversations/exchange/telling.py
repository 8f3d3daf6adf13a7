"""What exports that people read say of a conversation and its messages."""

from datetime import UTC, datetime

from django.utils.translation import gettext as _

from conversations.models import Conversation, Message


def title(conversation: Conversation) -> str:
    return conversation.title or _("Untitled")


def moment(at: datetime) -> str:
    """In UTC, as a file is read anywhere."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def speaker(message: Message) -> str:
    return (message.model or _("Assistant")) if message.is_answer else _("You")


def which() -> str:
    """What a file has of the conversation."""
    return _("This is the branch that was shown. The export as JSON has every version of every message.")


def label(message: Message) -> str:
    """How an answer ended, as its page says it, or that it had not; else empty."""
    return _("This answer was still being written when it was exported.") if message.is_running else message.label

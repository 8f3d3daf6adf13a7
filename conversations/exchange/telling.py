"""What exports that people read say of a conversation and its messages."""

from datetime import UTC, datetime

from django.utils.translation import gettext as _

from conversations.models import Conversation, Message, Status


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
    """How an answer ended, where that is not simply with its last word; else empty."""
    if message.error:
        return message.error["message"]
    if message.is_running:
        return _("This answer was still being written when it was exported.")
    return _of_status(message.status) or _of_reason(message.finish_reason)


def _of_status(status: str) -> str:
    sentences = {
        Status.FAILED: _("This answer failed."),
        Status.STOPPED: _("You stopped this answer."),
        Status.INTERRUPTED: _("The site was restarted while this answer was written; this is what was kept."),
    }
    return sentences.get(Status(status), "")


def _of_reason(reason: str) -> str:
    sentences = {
        "length": _("Cut at the length limit."),
        "content_filter": _("The provider’s content filter ended this answer."),
    }
    return sentences.get(reason, "")

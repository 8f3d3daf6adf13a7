"""Names of files, safe on every system: dated, in the title's own script, and never a path."""

import re
import unicodedata

from conversations.models import Conversation

TITLE_BYTES = 100  # of UTF-8: a name may have 255
NO_PART_OF_A_NAME = re.compile(r"[^\w]+")  # letters, marks and digits of every script stay


def of_export(conversation: Conversation, suffix: str) -> str:
    """Such as `2026-11-24-Plans.md`: the date keeps it apart from the names that a system reserves."""
    return f"{_stem(conversation)}.{suffix}"


def in_archive(conversation: Conversation, suffix: str) -> str:
    """As `of_export`, and unique."""
    return f"{_stem(conversation)}-{conversation.uuid}.{suffix}"


def _stem(conversation: Conversation) -> str:
    words = _bare(conversation.title).encode()[:TITLE_BYTES].decode(errors="ignore").strip("-")
    return "-".join(filter(None, [f"{conversation.created_at:%Y-%m-%d}", words]))


def _bare(title: str) -> str:
    return NO_PART_OF_A_NAME.sub("-", unicodedata.normalize("NFC", title)).strip("-_")

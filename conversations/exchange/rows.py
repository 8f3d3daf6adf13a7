"""Reads a conversation's messages, a few at a time: whatever is large, little of it is in memory."""

from collections.abc import Iterator

from django.db.models import F, QuerySet

from conversations.models import Conversation, Message, batches, branches

BATCH = 20  # messages, of which an answer can have 1 MB, and as much reasoning


def whole(conversation: Conversation) -> Iterator[Message]:
    """All its messages in the order of creation, each with `parent_uuid` and its feedback."""
    for batch in batches.by_key(_read(conversation), BATCH):
        yield from batch


def shown(conversation: Conversation) -> Iterator[Message]:
    """The messages of its shown branch, from the first one on."""
    branch = branches.up_to(conversation.leaf_id)
    for first in range(0, len(branch), BATCH):
        rows = conversation.messages.in_bulk(branch[first : first + BATCH])
        yield from (rows[pk] for pk in branch[first : first + BATCH] if pk in rows)


def _read(conversation: Conversation) -> "QuerySet[Message]":
    rows = conversation.messages.select_related("feedback").defer("html", "error_detail")
    return rows.annotate(parent_uuid=F("parent__uuid"))

"""What an owner is told of those who read a conversation: when and why, and not who."""

from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from conversations.models import Conversation, ReadRecord

SHOWN = 50  # records, the newest


@dataclass(frozen=True, slots=True)
class Reading:
    """One or more readings in a row by one administrator for one reason; `at` is the last one's time."""

    at: datetime
    category: str
    reason: str


def told_of(conversation: Conversation) -> list[Reading]:
    """Newest first. One query."""
    records = ReadRecord.objects.readings_of(conversation.uuid).told()[:SHOWN]
    runs = groupby(records, key=lambda record: (record.reader_id, record.category, record.reason))
    return [_reading(next(run)) for _said, run in runs]


def _reading(record: ReadRecord) -> Reading:
    return Reading(at=record.at, category=record.get_category_display(), reason=record.reason)

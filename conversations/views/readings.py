"""What an owner is told of those who read a conversation: when and why, and not who."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Max, Min

from conversations.models import Category, Conversation, ReadRecord

SHOWN = 50  # readings, the newest; that there were others is told


@dataclass(frozen=True, slots=True)
class Reading:
    """All looks of one administrator for one reason; `at` is the last one's time, `since` the first one's."""

    at: datetime
    since: datetime
    looks: int
    category: str
    reason: str


@dataclass(frozen=True, slots=True)
class Readings:
    """The newest ones, newest first, and whether there were others before."""

    newest: list[Reading]
    has_more: bool


def told_of(conversation: Conversation) -> Readings:
    """One query."""
    told = ReadRecord.objects.readings_of(conversation.uuid).told().order_by()
    by_reason = told.values("reader_id", "category", "reason").annotate(
        last=Max("at"), first=Min("at"), looks=Count("pk"), place=Max("sequence")
    )
    rows: list[Any] = list(by_reason.order_by("-place")[: SHOWN + 1])
    return Readings([_reading(row) for row in rows[:SHOWN]], has_more=len(rows) > SHOWN)


def _reading(row: Any) -> Reading:
    return Reading(
        at=row["last"],
        since=row["first"],
        looks=row["looks"],
        category=str(Category(row["category"]).label),
        reason=row["reason"],
    )

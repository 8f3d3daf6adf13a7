"""What goes by the rules of retention: told before, and removed in batches. Both ask Conversation.objects.expired."""

import logging
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import AbstractBaseUser
from django.db.models import Case, Count, Min, QuerySet, Value, When
from django.utils import timezone

from conversations.models.conversation import Conversation
from conversations.models.legal_hold import LegalHold
from conversations.models.retention_rule import RetentionRule, days_for

log = logging.getLogger(__name__)

AT_ONCE = 10  # conversations that are looked for at once; each is removed in a transaction of its own


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """How many conversations go by a rule, the shortest for each, and when somebody last wrote in the oldest."""

    rule: RetentionRule
    count: int
    oldest: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a person is told of how long their conversations are kept."""

    days: int | None
    is_on_hold: bool  # it, or one of theirs: not which, and not why


def told_to(person: AbstractBaseUser) -> Told:
    return Told(days=days_for(person), is_on_hold=LegalHold.objects.on_people([person]).exists())


def by_rule(now: datetime) -> list[Reached]:
    """What would go at this moment, shortest rule first. Two queries, the second reads all that goes."""
    rules = RetentionRule.objects.shortest_first()
    if not rules:
        return []
    first = Case(*[When(rule.reaches(now), then=Value(number)) for number, rule in enumerate(rules)])
    expired = Conversation.objects.expired(now, by=rules).order_by().annotate(rule=first)
    rows = expired.values_list("rule").annotate(count=Count("pk"), oldest=Min("touched_at")).order_by("rule")
    return [Reached(rule=rules[number], count=count, oldest=oldest) for number, count, oldest in rows]


def oldest_first(now: datetime) -> QuerySet[Conversation]:
    """What would go at this moment, with its owner, and no word of it."""
    rows = Conversation.objects.expired(now).order_by("touched_at", "pk")
    return rows.select_related("owner").only("uuid", "touched_at", "owner__username")


def remove_expired(*, most: int = AT_ONCE) -> int:
    """Remove the `most` oldest that are to go; how many went. 0: there is nothing left that could."""
    now = timezone.now()
    gone = sum(conversation.expire(now) for conversation in list(oldest_first(now)[:most]))
    if gone:
        log.info("conversations removed by the rules of retention: %d", gone)
    return gone

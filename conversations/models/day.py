"""What a day on the site was like, in numbers: no person, no conversation and no word is in it."""

import statistics
from dataclasses import asdict, dataclass
from datetime import date, datetime, time, timedelta

from django.core.cache import cache
from django.db.models import Count, Sum
from django.utils import timezone

from conversations.models.message import Message, Role, Status, tokens_told

ENDS = (Status.COMPLETE, Status.STOPPED, Status.FAILED, Status.INTERRUPTED)
DELTAS = 50_000  # first-delta times of a day, of which its median and its 95th percentile are taken
KEPT = 7 * 86_400  # seconds for which the numbers of a day that is over are kept
FRESH = 60  # seconds for which those of today and yesterday are


@dataclass(frozen=True, slots=True)
class Day:
    """`ends` is how many answers there were by how they ended, `tokens` how many by model, of prompts and answers
    together as far as the provider told; the times to the first delta are in milliseconds, None where none came."""

    date: str
    people: int
    ends: dict[str, int]
    tokens: dict[str, int]
    median_ms: int | None
    p95_ms: int | None


def days(count: int) -> list[Day]:
    """The newest `count` days in the time zone of now, today the last one. Those before yesterday are counted once
    and kept; a cold cache costs four queries a day, over that day's messages."""
    today = timezone.localdate()
    dates = [today - timedelta(days=ago) for ago in reversed(range(count))]
    names = {_name(day): day for day in dates}
    kept = cache.get_many(names)
    counted = {name: asdict(_counted(day)) for name, day in names.items() if name not in kept}
    for name, day in counted.items():
        is_settled = names[name] < today - timedelta(days=1)  # no answer of that day is still written
        cache.set(name, day, KEPT if is_settled else FRESH)
    return [Day(**(kept | counted)[name]) for name in names]


def _name(day: date) -> str:
    return f"day-{day.isoformat()}-{timezone.get_current_timezone_name().replace('/', '.')}"


def _counted(day: date) -> Day:
    zone = timezone.get_current_timezone()
    begin = datetime.combine(day, time.min, zone)
    end = datetime.combine(day + timedelta(days=1), time.min, zone)
    messages = Message.objects.filter(created_at__gte=begin, created_at__lt=end).order_by()
    answers = messages.filter(role=Role.ASSISTANT)
    ended = dict(answers.values_list("status").annotate(Count("pk")))  # running ones too: by date, not by state
    told = answers.exclude(first_delta_ms=None).values_list("first_delta_ms", flat=True)[:DELTAS]
    times = sorted(ms for ms in told if ms is not None)
    by_model = answers.values_list("model").annotate(number=Sum(tokens_told()))
    return Day(
        date=day.isoformat(),
        people=messages.filter(role=Role.USER).aggregate(number=Count("owner", distinct=True))["number"],
        ends={str(status): ended.get(status, 0) for status in ENDS},
        tokens={model: number for model, number in by_model if number},
        median_ms=round(statistics.median(times)) if times else None,
        p95_ms=times[int(0.95 * (len(times) - 1))] if times else None,
    )

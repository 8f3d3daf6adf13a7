"""Takes values out of what somebody else has written. What is not as it must be raises Unreadable."""

import math
import re
from collections.abc import Callable, Collection
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

from conversations.exchange.reading import limits
from conversations.exchange.reading.refused import Unreadable
from conversations.text import storable

LARGEST = 2**31 - 1  # that a column of numbers takes
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z", re.ASCII)
Value = TypeVar("Value")


def mapping(value: Any) -> dict[str, Any]:
    return _held(value, dict)


def listed(value: Any) -> list[Any]:
    return _held(value, list)


def text(value: Any, *, most: int | None = None) -> str:
    """Of `most` characters at the most."""
    held = storable(_held(value, str))
    if most is not None and len(held) > most:
        raise Unreadable("malformed")
    return held


def one_of(value: Any, known: Collection[str]) -> str:
    if value not in known:
        raise Unreadable("malformed")
    return str(value)


def number(value: Any, *, least: int = 0, most: int = LARGEST) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise Unreadable("malformed")
    return value


def fraction(value: Any, *, most: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= most:
        raise Unreadable("malformed")
    return float(value)


def identity(value: Any) -> UUID:
    """Of a UUID as it is usually written."""
    try:
        found = UUID(_held(value, str))
    except ValueError as error:
        raise Unreadable("malformed") from error
    if str(found) != value:
        raise Unreadable("malformed")
    return found


def moment(value: Any) -> datetime:
    """Of a time in UTC as the schema has it."""
    if not MOMENT.fullmatch(_held(value, str)):
        raise Unreadable("malformed")
    try:
        return possible(datetime.fromisoformat(value))
    except ValueError as error:
        raise Unreadable("bad_time") from error


def possible(at: datetime) -> datetime:
    if not limits.EARLIEST <= at <= datetime.now(UTC) + limits.AHEAD:
        raise Unreadable("bad_time")
    return at


def optional(read: Callable[..., Value], value: Any, **bounds: Any) -> Value | None:
    return None if value is None else read(value, **bounds)


def told_time(value: Any) -> datetime | None:
    """When other programs say that something was: seconds or milliseconds since 1970, or a text. None where that is no
    time that can be right."""
    try:
        return possible(_of_text(value) if isinstance(value, str) else _of_seconds(value))
    except (Unreadable, ValueError, OverflowError, TypeError):
        return None


def words(value: Any) -> str:
    """A text where there is one, else nothing."""
    return storable(value) if isinstance(value, str) else ""


def part(value: Any) -> dict[str, Any]:
    """A mapping where there is one, else an empty one."""
    return value if isinstance(value, dict) else {}


def _of_text(value: str) -> datetime:
    at = datetime.fromisoformat(value)
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def _of_seconds(value: Any) -> datetime:
    seconds = float(value)
    if isinstance(value, bool) or not math.isfinite(seconds):
        raise ValueError
    return limits.EARLIEST + timedelta(seconds=seconds / 1000 if seconds > 1e11 else seconds)


def _held(value: Any, kind: type[Value]) -> Value:
    if not isinstance(value, kind):
        raise Unreadable("malformed")
    return value

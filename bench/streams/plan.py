"""What is asked of a target, and the deltas that it is to pass on. Pure but for the clock."""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple, Self

from bench.machine import now

PARAGRAPH = 50  # deltas: then a new one begins, which finishes the one before
_MESSAGE = re.compile(r"Stream ([\w-]+): (\d+) deltas, (\d+) a second\.")
_SENT_AT = re.compile(r"@(\d+) ")


@dataclass(frozen=True, slots=True)
class Plan:
    """One answer, which `tag` names everywhere. Pace 0 sends as fast as it is taken."""

    tag: str
    deltas: int
    pace: int

    @classmethod
    def read(cls, message: str) -> Self | None:
        found = _MESSAGE.search(message)
        return cls(found[1], int(found[2]), int(found[3])) if found else None

    @property
    def message(self) -> str:
        return f"Stream {self.tag}: {self.deltas} deltas, {self.pace} a second."


class Place(NamedTuple):
    """A conversation to go on in, and the message at its end."""

    url: str
    end: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What the readers do. Each of `streams` begins in its turn, `starts` a second. With a `window`, each has one
    answer, which lasts until that many seconds after the last has begun, and those seconds are measured; without, each
    has `answers` of `deltas`, one after the other."""

    url: str
    kind: str  # "relay", or "site"
    sessions: list[str]  # of people who are logged in, who take turns
    places: list[Place]  # one for each answer
    name: str  # begins every tag
    records: str
    streams: int
    pace: int
    starts: float
    window: float = 0.0
    deltas: int = 0
    answers: int = 1


def delta(number: int) -> str:
    """The text of one delta: its number and the clock's reading."""
    return f"{number} @{now()} " + ("\n\n" if number % PARAGRAPH == PARAGRAPH - 1 else "")


def sent_at(text: str) -> list[int]:
    """The clock's readings in `text`."""
    return [int(reading) for reading in _SENT_AT.findall(text)]


def digest(texts: Iterable[str]) -> str:
    """By which texts are compared that are too large to be kept. A last line break may be lost on the way."""
    return hashlib.sha256("".join(texts).rstrip().encode()).hexdigest()

"""What is asked of the site, and what is to become of each answer. Pure."""

import random
import re
from dataclasses import dataclass
from typing import Self

from bench.machine import now

BREAKS = ("reset", "cut", "error", "stall")
"""How a stream of the provider breaks: a TCP reset, an end inside a character, an error event, or a silence and then a
reset."""

_MESSAGE = re.compile(r"Soak ([\w-]+): (\d+) deltas, (\w+) after (\d+)\.")
_SENT_AT = re.compile(r"@(\d+) ")


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What is asked of the site. The last five are percentages of the answers."""

    url: str
    sessions: list[str]
    records: str
    name: str  # begins every tag
    streams: int
    seconds: float
    pace: float  # deltas a second
    most: int  # deltas of one answer
    stall: float  # seconds that a broken stream may be silent
    seed: int
    leaving: float  # a reader is cut off at a random moment, and comes back
    stopping: float
    breaking: float
    doubling: float  # the message is sent twice at once, with one key
    joining: float  # a second reader comes later


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to become of one answer, which `tag` names everywhere.

    It has `deltas`, or breaks after fewer in the way `breaks` ("end": it does not). The provider finds this much in the
    message itself. The rest is for the readers: seconds after which one of them is cut off, it is stopped, and a
    second one comes (None: never), and how many times it is asked for.
    """

    tag: str
    deltas: int
    breaks: str
    after: int
    leave_after: float | None = None
    stop_after: float | None = None
    join_after: float | None = None
    times: int = 1

    @classmethod
    def draw(cls, tag: str, load: Load, chance: random.Random) -> Self:
        def drawn(percent: float) -> bool:
            return chance.random() * 100 < percent

        def moment(percent: float) -> float | None:
            return chance.uniform(0, deltas / load.pace) if drawn(percent) else None

        deltas = chance.randint(max(2, load.most // 4), load.most)
        breaks = chance.choice(BREAKS) if drawn(load.breaking) else "end"
        return cls(
            tag=tag,
            deltas=deltas,
            breaks=breaks,
            after=deltas if breaks == "end" else chance.randrange(1, deltas),
            leave_after=moment(load.leaving),
            stop_after=moment(load.stopping),
            join_after=moment(load.joining),
            times=2 if drawn(load.doubling) else 1,
        )

    @classmethod
    def read(cls, message: str) -> Self | None:
        """The provider's part of the plan in a message; None where there is none."""
        found = _MESSAGE.search(message)
        return cls(found[1], int(found[2]), found[3], int(found[4])) if found else None

    @property
    def message(self) -> str:
        return f"Soak {self.tag}: {self.deltas} deltas, {self.breaks} after {self.after}."


def delta(number: int) -> str:
    """The text of one delta: its number, the clock's reading, and characters of every width; sometimes a new paragraph.

    The clock is the machine's monotonic one, which all processes share.
    """
    return f"{number} @{now()} größer – 文 🙂 " + ("\n\n" if number % 12 == 0 else "")


def sent_at(text: str) -> list[int]:
    """The clock's readings in `text`."""
    return [int(reading) for reading in _SENT_AT.findall(text)]

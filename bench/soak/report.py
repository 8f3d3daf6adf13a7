"""What was measured, in figures, as a table in Markdown, and as JSON."""

from dataclasses import asdict, dataclass, field
from typing import Any

from bench.figures import machine

MEGABYTE = 1_000_000
MOST_GROWTH = 1.0  # MB a minute
ENOUGH_MINUTES = 5.0  # of samples: growth over less is noise and decides nothing


@dataclass(slots=True, kw_only=True)
class Phase:
    """One stretch of load. Memory is in MB, latency in milliseconds; `growth` is of the phase's second half."""

    name: str
    streams: int
    seconds: float  # in which messages were sent
    took: float = 0.0  # to the end of the last answer
    answers: dict[str, int] = field(default_factory=dict)  # by status
    deltas: int = 0
    titles: int = 0
    readers: int = 0
    left: int = 0
    resumed: int = 0
    stops: int = 0
    broken: int = 0
    sent_twice: int = 0
    latency: dict[str, float] = field(default_factory=dict)
    lag: dict[str, float] = field(default_factory=dict)  # of the readers' own loop, a part of the latency
    provider_late_ms: int = 0
    processor_seconds: float = 0.0
    waited_seconds: float = 0.0  # for a processor that something else had
    memory_begin: float = 0.0
    memory_end: float = 0.0
    memory_most: float = 0.0
    growth: float = 0.0  # MB a minute
    growth_minutes: float = 0.0  # over which it was measured
    stored_megabytes: float = 0.0
    differences: list[str] = field(default_factory=list)
    difference_count: int = 0

    @property
    def grows(self) -> bool:
        """Whether memory grows more than it may."""
        return self.growth_minutes >= ENOUGH_MINUTES and self.growth >= MOST_GROWTH

    @property
    def answer_count(self) -> int:
        return sum(self.answers.values())


def as_json(setup: str, phases: list[Phase]) -> dict[str, Any]:
    return {"setup": setup, "machine": machine(), "phases": [asdict(phase) for phase in phases]}


def table(setup: str, phases: list[Phase]) -> str:
    """In Markdown, a column for each phase."""
    head = [f"{setup} ({machine()})", *(phase.name for phase in phases)]
    lines = [head, ["---", *("--:" for _ in phases)], *map(list, zip(*map(figures, phases), strict=True))]
    names = [None, None, *(name for name, _ in FIGURES)]
    rows = [line if name is None else [name, *line] for name, line in zip(names, lines, strict=True)]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def figures(phase: Phase) -> list[str]:
    return [tell(phase) for _, tell in FIGURES]


def milliseconds(found: dict[str, float]) -> list[str]:
    return [f"{found.get(name, 0):.1f}" for name in ("p50", "p99")]


def memory(phase: Phase) -> str:
    return f"{phase.memory_begin:.0f}, {phase.memory_most:.0f}, {phase.memory_end:.0f} MB"


def growth(phase: Phase) -> str:
    return f"{phase.growth:+.2f} MB a minute" if phase.growth_minutes >= 1 else "too short to tell"


def per(phase: Phase, count: int) -> float:
    """Milliseconds of processor time for each of `count`."""
    return 1000 * phase.processor_seconds / count if count else 0.0


FIGURES = (
    ("streams at once", lambda phase: f"{phase.streams}"),
    ("seconds", lambda phase: f"{phase.took:.0f}"),
    ("answers", lambda phase: f"{phase.answer_count:,}"),
    ("… by their end", lambda phase: ", ".join(f"{n:,} {name}" for name, n in sorted(phase.answers.items()))),
    ("… broken by the provider", lambda phase: f"{phase.broken:,}"),
    ("titles", lambda phase: f"{phase.titles:,}"),
    ("deltas", lambda phase: f"{phase.deltas:,} ({phase.deltas / phase.took:,.0f} a second)"),
    ("readers", lambda phase: f"{phase.readers:,}"),
    ("… cut off", lambda phase: f"{phase.left:,}"),
    ("… gone on from a cursor", lambda phase: f"{phase.resumed:,}"),
    ("messages sent twice", lambda phase: f"{phase.sent_twice:,}"),
    ("differences", lambda phase: f"{phase.difference_count:,}"),
    ("added latency, p50 and p99", lambda phase: " ms, ".join(milliseconds(phase.latency)) + " ms"),
    ("… of it the reader's own p99", lambda phase: f"{phase.lag.get('p99', 0):.1f} ms"),
    ("processor time of an answer", lambda phase: f"{per(phase, phase.answer_count):.1f} ms"),
    ("… and of a delta", lambda phase: f"{per(phase, phase.deltas):.2f} ms"),
    ("processor in use", lambda phase: f"{100 * phase.processor_seconds / phase.took:.0f} %"),
    ("… and waited for, as others had it", lambda phase: f"{100 * phase.waited_seconds / phase.took:.0f} %"),
    ("memory at first, at most, at last", memory),
    ("… its growth in the second half", growth),
    ("database", lambda phase: f"{phase.stored_megabytes:.1f} MB"),
)

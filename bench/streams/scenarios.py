"""What is measured of each target, in which order, and what follows from it."""

import sys
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

from bench.figures import machine
from bench.streams.measuring import Bench, Measured, bench

PACE = 20  # deltas a second of a stream
STREAMS = (1, 50, 100, 200)
WINDOW = 5.0  # seconds
STARTS = {"nginx": 100.0, "bare": 100.0, "site": 15.0}  # streams a second that begin
OPEN, OPEN_PACE = 1000, 4  # streams that are open at once, and their deltas a second
FAST = 20_000  # deltas of the one stream without a pace
FIT_STREAMS, FIT_DELTAS = 100, (100, 400)
HELD, HELD_LATENCY = 60.0, 250.0  # seconds, and milliseconds of p99
CLOSE = 0.85  # of what the processor could do by the microseconds of a delta
LESS, TRIES = 0.92, 4


@dataclass(slots=True)
class Fit:
    """What an answer costs: milliseconds of the processor, and microseconds more for each delta."""

    turn: float
    slope: float


@dataclass(slots=True)
class Results:
    machine: str = field(default_factory=machine)
    streams: list[Measured] = field(default_factory=list)
    opened: list[Measured] = field(default_factory=list)
    fast: list[Measured] = field(default_factory=list)
    answers: list[Measured] = field(default_factory=list)
    fits: dict[str, Fit] = field(default_factory=dict)
    tried: list[Measured] = field(default_factory=list)  # for a minute each
    overload: list[Measured] = field(default_factory=list)

    def of(self, target: str, streams: int) -> Measured | None:
        found = (each for each in self.streams if (each.target, each.streams) == (target, streams))
        return next(found, None)

    def held(self, target: str) -> Measured | None:
        """What it held of what was tried: the first that it did, as less and less is tried until then."""
        return next((each for each in self.tried if each.target == target and is_held(each)), None)

    @property
    def lost(self) -> int:
        return sum(each.lost for each in self.all())

    def all(self) -> Iterable[Measured]:
        yield from (*self.streams, *self.opened, *self.fast, *self.answers, *self.tried, *self.overload)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def measured(parts: Iterable[str]) -> Results:
    results = Results()
    for part in parts:
        PARTS[part](results)
    return results


def streams(results: Results) -> None:
    """At a pace, on one site after the other; and one stream as fast as it goes."""
    for name, starts in STARTS.items():
        with bench(name) as running:
            for count in STREAMS if name != "nginx" else STREAMS[-1:]:
                results.streams.append(told(running.window(count, PACE, WINDOW, starts=starts)))
            fast = running.answers(1, 0, deltas=FAST, answers=1, starts=1)
            results.fast.append(told(fast))


def opened(results: Results) -> None:
    """Very many that say little, on a new site: what it had before would hide their memory."""
    for name in ("bare", "site"):
        with bench(name) as running:
            results.opened.append(told(running.window(OPEN, OPEN_PACE, WINDOW, starts=STARTS[name])))


def fit(results: Results) -> None:
    """Whole answers, short and long: by their difference it is known what a delta costs, and what the rest does."""
    for name in ("bare", "site"):
        with bench(name) as running:
            short_and_long = answered(running, starts=STARTS[name])
            results.answers += short_and_long
            [results.fits[name]] = fitted(*short_and_long).values()


def answered(running: Bench, *, starts: float) -> tuple[Measured, Measured]:
    """Short answers, and long ones."""
    short, long = (
        told(running.answers(FIT_STREAMS, PACE, deltas=count, answers=times, starts=starts))
        for count, times in zip(FIT_DELTAS, (2, 1), strict=True)
    )
    return short, long


def fitted(short: Measured, long: Measured) -> dict[str, Fit]:
    """What an answer costs, by what it is spent on."""
    fewer, more = FIT_DELTAS
    fits = {}
    for part in short.parts:
        one, other = (each.parts[part] / each.answers for each in (short, long))
        slope = (other - one) / (more - fewer)
        fits[part] = Fit(turn=1e3 * (one - fewer * slope), slope=1e6 * slope)
    return fits


def held(results: Results) -> None:
    """Streams for a minute, fewer and fewer until they are held without a loss or a delay; and half as many again on
    the site. More than the first guess is not tried: each try takes a minute and a half."""
    for name in ("bare", "site"):
        with bench(name) as running:
            count = guess(results, running, name)
            for _ in range(TRIES):
                results.tried.append(told(running.window(count, PACE, HELD, starts=STARTS[name])))
                if results.held(name):
                    break
                count = round(LESS * count)
            if name == "site":
                results.overload.append(told(running.window(round(1.5 * count), PACE, WINDOW, starts=STARTS[name])))


def guess(results: Results, running: Bench, name: str) -> int:
    """How many streams the processor has time for, by what one costs where there are many."""
    many = results.of(name, STREAMS[-1]) or running.window(STREAMS[-1], PACE, WINDOW, starts=STARTS[name])
    return round(CLOSE * 1e6 / (many.microseconds * PACE))


def is_held(found: Measured) -> bool:
    return not found.lost and found.latency.get("p99", HELD_LATENCY) < HELD_LATENCY


def told(found: Measured) -> Measured:
    """What was found, after a line about it for who waits."""
    sys.stderr.write(
        f"{found.target}: {found.streams} streams, {found.pace or 'as many as it takes'} deltas a second: "
        f"{found.microseconds:.0f} µs a delta, p99 {found.latency.get('p99', 0):.1f} ms, {found.lost} lost\n"
    )
    sys.stderr.writelines(f"  {flaw}\n" for flaw in found.flaws)
    return found


PARTS = {"streams": streams, "open": opened, "fit": fit, "held": held}

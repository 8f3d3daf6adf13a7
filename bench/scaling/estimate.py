"""What so many people need, by what a turn, a delta, a stream and a message were measured to cost.

    python -m bench.scaling.estimate FILE

FILE is the report of `make bench BENCH=scaling`. Everything is proportional: people's habits, times a measured cost.
"""

import json
import math
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bench.scaling.costs import Costs, Room, read
from bench.streams.report import table

PEOPLE = (100, 10_000, 1_000_000)
FULL = 0.6  # of a processor that is planned with: what is busier lets people wait
CONNECTIONS = 14  # of a process to PostgreSQL, at most: docs/operations.md
LARGEST = {"PostgreSQL": 32, "Redis": 1, "nginx": 8}  # processors of one server that can be had; Redis uses one
MEMORY_GB = 256  # of the largest server of PostgreSQL
GB = 1e9


@dataclass(frozen=True, slots=True)
class Habits:
    """Of people, as the estimate takes them."""

    active: float = 0.3  # of all, on a day
    turns: float = 10.0  # of an active person, on a day
    busiest: float = 0.15  # of a day's turns, in its busiest hour
    deltas: float = 400.0  # of an answer
    seconds: float = 20.0  # for which an answer is written
    text: float = 1_000.0  # bytes of a message, questions and answers together


@dataclass(frozen=True, slots=True)
class Needs:
    """In the busiest hour, and of a year."""

    turns_per_second: float
    deltas_per_second: float
    streams: float  # open at once
    processors: dict[str, float]  # by part, all busy
    processes: int  # of the site, each FULL, and one that may be missing
    connections: int  # to PostgreSQL
    stream_gb: float  # of memory
    messages_a_year: float
    rows_gb: float  # more, each year
    indexes_gb: float


def needs(people: float, costs: Costs, room: Room, habits: Habits) -> Needs:
    turns_a_day = people * habits.active * habits.turns
    turns = turns_a_day * habits.busiest / 3600
    deltas = turns * habits.deltas
    streams = turns * habits.seconds
    processors = {
        part: turns * costs.turn_ms[part] / 1e3 + deltas * costs.delta_us[part] / 1e6 for part in costs.turn_ms
    }
    processes = math.ceil(processors["site"] / FULL) + 1
    messages = 2 * 365 * turns_a_day
    larger = habits.text / room.text  # than the messages that were measured
    return Needs(
        turns_per_second=turns,
        deltas_per_second=deltas,
        streams=streams,
        processors=processors,
        processes=processes,
        connections=CONNECTIONS * processes,
        stream_gb=streams * costs.stream_kb * 1e3 / GB,
        messages_a_year=messages,
        rows_gb=messages * room.rows * larger / GB,
        indexes_gb=messages * room.indexes * larger / GB,
    )


def limits(costs: Costs, room: Room, habits: Habits) -> dict[str, float]:
    """How many people each part is enough for, where there is one of it; the first is what ends growth first."""
    per_person = needs(1, costs, room, habits)
    found = {
        f"{part}, {count} processor{'s' if count > 1 else ''}": FULL * count / per_person.processors[part]
        for part, count in LARGEST.items()
        if per_person.processors.get(part, 0) > 0
    }
    found["a process of the site"] = FULL / per_person.processors["site"]
    found[f"a year's indexes in {MEMORY_GB} GB of memory"] = MEMORY_GB / per_person.indexes_gb
    return dict(sorted(found.items(), key=lambda limit: limit[1]))


def report(costs: Costs, room: Room, habits: Habits) -> str:
    parts = ["\n".join(arithmetic(PEOPLE[1], costs, room, habits)), growth(costs, room, habits)]
    parts += ["\n".join(f"- {name}: {people:,.0f} people" for name, people in limits(costs, room, habits).items())]
    return "\n\n".join(parts)


def arithmetic(people: int, costs: Costs, room: Room, habits: Habits) -> Iterator[str]:
    """Each step for so many people, with its numbers."""
    found = needs(people, costs, room, habits)
    day = people * habits.active * habits.turns
    yield f"turns a day = {people:,} people × {habits.active:g} active × {habits.turns:g} turns = {day:,.0f}"
    yield (
        f"turns a second = {day:,.0f} × {habits.busiest:g} in the busiest hour / 3,600 s = {found.turns_per_second:.2f}"
    )
    yield f"open streams = {found.turns_per_second:.2f} × {habits.seconds:g} s = {found.streams:,.0f}"
    yield f"deltas a second = {found.turns_per_second:.2f} × {habits.deltas:g} = {found.deltas_per_second:,.0f}"
    for part, processors in found.processors.items():
        yield (
            f"processors of {part} = {found.turns_per_second:.2f} × {costs.turn_ms[part]:.1f} ms"
            f" + {found.deltas_per_second:,.0f} × {costs.delta_us[part]:.0f} µs = {processors:.2f}"
        )
    yield (
        f"processes = {found.processors['site']:.2f} / {FULL:g} busy, and one more = {found.processes};"
        f" {CONNECTIONS} connections each = {found.connections}"
    )
    yield f"memory of streams = {found.streams:,.0f} × {costs.stream_kb:.0f} KB = {found.stream_gb:.2f} GB"
    yield f"messages a year = 2 × 365 × {day:,.0f} = {found.messages_a_year:,.0f}"
    yield (
        f"bytes a message = {habits.text:g} of text × ({room.rows:.0f} of rows + {room.indexes:.0f} of indexes)"
        f" / {room.text:.0f} of text; a year: {found.rows_gb:,.1f} GB + {found.indexes_gb:,.1f} GB"
    )


def growth(costs: Costs, room: Room, habits: Habits) -> str:
    """In Markdown: what grows, for each number of people."""
    columns = [needs(people, costs, room, habits) for people in PEOPLE]
    rows = {
        "turns a second, in the busiest hour": [f"{each.turns_per_second:,.2f}" for each in columns],
        "open streams": [f"{each.streams:,.0f}" for each in columns],
        "deltas a second": [f"{each.deltas_per_second:,.0f}" for each in columns],
        **{f"processors of {part}": [f"{each.processors[part]:,.2f}" for each in columns] for part in costs.turn_ms},
        "processes of the site": [f"{each.processes:,}" for each in columns],
        "connections to PostgreSQL": [f"{each.connections:,}" for each in columns],
        "messages a year": [f"{each.messages_a_year:,.0f}" for each in columns],
        "GB of rows a year": [f"{each.rows_gb:,.1f}" for each in columns],
        "GB of indexes a year": [f"{each.indexes_gb:,.1f}" for each in columns],
    }
    head = ["people", *(f"{people:,}" for people in PEOPLE)]
    return table([head, *([name, *values] for name, values in rows.items())])


def main(arguments: list[str]) -> None:
    (path,) = arguments
    found = read(json.loads(Path(path).read_text()))
    sys.stdout.write(report(found.setups["two processes"], found.room, Habits()) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])

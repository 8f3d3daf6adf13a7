"""What a turn, a delta, an open stream and a message cost, measured here."""

import sys
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bench.scaling.setups import SETUPS
from bench.streams.measuring import bench
from bench.streams.scenarios import answered, fitted, told
from tests.programs.postgresql import PostgreSQL
from tests.programs.serve import Serve

STARTS = 10.0  # streams a second that begin
OPEN = 300  # streams that are open at once, for their memory: within what nginx passes on
CONVERSATIONS, MESSAGES = 1_000, 20_000  # of the history whose size is measured
SIZES = """SELECT sum(pg_table_size(c.oid))::bigint, sum(pg_indexes_size(c.oid))::bigint FROM pg_class c
           WHERE c.relname IN ('conversations_message', 'conversations_indexedtext')"""
HISTORY = "from bench.history import made; made.prepare(conversations={conversations}, messages={messages})"


@dataclass(frozen=True, slots=True)
class Costs:
    """Of one setup, by its parts ("site", "PostgreSQL", …)."""

    turn_ms: dict[str, float]  # of the processor, for an answer without its deltas
    delta_us: dict[str, float]  # of the processor, for each delta
    stream_kb: float  # of memory, for an open stream
    lost: int


@dataclass(frozen=True, slots=True)
class Room:
    """What PostgreSQL keeps of a message, in bytes: its rows and those of the search, and their indexes."""

    rows: float
    indexes: float
    text: float  # bytes of its text, of which the others are


@dataclass(slots=True)
class Measured:
    setups: dict[str, Costs]
    room: Room

    @property
    def lost(self) -> int:
        return sum(costs.lost for costs in self.setups.values())


def measured() -> Measured:
    return Measured(room=room(CONVERSATIONS, MESSAGES), setups={name: costs_of(name) for name in SETUPS})


def costs_of(name: str) -> Costs:
    sys.stderr.write(f"{name}:\n")
    with bench(name, among=SETUPS) as running:
        short, long = answered(running, starts=STARTS)
    with bench(name, among=SETUPS) as running:
        opened = told(running.window(OPEN, 1, 3.0, starts=STARTS))
    fits = fitted(short, long)
    return Costs(
        turn_ms={part: max(0.0, fit.turn) for part, fit in fits.items()},  # noise may be more than a small one
        delta_us={part: fit.slope for part, fit in fits.items()},
        stream_kb=opened.memory_per_stream,
        lost=short.lost + long.lost + opened.lost,
    )


def room(conversations: int, messages: int) -> Room:
    """Of a history whose questions have a dozen words, and answers some eighty."""
    with PostgreSQL() as postgresql, TemporaryDirectory() as folder:
        # It is not started: its jobs would index what is written, too.
        Serve(data=Path(folder), DATABASE_URL=postgresql.url()).run(
            HISTORY.format(conversations=conversations, messages=messages)
        )
        postgresql.ask("VACUUM ANALYZE")
        [[rows, indexes]] = postgresql.ask(SIZES)
        [[text]] = postgresql.ask("SELECT sum(octet_length(text)) FROM conversations_message")
    return Room(*(int(str(size)) / messages for size in (rows, indexes, text)))


def read(report: dict[str, Any]) -> Measured:
    """What `dataclasses.asdict` made of it."""
    setups = {name: Costs(**costs) for name, costs in report["setups"].items()}
    return Measured(setups=setups, room=Room(**report["room"]))

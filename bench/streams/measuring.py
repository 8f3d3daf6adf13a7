"""Puts the provider, a target and the readers together, and measures."""

import json
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bench.figures import percentiles
from bench.machine import on, shares
from bench.streams.plan import Load
from bench.streams.targets import ROOT, TARGETS, Running, Targets
from tests.programs.program import Program

GRACE = 120.0  # seconds over its time until a load has no end
MOST_FLAWS = 5  # that are told: enough to see what is wrong
MEASURING, MEASURED = shares()


@dataclass(slots=True, kw_only=True)
class Measured:
    """One load on one target. Times of deltas are in milliseconds, memory is in KB, of the time that is measured."""

    target: str
    streams: int
    pace: int
    seconds: float
    deltas: int
    answers: int
    parts: dict[str, float]  # seconds of the processor, by what they were spent on
    memory_per_stream: float
    latency: dict[str, float]
    first: dict[str, float]
    fewest: int  # deltas of a stream, and the most
    most: int
    late_ms: int  # by how much the provider fell behind at worst
    lost: int  # answers of which anything was lost, or is stored otherwise
    flaws: list[str] = field(default_factory=list)

    @property
    def processor_seconds(self) -> float:
        return sum(self.parts.values())

    @property
    def microseconds(self) -> float:
        """Of the processor, for each delta."""
        return 1e6 * self.processor_seconds / self.deltas if self.deltas else 0.0

    @property
    def rate(self) -> float:
        """Deltas a second."""
        return self.deltas / self.seconds if self.seconds else 0.0


class Bench:
    """A target that runs, and the provider before it."""

    def __init__(self, folder: Path, target: Running) -> None:
        self._folder, self._target = folder, target
        self._count = 0

    def window(self, streams: int, pace: int, seconds: float, *, starts: float) -> Measured:
        """So many streams at once, for so long."""
        return self._load(streams=streams, pace=pace, starts=starts, window=seconds)

    def answers(self, streams: int, pace: int, *, deltas: int, answers: int, starts: float) -> Measured:
        """Whole answers, each stream's one after the other; all that they take is counted."""
        return self._load(streams=streams, pace=pace, starts=starts, deltas=deltas, answers=answers)

    def _load(self, *, streams: int, answers: int = 1, **wanted: Any) -> Measured:
        self._count += 1
        name = f"{self._target.name}-{self._count}"
        load = Load(
            url=self._target.url,
            kind=self._target.kind,
            sessions=self._target.sessions(streams),
            places=self._target.places(streams, answers),
            name=name,
            records=str(self._folder / name),
            streams=streams,
            answers=answers,
            **wanted,
        )
        # In a file: a thousand conversations are more than a command line takes.
        described = self._folder / f"{name}.load"
        described.write_text(json.dumps(asdict(load)))
        memory, before = self._target.memory(), self._target.parts()
        with program("readers", described) as readers:
            wait(readers, "open", load)
            began = time.monotonic()
            before = self._target.parts() if load.window else before
            memory = self._target.memory() - memory
            wait(readers, "closed", load)
            seconds, after = time.monotonic() - began, self._target.parts()
            flaws = ending(readers)
        return self._look(load, flaws, seconds=seconds, spent=less(after, before), memory=memory)

    def _look(self, load: Load, flaws: list[str], *, seconds: float, spent: dict[str, float], memory: int) -> Measured:
        sent = {record["tag"]: record for record in read(self._folder / "sent")}
        *seen, last = [{}, *read(Path(load.records))]
        figures = last.get("figures", {"deltas": [0], "latency": {}, "first": {}})
        people = {record["tag"]: record for record in seen if record}
        calls = {tag: record for tag, record in sent.items() if tag.startswith(f"{load.name}-")}
        flawed = list(differences(calls, people, self._target.stored()))
        if len(people) != load.streams * load.answers:
            flaws.append(f"{load.streams * load.answers - len(people)} answers have no reader to tell of them")
        return Measured(
            target=self._target.name,
            streams=load.streams,
            pace=load.pace,
            seconds=seconds,
            deltas=sum(figures["deltas"]),
            answers=len(people),
            parts=spent,
            memory_per_stream=memory / load.streams / 1000,
            latency=percentiles(counted(figures["latency"])),
            first=percentiles(counted(figures["first"])),
            fewest=min(figures["deltas"]),
            most=max(figures["deltas"]),
            late_ms=max((call["late_ms"] for call in calls.values()), default=0),
            lost=len(flawed) + len(flaws),
            flaws=[*flaws, *flawed][:MOST_FLAWS],
        )


@contextmanager
def bench(name: str, among: Targets = TARGETS) -> Iterator[Bench]:
    """The target of this name on its processor, and the provider on the other, both gone at the end."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="chatsite-bench-")))
        stack.enter_context(on(MEASURING))
        upstream = stack.enter_context(program("upstream", folder / "sent"))
        port = upstream.wait_line("listening on ").split()[-1]
        with on(MEASURED):
            target = stack.enter_context(among[name](f"127.0.0.1:{port}"))
        made = Bench(folder, target)
        made.answers(4, 20, deltas=5, answers=1, starts=10)  # what is loaded when it is first needed
        sys.stderr.write(f"{name} is ready\n")
        yield made


def less(after: dict[str, float], before: dict[str, float]) -> dict[str, float]:
    return {part: seconds - before[part] for part, seconds in after.items()}


def program(name: str, *arguments: Path) -> Program:
    return Program([sys.executable, "-m", f"bench.streams.{name}", *arguments], folder=ROOT)


def wait(readers: Program, word: str, load: Load) -> None:
    """Until the readers have said the word."""
    longest = load.answers * load.deltas / (load.pace or 1000) + load.window + load.streams / load.starts + GRACE
    readers.wait_line(word, patience=longest)


def ending(readers: Program) -> list[str]:
    status = readers.wait()
    return [f"the readers ended with status {status}: {readers.log[-2000:]}"] if status else []


def read(records: Path) -> Iterator[dict[str, Any]]:
    with records.open(encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def counted(tenths: dict[str, int]) -> Counter[int]:
    return Counter({int(tenth): count for tenth, count in tenths.items()})


def differences(sent: dict[str, Any], seen: dict[str, Any], stored: dict[str, tuple[str, str]] | None) -> Iterator[str]:
    """A sentence for each answer that is not as it was sent, with who read it or in the database."""
    for tag in sorted(sent.keys() | seen.keys()):
        call, reader = sent.get(tag), seen.get(tag)
        if reader is not None and reader["flaw"]:
            yield f"{tag}: {reader['flaw']}"
        elif call is None or call["end"] != "whole":
            yield f"{tag} was not sent in whole"
        elif reader is None or (reader["end"], reader["digest"]) != ("complete", call["digest"]):
            yield f"{tag} was not seen in whole: {reader}"
        elif stored is not None and stored.get(tag) != ("complete", call["digest"]):
            yield f"{tag} is not stored as it was sent"

"""Puts the provider, the site and the readers together for a stretch of load, and gathers what came of it."""

import json
import math
import sys
import time
from argparse import Namespace
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bench.figures import percentiles, slope
from bench.machine import on, shares
from bench.soak.check import differences
from bench.soak.plan import Load
from bench.soak.provider import MODEL
from bench.soak.readers import GRACE
from bench.soak.report import MEGABYTE, Phase
from bench.soak.site import Alone, Grown, Site, memory, processor_seconds, waited_seconds
from tests.programs.program import Program

ROOT = Path(__file__).resolve().parent.parent.parent
STREAMS_OF_A_PERSON = 5
SLOW = 250  # milliseconds of added latency (p99): the machine does not keep up any more
Sample = tuple[float, float]  # minutes, MB

MEASURING, MEASURED = shares()


def soak(options: Namespace) -> Iterator[Phase]:
    """Load, and then quiet, on one site."""
    with prepared(options, options.streams) as bench:
        yield bench.phase("load", options.streams, options.seconds)
        if options.quiet_minutes:
            yield bench.phase("quiet", max(1, options.streams // 4), 60 * options.quiet_minutes)


def find(options: Namespace) -> Iterator[Phase]:
    """Load, doubled each time on a new site, until it is too much: the last phase is the one that was."""
    streams, phase = options.streams, None
    while phase is None or keeps_up(phase):
        with prepared(options, streams) as bench:
            yield (phase := bench.phase("load", streams, options.seconds))
        streams *= 2


def keeps_up(phase: Phase) -> bool:
    return not phase.difference_count and phase.latency.get("p99", math.inf) <= SLOW


@contextmanager
def prepared(options: Namespace, streams: int) -> Iterator["Bench"]:
    """A provider and a site that has answered before, with accounts for so many streams; gone at the end."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="chatsite-soak-")))
        stack.enter_context(on(MEASURING))
        provider = stack.enter_context(program("provider", folder / "sent", str(options.pace), str(options.stall)))
        port = provider.wait_line("listening on ").split()[-1]
        with on(MEASURED):
            site = stack.enter_context(started(options, port, streams))
        bench = Bench(options, folder, site, streams)
        bench.phase("first", 4, 1)  # what is loaded once, when it is first needed, is no part of the load
        yield bench


def started(options: Namespace, port: str, streams: int) -> Site:
    return (Grown if options.cluster else Alone)(
        OPENAI_BASE_URL=f"http://127.0.0.1:{port}/v1",
        OPENAI_API_KEY="key-of-the-site",
        CHAT_MODELS=MODEL,
        CHAT_ANSWERS_AT_ONCE=str(max(500, streams)),
    )


def program(name: str, *arguments: str | Path) -> Program:
    return Program([sys.executable, "-m", f"bench.soak.{name}", *arguments], folder=ROOT)


class Bench:
    """What is measured, and what measures it."""

    def __init__(self, options: Namespace, folder: Path, site: Site, streams: int) -> None:
        self._options, self._folder, self._site = options, folder, site
        people = [f"person-{number}" for number in range(math.ceil(streams / STREAMS_OF_A_PERSON))]
        self._sessions = list(site.serves[0].make_accounts(*people).values())

    def phase(self, name: str, streams: int, seconds: float) -> Phase:
        """Load the site with so many streams for so long, to the end of the last answer, and look what came of it."""
        load = self._load(name, streams, seconds)
        spent, waited = processor_seconds(self._site), waited_seconds(self._site)
        Path(load.records).touch()
        say(f"{name}: {streams} streams for {seconds:.0f} s, and to the end of the last answer …")
        with program("readers", json.dumps(asdict(load))) as readers:
            samples = sampled(self._site, readers, seconds=seconds + load.most / load.pace + load.stall + 2 * GRACE)
            spent, waited = processor_seconds(self._site) - spent, waited_seconds(self._site) - waited
            flaws = ending(readers)
        phase = Phase(name=name, streams=streams, seconds=seconds, took=seconds)
        phase.processor_seconds, phase.waited_seconds = spent, waited
        self._look(phase, load, flaws)
        remember(phase, samples, self._site)
        return phase

    def _load(self, name: str, streams: int, seconds: float) -> Load:
        options = self._options
        shares = ("leaving", "stopping", "breaking", "doubling", "joining")
        return Load(
            url=self._site.url,
            sessions=self._sessions,
            records=str(self._folder / f"seen-{name}"),
            name=name,
            streams=streams,
            seconds=seconds,
            pace=options.pace,
            most=max(2, round(options.pace * min(options.longest, seconds / 2))),
            stall=options.stall,
            seed=options.seed,
            **{share: getattr(options, share) for share in shares},
        )

    def _look(self, phase: Phase, load: Load, flaws: list[str]) -> None:
        sent = [record for record in read(self._folder / "sent") if of_phase(record, phase)]
        calls = [record for record in sent if "tag" in record]
        *seen, last = [{}, *read(Path(load.records))]
        if "figures" not in last:
            flaws.append("the readers came to no end")
        rows = [row for row in self._site.answers() if row.tag.startswith(f"{phase.name}-")]
        people = [record for record in seen if "tag" in record]
        found = [*flaws, *differences(rows=rows, sent=calls, seen=people)]
        phase.differences, phase.difference_count = found[:20], len(found)
        phase.answers = dict(Counter(row.status for row in rows))
        phase.deltas = sum(call["deltas"] for call in calls)
        phase.broken = sum(call["end"] == "broken" for call in calls)
        phase.provider_late_ms = max((call["late_ms"] for call in calls), default=0)
        phase.titles = len(sent) - len(calls)
        for name, value in last.get("figures", {}).items():
            setattr(phase, name, value)
        phase.latency, phase.lag = counted(last.get("latency")), counted(last.get("lag"))


def say(line: str) -> None:
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


def read(records: Path) -> Iterator[dict[str, Any]]:
    with records.open(encoding="utf-8") as lines:
        yield from (json.loads(line) for line in lines if line.endswith("\n"))  # the last may be on its way


def of_phase(record: dict[str, Any], phase: Phase) -> bool:
    return str(record.get("tag") or record.get("title")).startswith(f"{phase.name}-")


def counted(tenths: dict[str, int] | None) -> dict[str, float]:
    return percentiles(Counter({int(tenth): count for tenth, count in (tenths or {}).items()}))


def sampled(site: Site, readers: Program, *, seconds: float) -> list[Sample]:
    """The site's memory at once, and each second until the readers end, at the latest after `seconds`."""
    began = time.monotonic()
    samples: list[Sample] = []
    while not samples or (readers.is_running and time.monotonic() < began + seconds):
        samples.append(((time.monotonic() - began) / 60, memory(site) / MEGABYTE))
        time.sleep(max(0.0, began + len(samples) - time.monotonic()))
    return samples


def ending(readers: Program) -> list[str]:
    """What is wrong with how the readers ended."""
    if readers.is_running:
        readers.kill()
        return ["the readers did not end in time"]
    status = readers.wait()
    return [f"the readers ended with status {status}: {readers.log[-2000:]}"] if status else []


def remember(phase: Phase, samples: list[Sample], site: Site) -> None:
    """The memory of a phase. Its growth is that of the second half of the time in which messages are sent."""
    minutes = phase.seconds / 60
    late = [sample for sample in samples if minutes / 2 <= sample[0] <= minutes]
    phase.memory_begin, phase.memory_end = samples[0][1], samples[-1][1]
    phase.memory_most = max(megabytes for _, megabytes in samples)
    phase.growth, phase.growth_minutes = slope(late), minutes / 2
    phase.stored_megabytes = site.stored_bytes() / MEGABYTE

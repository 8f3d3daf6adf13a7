"""The people of the soak, a process of its own: `python -m bench.soak.readers LOAD`, a `Load` as JSON.

Each stream is one person's place in one conversation: it sends, follows the answer to its end, does what the page then
does, and sends again. The file `records` gets a line of JSON for each answer with all that was seen of it, and at last
the figures.
"""

import asyncio
import json
import random
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

import aiohttp

from bench.machine import now
from bench.soak.plan import Load, Plan
from bench.soak.reader import Reader, Site

ANSWERS_IN_A_CONVERSATION = 8
GRACE = 60  # seconds over its time until an answer has no end
FLAWS = (aiohttp.ClientError, OSError, TimeoutError, ValueError, KeyError)


@dataclass(slots=True)
class Figures:
    """What all of them came to; `latency` counts deltas by their added latency in tenths of a millisecond."""

    latency: Counter[int] = field(default_factory=Counter)
    lag: Counter[int] = field(default_factory=Counter)  # of this process's own loop
    counts: Counter[str] = field(default_factory=Counter)


async def main(load: Load, records: TextIO) -> None:
    figures = Figures()
    began = now()
    connector = aiohttp.TCPConnector(limit=4 * load.streams + 20)
    timeout = aiohttp.ClientTimeout(total=None, sock_connect=GRACE, sock_read=GRACE)
    async with aiohttp.ClientSession(
        load.url, connector=connector, cookie_jar=aiohttp.DummyCookieJar(), timeout=timeout
    ) as http:
        watching = asyncio.create_task(watch(figures.lag))
        places = [
            Place(load, number, Site(http, load.sessions[number % len(load.sessions)]), figures, records)
            for number in range(load.streams)
        ]
        await asyncio.gather(*(place.run() for place in places))
        watching.cancel()
    write(records, figures={**figures.counts, "took": (now() - began) / 1e6}, latency=figures.latency, lag=figures.lag)


async def watch(lag: Counter[int]) -> None:
    """How late this loop is, which is a part of every latency that it measures."""
    loop = asyncio.get_running_loop()
    while True:
        due = loop.time() + 0.05
        await asyncio.sleep(0.05)
        lag[round((loop.time() - due) * 10_000)] += 1


class Place:
    """One stream: what one person does in one conversation after the other."""

    def __init__(self, load: Load, number: int, site: Site, figures: Figures, records: TextIO) -> None:
        self._load, self._number, self._site = load, number, site
        self._figures, self._records = figures, records
        self._chance = random.Random(f"{load.seed} {load.name} {number}")  # noqa: S311 - the same each time, no secret
        self._conversation = ""
        self._parent = ""

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        end = loop.time() + self._load.seconds
        await asyncio.sleep(self._chance.uniform(0, min(3, self._load.seconds / 4)))
        turn = 0
        while loop.time() < end:
            if turn % ANSWERS_IN_A_CONVERSATION == 0:
                self._leave()
            await self._turn(f"{self._load.name}-{self._number}-{turn}")
            turn += 1

    async def _turn(self, tag: str) -> None:
        plan = Plan.draw(tag, self._load, self._chance)
        patience = plan.deltas / self._load.pace + self._load.stall + GRACE
        answer = Answer(plan, self._site, self._figures)
        try:
            async with asyncio.timeout(patience):
                await self._ask(answer)
                await answer.follow()
        except TimeoutError:
            answer.flaws.append(f"no end within {patience:.0f} s")
            self._leave()
        except FLAWS as error:
            answer.flaws.append(f"the message was not taken: {error!r}")
            self._leave()
            await asyncio.sleep(1)
        write(self._records, **answer.record())

    def _leave(self) -> None:
        """The next message begins a new conversation."""
        self._conversation = self._parent = ""

    async def _ask(self, answer: "Answer") -> None:
        """Send the message, as often as the plan says, with one key."""
        plan = answer.plan
        path = f"{self._conversation}messages/" if self._conversation else "/conversations/"
        fields = {"message": plan.message, "parent": self._parent}
        replies = await asyncio.gather(*(self._site.send(path, fields, plan.tag) for _ in range(plan.times)))
        if len({reply["answer"]["id"] for reply in replies}) > 1:
            answer.flaws.append("one key began two answers")
        answer.events_url = replies[0]["answer"]["events_url"]
        self._conversation, self._parent = replies[0]["conversation"]["url"], replies[0]["answer"]["id"]
        self._figures.counts["sent_twice"] += plan.times - 1


class Answer:
    """One answer, as the people in front of it have it. `flaws` are what went wrong, in sentences."""

    events_url = ""

    def __init__(self, plan: Plan, site: Site, figures: Figures) -> None:
        self.plan = plan
        self.flaws: list[str] = []
        self._site, self._figures = site, figures
        self._is_stopped = False
        self._readers: list[Reader] = []

    async def follow(self) -> None:
        """Until every reader saw the end, and the page was made anew."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._read(0, leave_after=self.plan.leave_after))
            if self.plan.join_after is not None:
                group.create_task(self._read(self.plan.join_after))
            if self.plan.stop_after is not None:
                group.create_task(self._stop(self.plan.stop_after))
        await self._settle()

    def record(self) -> dict[str, Any]:
        seen = [{"text": reader.text, "end": reader.end} for reader in self._readers]
        flaws = self.flaws + [flaw for reader in self._readers for flaw in reader.flaws]
        return {"tag": self.plan.tag, "stopped": self._is_stopped, "seen": seen, "flaws": flaws}

    async def _read(self, after: float, *, leave_after: float | None = None) -> None:
        await asyncio.sleep(after)
        reader = Reader(self._site, self.events_url, self._figures.latency)
        self._readers.append(reader)
        await reader.read(leave_after=leave_after)
        self._figures.counts.update(readers=1, left=reader.left, resumed=reader.resumed)

    async def _stop(self, after: float) -> None:
        await asyncio.sleep(after)
        if any(reader.end for reader in self._readers):
            return
        self._is_stopped = True
        self._figures.counts["stops"] += 1
        await self._expect(self._site.stop(self.events_url), "Stop")

    async def _settle(self) -> None:
        """What the page does at the end: the text rendered, and the message as the server has it."""
        await asyncio.gather(
            self._expect(self._site.render(self._readers[0].text), "rendering"),
            self._expect(self._site.message(self.events_url), "the message"),
        )

    async def _expect(self, request: Any, what: str) -> None:
        try:
            await request
        except FLAWS as error:
            self.flaws.append(f"{what} failed: {error!r}")


def write(records: TextIO, **what: object) -> None:
    records.write(json.dumps(what, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    asked = Load(**json.loads(sys.argv[1]))
    with Path(asked.records).open("w", encoding="utf-8") as opened:
        asyncio.run(main(asked, opened))

"""The people of the benchmark, a process of its own: `python -m bench.streams.readers FILE`, with a `Load` as JSON.

It says `open` on its standard output when what is measured begins, `closed` when that is over, and writes to the file
`records` a line of JSON for each answer, with all that was seen of it, and at last the figures.
"""

import asyncio
import json
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO
from urllib.parse import urlencode, urlsplit

from bench.machine import now
from bench.streams.http import Connection, Take
from bench.streams.plan import Load, Place, Plan, digest, sent_at
from bench.streams.upstream import MODEL

SETTLE = 2.0  # seconds between the last one's beginning and the window
BEYOND = 1.0  # seconds for which answers go on after the window
TOKEN = "c" * 32


@dataclass(slots=True)
class Figures:
    """What they came to in the time that is measured: delays in tenths of a millisecond, and deltas of each stream."""

    is_open: bool = False
    latency: Counter[int] = field(default_factory=Counter)
    first: Counter[int] = field(default_factory=Counter)  # of every answer: from the request to the first delta
    deltas: Counter[int] = field(default_factory=Counter)


class Shown:
    """One answer as its reader sees it; `end` is how it was said to have ended."""

    def __init__(self, number: int, kind: str, figures: Figures) -> None:
        self.texts: list[str] = []
        self.end = ""
        self._number, self._figures = number, figures
        self._text_of = {"relay": of_provider, "site": of_site}[kind]
        self._rest = b""
        self._asked_at = now()

    def take(self, piece: bytes) -> None:
        *events, self._rest = (self._rest + piece).split(b"\n\n")
        for event in events:
            self._see(event)

    def _see(self, event: bytes) -> None:
        fields = dict(line.split(b": ", 1) for line in event.split(b"\n"))
        name, data = fields.get(b"event", b"message"), fields.get(b"data", b"")
        if data == b"[DONE]":
            self.end = "complete"
        elif name == b"end":
            self.end = json.loads(data)["status"]
        elif name == b"message" and data and (text := self._text_of(json.loads(data))):
            self._count(text)

    def _count(self, text: str) -> None:
        arrived, figures = now(), self._figures
        if not self.texts:
            figures.first[round((arrived - self._asked_at) / 100)] += 1
        self.texts.append(text)
        if figures.is_open:
            readings = sent_at(text)
            figures.latency.update(round((arrived - sent) / 100) for sent in readings)
            figures.deltas[self._number] += len(readings)


def of_provider(data: Any) -> str:
    return "".join(choice["delta"].get("content", "") for choice in data["choices"])


def of_site(data: Any) -> str:
    return str(data["text"])


class Reader:
    """One stream: an answer, and perhaps others after it."""

    def __init__(self, number: int, load: Load, figures: Figures, records: TextIO) -> None:
        self._number, self._load, self._figures, self._records = number, load, figures, records

    async def run(self, window_ends: float) -> None:
        load, loop = self._load, asyncio.get_running_loop()
        await asyncio.sleep(self._number / load.starts)
        address = urlsplit(load.url)
        connection = await Connection.open(str(address.hostname), int(address.port or 80))
        for turn in range(load.answers):
            lasts = window_ends + BEYOND - loop.time()
            deltas = load.deltas or max(1, round(lasts * load.pace))
            await self._answer(connection, Plan(f"{load.name}-{self._number}-{turn}", deltas, load.pace), turn)
        connection.close()

    async def _answer(self, connection: Connection, plan: Plan, turn: int) -> None:
        shown = Shown(self._number, self._load.kind, self._figures)
        flaw = ""
        try:
            if self._load.kind == "site":
                place = Place(*self._load.places[turn * self._load.streams + self._number])
                session = self._load.sessions[self._number % len(self._load.sessions)]
                await Person(connection, session).turn(place, plan, shown)
            else:
                await relayed(connection, plan, shown)
        except (OSError, ValueError) as error:
            flaw = repr(error)
        record = {"tag": plan.tag, "end": shown.end, "digest": digest(shown.texts), "flaw": flaw}
        self._records.write(json.dumps(record) + "\n")


async def relayed(connection: Connection, plan: Plan, shown: Shown) -> None:
    body = {"model": MODEL, "stream": True, "messages": [{"role": "user", "content": plan.message}]}
    headers = {"Content-Type": "application/json"}
    await connection.ask("POST", "/v1/chat/completions", headers, json.dumps(body).encode(), shown.take)


class Person:
    """One who is logged in, and what the page of the site does for a turn."""

    def __init__(self, connection: Connection, session: str) -> None:
        self._connection = connection
        self._headers = {"Cookie": f"session={session}; csrf={TOKEN}", "X-CSRFToken": TOKEN}

    async def turn(self, place: Place, plan: Plan, shown: Shown) -> None:
        fields = json.dumps({"message": plan.message, "parent": place.end}).encode()
        as_json = {"Accept": "application/json", "Content-Type": "application/json", "Idempotency-Key": plan.tag}
        reply = bytearray()
        await self._ask("POST", f"{place.url}messages/", as_json, fields, reply.extend)
        events = json.loads(reply)["answer"]["events_url"]
        await self._ask("GET", events, {"Accept": "text/event-stream"}, b"", shown.take)
        as_form = {"Content-Type": "application/x-www-form-urlencoded", "HX-Request": "true"}
        said = urlencode({"text": "".join(shown.texts)}).encode()
        await self._ask("POST", "/markdown/", as_form, said, reply.extend)
        await self._ask("GET", events.removesuffix("events/"), {"HX-Request": "true"}, b"", reply.extend)

    async def _ask(self, method: str, path: str, headers: dict[str, str], body: bytes, take: Take) -> None:
        await self._connection.ask(method, path, self._headers | headers, body, take)


async def main(load: Load, records: TextIO) -> None:
    figures, loop = Figures(), asyncio.get_running_loop()
    opens = loop.time() + (load.streams / load.starts + SETTLE if load.window else 0)
    readers = [Reader(number, load, figures, records) for number in range(load.streams)]
    running = asyncio.gather(*(reader.run(opens + load.window) for reader in readers))
    await asyncio.sleep(opens - loop.time())
    figures.is_open = True
    say("open")
    if load.window:
        await asyncio.sleep(opens + load.window - loop.time())
    else:
        await running
    figures.is_open = False
    say("closed")
    await running
    each = [figures.deltas[number] for number in range(load.streams)]
    kept = {"deltas": each, "latency": figures.latency, "first": figures.first}
    records.write(json.dumps({"figures": kept}) + "\n")


def say(word: str) -> None:
    sys.stdout.write(word + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asked_for = Load(**json.loads(Path(sys.argv[1]).read_text()))
    with Path(asked_for.records).open("w", encoding="utf-8") as opened:
        asyncio.run(main(asked_for, opened))

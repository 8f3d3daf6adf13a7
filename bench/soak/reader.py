"""One reader of one answer, with the manners of EventSource, and one person's requests."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp

from bench.machine import now
from bench.soak.plan import sent_at
from conversations import sse
from conversations.text import units

TOKEN = "c" * 32
FROM_PAGE = {"HX-Request": "true"}
MOST_FLAWS = 5  # of one reader: enough to see what is wrong


class Site:
    """The site as one logged-in person asks it. What is refused raises ValueError with what was said."""

    def __init__(self, http: aiohttp.ClientSession, session: str) -> None:
        self._http = http
        self._headers = {"Cookie": f"session={session}; csrf={TOKEN}", "X-CSRFToken": TOKEN}

    async def send(self, path: str, fields: dict[str, str], key: str) -> Any:
        """What began: the reply's JSON."""
        headers = {"Accept": "application/json", "Idempotency-Key": key}
        return json.loads(await self._ask("POST", path, 201, json=fields, headers=headers))

    async def stop(self, events_url: str) -> None:
        await self._ask("POST", events_url.replace("/events/", "/stop/"), 204, headers={"Accept": "application/json"})

    async def render(self, text: str) -> None:
        await self._ask("POST", "/markdown/", 200, headers=FROM_PAGE, data={"text": text})

    async def message(self, events_url: str) -> None:
        await self._ask("GET", events_url.removesuffix("events/"), 200, headers=FROM_PAGE)

    @asynccontextmanager
    async def stream(self, path: str, last_event_id: str) -> AsyncIterator[aiohttp.ClientResponse]:
        """An event stream; at the end its connection is closed, wherever it is."""
        headers = {"Accept": "text/event-stream"} | ({"Last-Event-ID": last_event_id} if last_event_id else {})
        async with self._http.get(path, headers=self._headers | headers) as response:
            try:
                yield response
            finally:
                if not response.content.at_eof():
                    response.close()

    async def _ask(self, method: str, path: str, wanted: int, *, headers: dict[str, str], **body: Any) -> bytes:
        async with self._http.request(method, path, headers=self._headers | headers, **body) as response:
            said = await response.read()
            if response.status != wanted:
                raise ValueError(f"{response.status}: {said[:300].decode(errors='replace')}")
            return said


class Reader:
    """Reads until the `end` event, and comes back from its last id wherever the connection ends before.

    `text` is what it shows, `end` the status that it was told; `left` counts the connections that it closed itself,
    `resumed` those that it opened with a cursor. `latency` counts, in tenths of a millisecond, how old each delta was
    that came while it was connected.
    """

    def __init__(self, site: Site, events_url: str, latency: Counter[int]) -> None:
        self.text, self.end = "", ""
        self.left = self.resumed = 0
        self.flaws: list[str] = []
        self._site, self._url, self._latency = site, events_url, latency
        self._last_id = ""
        self._pause = 3.0  # seconds, until the server says another
        self._connected_at = 0

    async def read(self, *, leave_after: float | None = None) -> None:
        """`leave_after` so many seconds the connection is closed hard, once, if the end has not come before."""
        try:
            async with asyncio.timeout(leave_after):
                await self._read()
        except TimeoutError:
            self.left += 1
            await asyncio.sleep(self._pause)
            await self._read()

    async def _read(self) -> None:
        while not self.end:
            try:
                await self._connection()
            except (aiohttp.ClientError, OSError) as error:
                self._note(f"a stream was cut: {error!r}")
            if not self.end:
                await asyncio.sleep(self._pause)

    async def _connection(self) -> None:
        self.resumed += bool(self._last_id)
        async with self._site.stream(self._url, self._last_id) as response:
            if response.status != 200:
                self._note(f"a stream was refused with {response.status}")
                return
            decoder = sse.Decoder()
            self._connected_at = now()
            async for piece in response.content.iter_any():
                for event in decoder.feed(piece):
                    self._take(event)
                self._last_id = decoder.last_event_id or self._last_id
                self._pause = (decoder.retry or 3000) / 1000
                if self.end:
                    return
        self._note("a stream ended before the answer")

    def _take(self, event: sse.Event) -> None:
        data = json.loads(event.data)
        if event.event == "message":
            self.text += data["text"]
            self._measure(data["text"])
        elif event.event == "rewind":
            self.text = self.text.encode("utf-16-le")[: 2 * data["length"]].decode("utf-16-le")
        elif event.event == "end":
            self.end = data["status"]
            if data["length"] != units(self.text):
                self._note(f"the end tells of {data['length']} units, {units(self.text)} were seen")

    def _measure(self, text: str) -> None:
        time = now()
        self._latency.update(round((time - sent) / 100) for sent in sent_at(text) if sent >= self._connected_at)

    def _note(self, flaw: str) -> None:
        if len(self.flaws) < MOST_FLAWS:
            self.flaws.append(flaw)

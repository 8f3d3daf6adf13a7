"""Pages that are open in somebody's browser: each follows an answer as static/js/stream.js does, on a thread."""

import http.client
import json
import random
import threading
import time
from collections.abc import Callable
from typing import Any, NamedTuple

from conversations import sse
from tests.faults.witness import Shown
from tests.patience import PATIENCE
from tests.people import Person

FIRST_PAUSE, LONGEST_PAUSE = 0.25, 2.0  # seconds; the page's are longer, which only makes it easier for the site
BROKEN = (OSError, http.client.HTTPException)


class Heard(NamedTuple):
    at: float
    name: str
    data: dict[str, Any]


class Reader:
    """One open page. `text` is what it shows of the answer, `heard` its events, `end` the last one's data.

    Where the stream breaks it comes back from its cursor after a pause; where it is refused it asks for the answer
    first. `statuses` has every refusal, `breaks` counts the streams that ended before the answer. The first stream is
    opened at the address of `first`, where a test must know which process that is.
    """

    def __init__(self, person: Person, begun: dict[str, Any], *, first: Person | None = None) -> None:
        self.person = person
        self.answer: str = begun["answer"]["id"]
        self.page: str = begun["conversation"]["url"]
        self.text = ""
        self.heard: list[Heard] = []
        self.end: dict[str, Any] | None = None
        self.is_gone = False  # the answer was deleted
        self.statuses: list[int] = []
        self.breaks = 0
        self._cursor = ""
        self._first = first
        self._failures = 0
        self._pause = threading.Event()
        self._news = threading.Condition()
        self._thread = threading.Thread(target=self._read, name=f"reader of {self.answer}", daemon=True)
        self._thread.start()

    @property
    def has_ended(self) -> bool:
        return self.end is not None or self.is_gone

    @property
    def status(self) -> str | None:
        return self.end["status"] if self.end else None

    def names(self) -> list[str]:
        return [heard.name for heard in self.heard]

    def shown(self) -> Shown:
        """The answer as the server shows it when it is asked now."""
        return Shown.read(self.fragment())

    def fragment(self) -> str:
        return self.person.get(f"/messages/{self.answer}/").text

    def wait(self, claim: Callable[["Reader"], bool]) -> None:
        with self._news:
            assert self._news.wait_for(lambda: claim(self), PATIENCE), f"{self.text!r} {self.end} {self.statuses}"

    def wait_words(self, count: int) -> None:
        self.wait(lambda reader: reader.text.count(" 🌍 ") >= count)

    def wait_end(self) -> None:
        self.wait(lambda reader: reader.has_ended)

    def _read(self) -> None:
        while not self.has_ended:
            try:
                self._connect()
            except (*BROKEN, AttributeError, ValueError):  # the latter: closed by whoever ends the test
                self._note(self._broke)
            if not self.has_ended:
                self._pause.wait(jittered(min(LONGEST_PAUSE, FIRST_PAUSE * 2**self._failures)))
                self._failures += 1

    def _connect(self) -> None:
        person, self._first = self._first or self.person, None
        stream = person.follow(f"/messages/{self.answer}/events/?after={self._cursor}")
        if stream.status != 200:
            stream.close()
            self.statuses.append(stream.status)
            self._ask()
            return
        try:
            for event in stream:
                self._note(lambda event=event: self._hear(event))
                if self.has_ended:
                    return
        finally:
            stream.close()
        self._note(self._broke)

    def _hear(self, event: sse.Event) -> None:
        data = json.loads(event.data)
        self.heard.append(Heard(time.monotonic(), event.event, data))
        self.text = changed(self.text, event.event, data)
        self._cursor = event.id or self._cursor
        if event.event != "start":
            self._failures = 0
        if event.event == "end":
            self.end = data

    def _broke(self) -> None:
        self.breaks += 1

    def _ask(self) -> None:
        """A stream was refused: the answer may have ended, or be gone."""
        reply = self.person.get(f"/messages/{self.answer}/", HX_Request="true")
        if reply.status == 404:
            self._note(lambda: setattr(self, "is_gone", True))
        elif reply.status != 200:
            self.statuses.append(reply.status)

    def _note(self, change: Callable[[], None]) -> None:
        with self._news:
            change()
            self._news.notify_all()


def jittered(pause: float) -> float:
    return pause * random.uniform(0.5, 1)  # noqa: S311 - no secret


def changed(text: str, name: str, data: dict[str, Any]) -> str:
    """What a page shows after an event; lengths are UTF-16 units."""
    if name == "message":
        return text + str(data["text"])
    if name == "rewind":
        return text.encode("utf-16-le")[: 2 * data["length"]].decode("utf-16-le")
    return text

"""What an answer is at one moment, and what a reader still has to be told about it. Pure."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from uuid import UUID

from conversations import text
from conversations.live.cursor import Cursor


@dataclass(frozen=True, slots=True)
class Notice:
    """What is being waited for; an empty code takes the last notice back."""

    code: str
    until: float | None = None  # seconds since 1970
    place: int | None = None

    def data(self) -> dict[str, Any]:
        return {"code": self.code, "until": self.until, "place": self.place}


@dataclass(frozen=True, slots=True)
class End:
    """How an answer ended; `error` is what is known of a failure, in no language, or None."""

    status: str
    reason: str = ""
    usage: dict[str, int] = field(default_factory=dict)
    error: dict[str, str] | None = None


class Snapshot(NamedTuple):
    """An answer at one moment, from memory or from its row."""

    status: str
    model: str
    text: str
    reasoning: str = ""
    title: str = ""
    notice: Notice | None = None
    end: End | None = None


class Block(NamedTuple):
    """A stretch of the text, in UTF-16 units, that is finished, and its sanitized HTML."""

    html: str
    start: int
    end: int


class Event(NamedTuple):
    """One event of the stream; `cursor` is what the reader has with it (None: nothing that counts)."""

    name: str
    data: dict[str, Any]
    cursor: Cursor | None = None


class _Had:
    """How much of a text that grows a reader has: once that is known in characters, what is new is found without
    counting the units of what is old."""

    def __init__(self) -> None:
        self._characters: int | None = None

    def more(self, whole: str, units: int) -> str:
        """What stands behind the first `units` UTF-16 units of `whole`. The reader has it from then on."""
        new = text.after(whole, units) if self._characters is None else whole[self._characters :]
        if new:
            self._characters = len(whole)
        return new


class Reader:
    """One reader's place in one answer: turns snapshots into the events that the reader lacks."""

    def __init__(self, answer: UUID, cursor: Cursor) -> None:
        self.cursor = cursor
        self._answer = answer
        self._has_begun = False
        self._notice: Notice | None = None
        self._title = ""
        self._thought, self._said = _Had(), _Had()

    def news(self, now: Snapshot, blocks: Sequence[Block] = ()) -> list[Event]:
        """What brings the reader from its cursor to `now`: first a `start`, and at last `end` if the answer ended.

        `blocks` are those that are finished, without a gap from the text's beginning.
        """
        events = [*self._begun(now), *self._rewound(now), *self._grown(now), *self._drawn(blocks), *self._asides(now)]
        if now.end is not None and not self.cursor.ended:
            self.cursor = self.cursor._replace(ended=True)
            events.append(Event("end", self._end(now), self.cursor))
        return events

    def _begun(self, now: Snapshot) -> list[Event]:
        if self._has_begun:
            return []
        self._has_begun = True
        return [Event("start", {"answer": str(self._answer), "model": now.model, "status": now.status})]

    def _rewound(self, now: Snapshot) -> list[Event]:
        # Only after a crash: the reader saw what was never kept. While an answer runs, a text that is behind the reader
        # is the row's, which is on its way. Lengths are looked at where a cut is possible at all.
        has = self.cursor
        if now.end is None:
            return []
        reasoning = (
            min(has.reasoning, text.units(now.reasoning)) if has.reasoning > len(now.reasoning) else has.reasoning
        )
        length = min(has.text, text.units(now.text)) if has.text > len(now.text) else has.text
        if (reasoning, length) == (has.reasoning, has.text):
            return []
        self.cursor = Cursor(reasoning, length, has.blocks if has.blocks <= length else 0)
        self._thought, self._said = _Had(), _Had()
        return [Event("rewind", {"length": length, "reasoning": reasoning}, self.cursor)]

    def _grown(self, now: Snapshot) -> list[Event]:
        events = []
        if thought := self._thought.more(now.reasoning, self.cursor.reasoning) if now.reasoning else "":
            self.cursor = self.cursor._replace(reasoning=self.cursor.reasoning + text.units(thought))
            events.append(Event("reasoning", {"text": thought}, self.cursor))
        if said := self._said.more(now.text, self.cursor.text):
            self.cursor = self.cursor._replace(text=self.cursor.text + text.units(said))
            events.append(Event("message", {"text": said}, self.cursor))
        return events

    def _drawn(self, blocks: Sequence[Block]) -> list[Event]:
        if not blocks or blocks[-1].start < self.cursor.blocks:
            return []
        events = []
        for block in blocks[bisect_left(blocks, self.cursor.blocks, key=lambda block: block.start) :]:
            # A page of another release may have drawn other stretches: it goes on with plain text.
            if block.start != self.cursor.blocks or block.end > self.cursor.text:
                break
            self.cursor = self.cursor._replace(blocks=block.end)
            events.append(Event("block", {"html": block.html, "from": block.start, "to": block.end}, self.cursor))
        return events

    def _asides(self, now: Snapshot) -> list[Event]:
        events = []
        if now.title and now.title != self._title:
            self._title = now.title
            events.append(Event("title", {"title": now.title}))
        if now.notice is not None and now.notice != self._notice and now.end is None:
            self._notice = now.notice
            events.append(Event("notice", now.notice.data()))
        return events

    @staticmethod
    def _end(now: Snapshot) -> dict[str, Any]:
        end = now.end or End(now.status)
        return {
            "status": end.status,
            "reason": end.reason,
            "length": text.units(now.text),
            "usage": end.usage,
            "error": end.error,
        }

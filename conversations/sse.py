"""Server-sent events, pure: bytes to events (the WHATWG algorithm) and our own events to bytes.

https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
"""

import json
from collections.abc import Iterable, Iterator
from typing import Any, Literal, NamedTuple

_as_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode

LINE_BYTES = 1024 * 1024
EVENT_BYTES = 2 * 1024 * 1024
RETRY_DIGITS = 9
BOM = b"\xef\xbb\xbf"


class Event(NamedTuple):
    """One dispatched event: its type, its data, and the last event id at that moment."""

    event: str
    data: str
    id: str


class StreamError(Exception):
    """The bytes cannot be read on as an event stream."""


class TooLong(StreamError):
    """A line, or the data of one event, is over its cap."""


class BadUtf8(StreamError):
    """A line is no UTF-8; only where `errors` is "strict"."""


class Decoder:
    """Reads an event stream that arrives in pieces of any size.

    `errors="replace"` decodes as browsers do (U+FFFD); "strict" raises BadUtf8. A line over `line_bytes` or the
    data of one event over `event_bytes` raises TooLong; the decoder is of no use after an error.
    `comments` counts comment lines (a sign of life without an event), `last_event_id` and `retry`
    (milliseconds) are what the stream said last. What is not finished by a blank line is no event: at the
    end of the stream it is dropped by dropping the decoder.
    """

    def __init__(
        self,
        *,
        errors: Literal["replace", "strict"] = "replace",
        line_bytes: int = LINE_BYTES,
        event_bytes: int = EVENT_BYTES,
    ) -> None:
        self.comments = 0
        self.last_event_id = ""
        self.retry: int | None = None
        self._errors = errors
        self._line_bytes = line_bytes
        self._event_bytes = event_bytes
        self._pending = bytearray()  # of a line that has not ended
        self._is_started = False  # a first line was read: no BOM can come any more
        self._is_after_cr = False  # a LF that comes next belongs to the CR before it
        self._is_between = True  # nothing of an event was read since the last blank line
        self._data: list[str] = []
        self._event = ""
        self._id: str | None = None
        self._size = 0

    def feed(self, piece: bytes) -> Iterable[Event]:
        """The events that `piece` finished, in order; to be used up before the next piece.

        Raises TooLong or BadUtf8 while it is used up, so that what came before the bad line is not lost.
        """
        if self._is_between and self._is_started and not self._pending and piece[:6] == b"data: ":
            usual = self._usual(piece)
            if usual is not None:
                return usual
        return filter(None, map(self._line, self._lines(piece)))

    def _usual(self, piece: bytes) -> list[Event] | None:
        """The events of a piece that is nothing but whole `data: …` LF LF; None for any other."""
        if piece[-2:] != b"\n\n" or b"\r" in piece:
            return None
        blocks = piece[6:-2].split(b"\n\ndata: ")
        events = []
        for block in blocks:
            if b"\n" in block or len(block) + 6 > self._line_bytes or len(block) > self._event_bytes:
                return None
            try:
                events.append(Event("message", block.decode("utf-8", self._errors), self.last_event_id))
            except UnicodeDecodeError:
                return None
        self._is_after_cr = False
        return events

    def _lines(self, piece: bytes) -> Iterator[bytes]:
        """The lines that `piece` finished, without their ends; the rest is kept for the next piece."""
        if self._is_after_cr and piece:
            self._is_after_cr = False
            piece = piece.removeprefix(b"\n")
        if b"\n" in piece or b"\r" in piece:
            self._is_after_cr = piece.endswith(b"\r")
            lines = (bytes(self._pending) + piece).splitlines()  # of bytes: at CR, LF and CRLF, and nowhere else
            self._pending.clear()
            piece = b"" if piece.endswith((b"\r", b"\n")) else lines.pop()
            for line in lines:
                self._check(len(line))
                yield line
        self._pending += piece
        self._check(len(self._pending))

    def _check(self, size: int) -> None:
        if size > self._line_bytes:
            raise TooLong(f"a line of more than {self._line_bytes} bytes")

    def _line(self, line: bytes) -> Event | None:
        if not self._is_started:
            self._is_started = True
            line = line.removeprefix(BOM)
        if not line:
            return self._dispatch()
        if line.startswith(b":"):
            self.comments += 1
            return None
        self._is_between = False
        name, _, value = line.partition(b":")
        self._field(name, value.removeprefix(b" "))
        return None

    def _field(self, name: bytes, value: bytes) -> None:
        if name == b"data":
            self._size += len(value) + 1
            if self._size > self._event_bytes:
                raise TooLong(f"an event of more than {self._event_bytes} bytes")
            self._data.append(self._decode(value))
        elif name == b"event":
            self._event = self._decode(value)
        elif name == b"id" and b"\0" not in value:
            self._id = self._decode(value)
        elif name == b"retry" and value.isdigit() and len(value) <= RETRY_DIGITS:
            self.retry = int(value)

    def _dispatch(self) -> Event | None:
        if self._id is not None:
            self.last_event_id = self._id
        data, event = self._data, self._event
        self._clear()
        return Event(event or "message", "\n".join(data), self.last_event_id) if data else None

    def _clear(self) -> None:
        self._data, self._event, self._id, self._size = [], "", None, 0
        self._is_between = True

    def _decode(self, value: bytes) -> str:
        try:
            return value.decode("utf-8", self._errors)
        except UnicodeDecodeError as error:
            raise BadUtf8(str(error)) from error


def encode(event: str, data: dict[str, Any], id: str | None = None) -> bytes:  # noqa: A002  the field's own name
    """One event of ours: compact JSON on a single data line; "message", the default type, needs no event line.

    `event` and `id` are our own words without line ends; `data` must not hold lone surrogates.
    """
    body = _as_json(data)
    head = "" if event == "message" else f"event: {event}\n"
    mark = "" if id is None else f"id: {id}\n"
    return f"{head}{mark}data: {body}\n\n".encode()


def retry(milliseconds: int) -> bytes:
    """Tells the reader how long to wait before it comes back after a broken connection."""
    return f"retry: {milliseconds}\n\n".encode()

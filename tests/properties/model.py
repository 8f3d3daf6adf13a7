"""What must hold of an answer, in a few words: a model that is too small to be wrong in the same way as the site."""

import http.client
import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from conversations import sse
from tests.fakes.replies import Gate, Step, raw
from tests.people import Person, Stream

RUNNING = {"pending", "streaming"}
COMEBACKS = 3  # of one reader, within which it has seen the end

_numbers = itertools.count(1)


def whole(sent: str) -> str:
    """What is to be stored of a text: pairs of surrogates joined, lone ones and NUL replaced."""
    return (
        sent.encode("utf-16-le", "surrogatepass")
        .decode("utf-16-le", "replace")
        .replace("\0", "\N{REPLACEMENT CHARACTER}")
    )


def units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


class Row(NamedTuple):
    """A message as the database has it."""

    uuid: str
    status: str
    text: str


class Feed:
    """What the provider says to one call, piece by piece: it waits for each, and the caller until it is written."""

    def __init__(self) -> None:
        self._gate = Gate()
        self.reply = raw(self._gate)  # its steps grow while they are played

    def say(self, *steps: Step) -> None:
        gate, self._gate = self._gate, Gate()
        gate.wait_reached()
        self.reply.steps += [*steps, self._gate]
        gate.open()
        self._gate.wait_reached()

    def end(self, *steps: Step) -> None:
        """The last that is said, whether or not anybody listens."""
        self.reply.steps += steps
        self._gate.open()


@dataclass(eq=False, repr=False)
class Question:
    """What a person sent, and all answers to it."""

    text: str
    number: int = field(default_factory=lambda: next(_numbers))
    uuid: str = ""

    @property
    def sent(self) -> str:
        return f"{self.number}: {self.text}"

    @property
    def fields(self) -> dict[str, str]:
        return {"message": self.sent}

    def is_in(self, asked: str) -> bool:
        return asked.startswith(f"{self.number}: ")


@dataclass(eq=False, repr=False)
class Answer:
    """One answer: what the provider said, what its readers saw, and how it may end by all that has happened."""

    question: Question
    base: str = ""  # the text of the answer that it continues
    uuid: str = ""
    said: str = ""  # by the provider, in whatever pieces
    seen: str = ""  # the most that any reader had
    kept: str = field(init=False)  # what no crash can take any more
    texts: dict[str, str] = field(default_factory=dict)  # what a reader has, by its cursor
    may_end: set[str] = field(default_factory=set)  # empty: nothing has ended it yet
    end: dict[str, Any] | None = None  # as the first reader saw it
    was_reset: bool = False
    has_crashed: bool = False

    key: str = field(default_factory=lambda: f"key-{next(_numbers)}")

    def __post_init__(self) -> None:
        self.feed = Feed()
        self.kept = self.base
        self.readers: list[Reader] = []

    def __repr__(self) -> str:
        return f"answer_to_{self.question.number}"

    @property
    def url(self) -> str:
        return f"/messages/{self.uuid}/"

    @property
    def is_running(self) -> bool:
        """Nothing has happened that would end it."""
        return not self.may_end

    @property
    def new(self) -> str:
        """What the provider has said, but for a byte order mark before all."""
        return whole(self.said.removeprefix("\ufeff"))

    @property
    def text(self) -> str:
        """All that there is."""
        return self.base + self.new

    @property
    def due(self) -> str:
        """What a reader must get to see while it runs: half a character, and what might become a tag, wait."""
        is_half = "\ud800" <= self.said[-1:] <= "\udbff"
        new = self.new[:-1] if is_half else self.new
        return self.base if new.lstrip() in {"", "<"} else self.base + new

    @property
    def rest(self) -> str:
        """Its text, where another answer can go on from there."""
        end = self.end or {}
        was_cut = end.get("status") != "complete" or end.get("reason") == "length"
        return self.readers[-1].text if self.end and was_cut else ""

    def outlive(self, row: Row, *, is_crash: bool) -> None:
        """The process is gone, and this is what it left."""
        if row.status in RUNNING:
            assert is_crash, "the process ended in order, and the answer did not"
            self.has_crashed, self.kept, self.may_end = True, row.text, {"interrupted"}
        elif not is_crash:
            self.may_end |= {"interrupted"}
        self.check(row)

    def check(self, row: Row) -> None:
        """I2 and I3, of the row at any moment."""
        may_be = self.may_end | RUNNING if self.end is None else {self.end["status"]}
        assert row.status in may_be, f"{self} is {row.status}, not {may_be}"
        assert self.text.startswith(row.text), "what is stored was never said"
        assert row.text.startswith(self.kept), "what was stored is gone"
        if row.status in RUNNING:
            return
        assert self.has_crashed or row.text.startswith(self.seen), "what was seen is not stored"
        if row.status == "complete" or (row.status == "failed" and not self.was_reset):
            assert row.text == self.text, "what was said is not stored"


@dataclass(eq=False, repr=False)
class Conversation:
    """Its address and its answers; the newest is the end of the branch that is shown."""

    url: str
    answers: list[Answer]

    def __repr__(self) -> str:
        return f"conversation_with_{self.answers[0]}"


class Reader:
    """A page that shows an answer: it applies the events, hangs up, and comes back with its cursor."""

    def __init__(self, person: Person, answer: Answer, cursor: str = "") -> None:
        self.answer, self.cursor = answer, cursor
        self.text = answer.texts.get(cursor, "")
        self.end: dict[str, Any] | None = None
        self._person = person
        self._stream: Stream | None = None
        answer.readers.append(self)

    def __repr__(self) -> str:
        return f"reader_{self.answer.readers.index(self)}_of_{self.answer}"

    def come(self) -> int:
        """Open the stream from where it is: the status."""
        if self._stream is None:
            self._stream = self._person.follow(f"{self.answer.url}events/", Last_Event_ID=self.cursor)
        return self._stream.status

    def hang_up(self) -> None:
        if self._stream is not None:
            self._stream.close()
            self._stream = None

    def read_all_due(self) -> None:
        """Read until it has all that the provider has said."""
        assert self.come() == 200
        events = self._events()
        while self.text != self.answer.due:
            assert next(events, None), f"{self} has {self.text!r} and not {self.answer.due!r} when its stream ends"

    def read_to_the_end(self) -> None:
        """Read until it knows the answer's end, coming back where the stream is cut."""
        for _ in range(COMEBACKS):
            if self.end is None and self.come() == 200:
                self.read_what_comes()
        assert self.end is not None, f"{self} never learns the end"
        assert (self.text, units(self.text)) == (self.answer.texts[self.cursor], self.end["length"])
        self.hang_up()
        assert self.come() == 204
        self.hang_up()

    def read_what_comes(self) -> None:
        """Read to the end of the stream, however it ends."""
        if self._stream is not None:
            for _ in self._events():
                pass
            self.hang_up()

    def _events(self) -> Iterator[sse.Event]:
        try:
            for event in self._stream or ():
                self._apply(event)
                yield event
        except (OSError, http.client.HTTPException):
            return  # the server is gone

    def _apply(self, event: sse.Event) -> None:
        data = json.loads(event.data)
        if event.event == "message":
            self.text += data["text"]
        elif event.event == "rewind":
            assert self.answer.has_crashed, "text is taken back without a crash"
            self.text = self.text.encode("utf-16-le")[: 2 * data["length"]].decode("utf-16-le")
        elif event.event == "end":
            self.end = data
            self.answer.end = self.answer.end or data
            assert data == self.answer.end, "two readers see two ends"
        if event.id:
            self.cursor = event.id
            assert self.answer.texts.setdefault(event.id, self.text) == self.text, "one cursor is of two texts"
        assert self.answer.text.startswith(self.text), "what is shown was never said"
        self.answer.seen = max(self.answer.seen, self.text, key=len)

"""What came of one answer: what its reader saw, what is stored."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple
from xml.etree.ElementTree import Element

import html5lib

from conversations import sse, text
from conversations.models import Message
from tests.people import Person, text_of

Shorten = Callable[..., None]  # of the fixture `shorten`


@dataclass(frozen=True)
class Shown:
    """An answer as its page shows it: its text, its label with the reference, and the buttons that do something."""

    text: str
    label: str
    reference: str
    offers: tuple[str, ...]

    @classmethod
    def read(cls, html: str) -> "Shown":
        root = html5lib.parseFragment(html, treebuilder="etree", namespaceHTMLElements=False)
        reference = "".join(words(element) for element in root.iter("small"))
        label = "".join(words(element) for element in with_class(root, "answer-label"))
        usual = [part for name in ("pop-menu", "answer-rating") for part in root.iter(name)]  # of every answer
        left_out = [button for part in usual for button in part.iter("button")]
        buttons = [button for button in root.iter("button") if button.get("name") and button not in left_out]
        return cls(
            text="".join(words(element) for element in with_class(root, "answer-body")),
            label=label.removesuffix(reference).strip(),
            reference=reference.removeprefix("Reference "),
            offers=tuple(button.get("aria-label") or words(button) for button in buttons),
        )


def with_class(root: Element, name: str) -> Iterable[Element]:
    return (element for element in root.iter() if name in element.get("class", "").split())


def words(element: Element) -> str:
    return " ".join("".join(element.itertext()).split())


class Result(NamedTuple):
    """How an answer ended: what its stream, its row and its page agree on."""

    text: str
    status: str
    reason: str
    code: str  # of the error
    label: str
    offers: tuple[str, ...]


def failed(code: str, label: str, text: str = "", reason: str = "") -> Result:
    offers = ("Continue", "Retry") if text else ("Retry",)
    return Result(text, "failed", reason, code, label, offers)


def complete(text: str, reason: str = "stop", label: str = "", offers: tuple[str, ...] = ("Answer again",)) -> Result:
    return Result(text, "complete", reason, "", label, offers)


def stopped(text: str) -> Result:
    offers = ("Continue", "Answer again") if text else ("Answer again",)
    return Result(text, "stopped", "", "", "You stopped this answer.", offers)


@dataclass(frozen=True)
class Outcome:
    """One answer after its end: the events of a reader, the row, and what the page shows from now on."""

    events: list[sse.Event]
    row: Message
    shown: Shown

    @property
    def result(self) -> Result:
        """Fails where the stream, the row and the page do not tell the same."""
        end, row = self.end, self.row
        error = end["error"] or {"code": "", "message": self.shown.label, "reference": ""}
        result = Result(row.text, row.status, row.finish_reason, row.error_code, self.shown.label, self.shown.offers)
        assert (text_of(self.events), end["status"], end["reason"]) == result[:3]
        assert (error["code"], error["message"]) == (row.error_code, self.shown.label)
        assert error["reference"] == row.error_reference == self.shown.reference
        assert end["length"] == text.units(row.text)
        return result

    @property
    def end(self) -> Any:
        """The data of the one `end` event, which is the last."""
        assert [event.event for event in self.events].index("end") == len(self.events) - 1
        return json.loads(self.events[-1].data)

    @property
    def thoughts(self) -> str:
        return "".join(json.loads(event.data)["text"] for event in self.events if event.event == "reasoning")

    @property
    def notices(self) -> list[str]:
        return [json.loads(event.data)["code"] for event in self.events if event.event == "notice"]


def followed(person: Person, message: str = "Hello?") -> Outcome:
    """Asks in a new conversation and reads the answer to its end."""
    begun = person.ask(message)
    return ended(person, begun, list(person.follow(begun["answer"]["events_url"])))


def ended(person: Person, begun: dict[str, Any], events: list[sse.Event]) -> Outcome:
    """What came of the answer that was begun, whose `events` were read to their end."""
    uuid = begun["answer"]["id"]
    row = Message.objects.select_related("conversation", "parent").get(uuid=uuid)
    return Outcome(events, row, Shown.read(person.get(f"/messages/{uuid}/").text))

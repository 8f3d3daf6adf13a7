"""What one process tells the others of an answer that grows. Pure: the difference of two moments, and its use.

An entry says at which lengths it begins (in characters), so that it can be used twice, or on a text that is ahead of
it, and a text that is behind it is noticed.
"""

import json
from dataclasses import asdict, dataclass, fields
from typing import Any, Self, TypeVar

from conversations.live.channel import Channel
from conversations.live.snapshot import End, Notice, Snapshot
from conversations.text import storable

T = TypeVar("T", Notice, End)
LOST = "lost"  # whoever generated the answer does not any more, and knows no end


@dataclass(frozen=True, slots=True)
class Told:
    """What the others know already: lengths in characters, so that no second copy of a text is kept."""

    reasoning: int = 0
    text: int = 0
    status: str = "pending"
    title: str = ""
    notice: Notice | None = None
    end: End | None = None

    @classmethod
    def of(cls, now: Snapshot) -> Self:
        return cls(len(now.reasoning), len(now.text), now.status, now.title, now.notice, now.end)


NOTHING = Told()


def entry(told: Told, now: Snapshot) -> str | None:
    """What brings another process from what it was `told` to `now`; None where nothing is new."""
    new: dict[str, Any] = {}
    if reasoning := now.reasoning[told.reasoning :]:
        new["reasoning"] = reasoning
    if text := now.text[told.text :]:
        new["text"] = text
    if now.status != told.status:
        new["status"] = now.status
    if now.title != told.title:
        new["title"] = now.title
    if now.notice != told.notice:
        new["notice"] = asdict(now.notice or Notice(""))
    if now.end is not None and now.end != told.end:
        new["end"] = asdict(now.end)
    return json.dumps({"at": [told.reasoning, told.text], **new}) if new else None


def lost() -> str:
    return json.dumps({LOST: True})


def apply(raw: str, channel: Channel) -> bool:
    """Let `channel` know what the entry says. False where that is no way to the end: it begins behind what the channel
    has, or its process has lost the answer. Raises ValueError, TypeError or LookupError for what is no entry of ours.
    """
    new = json.loads(raw)
    if LOST in new:
        return False
    reasoning_at, text_at = new["at"]
    has = channel.snapshot()
    if reasoning_at > len(has.reasoning) or text_at > len(has.text):
        return False
    if new.get("status") == "streaming" and has.status == "pending":
        channel.begin()
    text = new.get("text", "")[len(has.text) - text_at :]
    reasoning = new.get("reasoning", "")[len(has.reasoning) - reasoning_at :]
    if text or reasoning:
        channel.append(storable(text), storable(reasoning))
    if "notice" in new:
        channel.announce(_made(Notice, new["notice"]))
    if "title" in new:
        channel.entitle(new["title"])
    if "end" in new:
        channel.close(_made(End, new["end"]))
    return True


def _made(kind: type[T], values: dict[str, Any]) -> T:
    """Without what this code does not know: during an upgrade the other process may be newer."""
    return kind(**{known.name: values[known.name] for known in fields(kind) if known.name in values})

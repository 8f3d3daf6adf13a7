"""What the readers of other programs' files find, and the conversation that becomes of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from conversations import titles
from conversations.exchange import schema
from conversations.exchange.reading import limits, tree
from conversations.exchange.reading.refused import Unreadable
from conversations.models import Role, TitleSource
from conversations.models.settings import HIGHEST_TEMPERATURE


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A conversation of another program, by its own ids. Its `temperature` is whatever stands there."""

    source: str
    id: str
    title: str
    nodes: Sequence[tree.Said]
    shown: str | None
    created_at: datetime | None = None
    touched_at: datetime | None = None
    is_archived: bool = False
    is_pinned: bool = False
    model: str = ""
    system_prompt: str = ""
    temperature: Any = None


def conversation_of(found: Found, now: datetime) -> schema.Tree:
    """The same for the same file, but for times that it does not tell. Raises Unreadable."""
    if not 0 < len(found.id) <= limits.SOURCE_ID_CHARACTERS:
        raise Unreadable("malformed")
    times = [node.at for node in found.nodes if node.at]
    created_at = found.created_at or min(times, default=now)
    touched_at = max(found.touched_at or max(times, default=created_at), created_at)
    messages, shown = tree.grown(
        found.nodes, source=found.source, conversation=found.id, shown=found.shown, at=created_at
    )
    title = titles.given(found.title)
    first = next(message for message in messages if message.role == Role.USER)
    conversation = schema.Conversation(
        id=tree.named(found.source, found.id),
        title=title or titles.first_words(first.text),
        title_source=TitleSource.MODEL if title else TitleSource.FIRST_WORDS,
        created_at=created_at,
        touched_at=touched_at,
        pinned_at=touched_at if found.is_pinned else None,
        archived_at=touched_at if found.is_archived else None,
        model=found.model[: limits.NAME_CHARACTERS],
        system_prompt=found.system_prompt,
        temperature=_temperature(found.temperature),
    )
    return schema.Tree(conversation=conversation, messages=messages, shown=shown)


def _temperature(value: Any) -> float | None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number and 0 <= value <= HIGHEST_TEMPERATURE else None

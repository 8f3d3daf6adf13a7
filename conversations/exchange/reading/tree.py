"""Makes a tree as this site has it of the messages of another program: questions and answers in turn of who speaks,
each with an id that is always the same for the same message of the same source. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID, uuid5

from conversations.exchange import schema
from conversations.exchange.reading import limits
from conversations.exchange.reading.refused import Unreadable
from conversations.models import Role
from conversations.text import ANSWER_BYTES, storable

SPACE = UUID("6f0c1f0e-8f0f-5a57-9d3b-6f1a5f5e2c11")  # of the ids that are made here
UNASKED = "…"  # stands for a question where an answer has none


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A message of another program. Without a role, or without a word, it is none here: what follows hangs on what is
    before."""

    id: str
    parent: str | None
    role: Role | None = None
    text: str = ""
    reasoning: str = ""
    model: str = ""
    at: datetime | None = None

    @property
    def is_heard(self) -> bool:
        return self.role is not None and bool(self.text.strip() or self.reasoning.strip())


def named(source: str, *parts: str) -> UUID:
    return uuid5(SPACE, storable("\n".join([source, *parts])))


def grown(
    nodes: Sequence[Said], *, source: str, conversation: str, shown: str | None, at: datetime
) -> tuple[list[schema.Message], UUID]:
    """The messages, each behind its parent, and the end of the shown branch: below `shown`, or else what is last.

    `at` is for messages without a time. Several answers in a row are one, with all their texts; a message whose parent
    is not there is a first one. Raises Unreadable where they are no tree, or too many.
    """
    said: dict[str | None, Said] = {node.id: node for node in _in_order(nodes)}
    above = _above(said)
    heard = [replace(node, parent=above[node.id]) for node in said.values() if node.is_heard]
    below = _below(heard)
    joined = _joined(heard, below)
    if not joined:
        raise Unreadable("empty")
    key = _keys(heard, source, conversation)
    messages = [message for node in joined for message in _messages(node, key, at)]
    if len(messages) > limits.MESSAGES:
        raise Unreadable("too_many_messages")
    end = shown if shown in key else above.get(shown) or joined[-1].id
    while below.get(end):
        end = below[end][-1].id
    return messages, key[end]


def _in_order(nodes: Sequence[Said]) -> list[Said]:
    """Each behind its parent, siblings by their time where all have one."""
    known = {node.id for node in nodes}
    if len(known) != len(nodes):
        raise Unreadable("not_a_tree")
    under: dict[str | None, list[Said]] = {}
    for node in nodes:
        under.setdefault(node.parent if node.parent in known else None, []).append(node)
    ordered: list[Said] = []
    waiting = _last_first(under.get(None, []))
    while waiting:
        ordered.append(waiting.pop())
        waiting += _last_first(under.get(ordered[-1].id, []))
    if len(ordered) != len(nodes):
        raise Unreadable("not_a_tree")  # the others are each other's parents
    return ordered


def _last_first(siblings: list[Said]) -> list[Said]:
    times = [node.at for node in siblings if node.at]
    by_time = sorted(siblings, key=lambda node: node.at or times[0]) if len(times) == len(siblings) else siblings
    return by_time[::-1]


def _above(said: Mapping[str | None, Said]) -> dict[str | None, str | None]:
    """The nearest message before each that somebody said."""
    above: dict[str | None, str | None] = {}
    for node in said.values():
        parent = said.get(node.parent)
        above[node.id] = None if parent is None else parent.id if parent.is_heard else above[parent.id]
    return above


def _below(heard: Sequence[Said]) -> dict[str | None, list[Said]]:
    below: dict[str | None, list[Said]] = {}
    for node in heard:
        below.setdefault(node.parent, []).append(node)
    return below


def _joined(heard: Sequence[Said], below: Mapping[str | None, Sequence[Said]]) -> list[Said]:
    """Answers that go on from answers as one, which stands where its last part does. They are put together there alone:
    what there would be at each step on the way grows with the square of the row."""
    known: dict[str | None, Said] = {node.id: node for node in heard}
    joined: list[Said] = []
    size = 0
    for node in heard:
        after = [child.role for child in below.get(node.id, [])]
        if node.role == Role.ASSISTANT and after and set(after) == {Role.ASSISTANT}:
            continue
        joined.append(_whole(_row(node, known)))
        size += len(joined[-1].text) + len(joined[-1].reasoning)
        if size > limits.ENTRY_CHARACTERS:
            raise Unreadable("too_large")
    return joined


def _row(last: Said, known: Mapping[str | None, Said]) -> list[Said]:
    """The answers that lead to this one without a question between, the first one first."""
    row = [last]
    while (before := known.get(row[-1].parent)) and before.role == row[-1].role == Role.ASSISTANT:
        row.append(before)
    return row[::-1]


def _whole(row: Sequence[Said]) -> Said:
    if len(row) == 1:
        return row[0]
    text = "\n\n".join(node.text for node in row if node.text)
    reasoning = "\n\n".join(node.reasoning for node in row if node.reasoning)
    if max(len(text), len(reasoning)) > ANSWER_BYTES:
        raise Unreadable("answer_too_long")
    model = next((node.model for node in reversed(row) if node.model), "")
    return replace(row[-1], parent=row[0].parent, text=text, reasoning=reasoning, model=model, at=row[0].at)


def _keys(heard: Sequence[Said], source: str, conversation: str) -> dict[str, UUID]:
    return {node.id: named(source, conversation, node.id) for node in heard}


def _messages(node: Said, key: Mapping[str, UUID], at: datetime) -> list[schema.Message]:
    parent = key[node.parent] if node.parent is not None else None
    told = schema.Message(
        id=key[node.id],
        parent=parent,
        role=str(node.role),
        text=node.text,
        created_at=node.at or at,
        model=node.model[: limits.NAME_CHARACTERS],
        reasoning=node.reasoning,
    )
    if parent or node.role == Role.USER:
        return [told]
    question = schema.Message(
        id=uuid5(told.id, "question"), parent=None, role=str(Role.USER), text=UNASKED, created_at=told.created_at
    )
    return [question, replace(told, parent=question.id)]

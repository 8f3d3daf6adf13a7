"""Compares what the provider sent, what is stored, and what the readers saw. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

ENDS = {"whole": {"complete"}, "broken": {"failed"}, "left": set[str]()}
"""How an answer that nobody stopped is to be stored, by how the provider's stream ended."""


@dataclass(frozen=True, slots=True)
class Row:
    """An answer as it is stored, with the tag of the message that it answers."""

    tag: str
    status: str
    text: str


def differences(
    *, rows: Iterable[Row], sent: Iterable[dict[str, Any]], seen: Iterable[dict[str, Any]]
) -> Iterator[str]:
    """A sentence for everything that is not as it has to be: nothing, if nothing was lost.

    `sent` are the records of the provider, `seen` those of the readers.
    """
    stored, calls, people = by_tag(rows), by_tag(sent), by_tag(seen)
    for tag in sorted(stored.keys() | calls.keys() | people.keys()):
        for what in _answer(stored[tag], calls[tag], people[tag]):
            yield f"{tag}: {what}"


def by_tag(records: Iterable[Any]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = defaultdict(list)
    for record in records:
        found[record.tag if isinstance(record, Row) else record["tag"]].append(record)
    return found


def _answer(rows: list[Row], calls: list[dict[str, Any]], people: list[dict[str, Any]]) -> Iterator[str]:
    for seen in people:
        yield from seen["flaws"]
    if (len(rows), len(people)) != (1, 1):
        yield f"{len(rows)} rows and {len(people)} people"
        return
    (row,), (seen,) = rows, people
    for reader in seen["seen"]:
        if (reader["end"], reader["text"]) != (row.status, row.text):
            yield f"a reader saw {shown(reader['end'], reader['text'])}, stored is {shown(row.status, row.text)}"
    if len(calls) == 1:
        yield from _stored(row, calls[0], is_stopped=seen["stopped"])
    elif calls or not seen["stopped"] or (row.status, row.text) != ("stopped", ""):
        yield f"{len(calls)} calls of the provider"


def _stored(row: Row, call: dict[str, Any], *, is_stopped: bool) -> Iterator[str]:
    """Whoever stops gets a part of what was sent; everybody else all of it, under the right status."""
    sent = call["text"]
    if is_stopped and row.status == "stopped":
        is_right = sent.startswith(row.text)
    else:
        is_right = row.status in ENDS[call["end"]] and row.text == sent
    if not is_right:
        yield f"the provider sent {shown(call['end'], sent)}, stored is {shown(row.status, row.text)}"


def shown(status: str, text: str) -> str:
    return f"{status or 'no end'} with {len(text)} characters to …{text[-30:]!r}"

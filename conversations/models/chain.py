"""How read records hang together: each has the hash of the one before, and salted digests of what may be blanked."""

import hashlib
import json
import secrets
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

if TYPE_CHECKING:
    from conversations.models.read_record import ReadRecord

PERSONAL = ("reader_name", "reason", "subject", "address")  # may be blanked; the chain holds their salted digests
HASHED = ("sequence", "at", "act", "category", "reader_id", "conversation", "owner_id", "found", "told_at", "covers")
FINDINGS = 100  # that are told of; the first one is what counts


@dataclass(slots=True)
class Verdict:
    """What `verify` found: how many records there are, the newest one's head, and what is wrong, in order."""

    count: int = 0
    head: str = ""
    findings: list[str] = field(default_factory=list)


def sealed(value: str) -> dict[str, str]:
    salt = secrets.token_hex(16)
    return {"salt": salt, "digest": _digest(salt, value)}


def seal_of(record: "ReadRecord", name: str) -> dict[str, Any]:
    """{"salt", "digest"} of a personal field; without a salt it is blanked; empty where the row has lost it."""
    seal = record.seals.get(name) if isinstance(record.seals, dict) else None
    return seal if isinstance(seal, dict) else {}


def hash_of(record: "ReadRecord") -> str:
    said = {name: _plain(getattr(record, name)) for name in HASHED}
    digests = {name: seal_of(record, name).get("digest") for name in PERSONAL}
    return _sha256(json.dumps([said, digests, record.previous], sort_keys=True))


def verify(records: "Iterable[ReadRecord]", *, heads: Collection[str] = ()) -> Verdict:
    """Read the whole chain, in order, and say where it is not as it was written. `heads` are what the log had of it, or
    their beginnings: by them a tail that was cut off is found, and a chain that was written anew."""
    verdict, missing, before = Verdict(), set(heads), None
    unexplained: set[tuple[int, str]] = set()
    for record in records:
        verdict.findings += _findings(record, before)
        unexplained |= {(record.sequence, name) for name in PERSONAL if not seal_of(record, name).get("salt")}
        unexplained -= _pairs(record.covers)
        missing = {head for head in missing if not record.head.startswith(head)}
        verdict.count, verdict.head, before = verdict.count + 1, record.head, record
    verdict.findings += [
        f"the {name} of record {number} was blanked, and no record says so" for number, name in sorted(unexplained)
    ]
    verdict.findings += [f"the log has the head {head}, and the chain has not" for head in sorted(missing)]
    del verdict.findings[FINDINGS:]
    return verdict


def _pairs(covers: Any) -> set[tuple[int, str]]:
    """What a blanking says that it blanked; nothing of what is none."""
    pairs = covers if isinstance(covers, list) else []
    return {tuple(pair) for pair in pairs if isinstance(pair, list) and [type(each) for each in pair] == [int, str]}


def _findings(record: "ReadRecord", before: "ReadRecord | None") -> Iterator[str]:
    expected = before.sequence + 1 if before else 1
    if record.sequence != expected:
        yield f"{_span(expected, record.sequence - 1)} missing"
    elif record.previous != (before.hash if before else ""):
        yield f"record {record.sequence} does not follow the one before it"
    if record.hash != hash_of(record):
        yield f"record {record.sequence} was changed"
    for name in PERSONAL:
        if not _is_as_sealed(getattr(record, name), seal_of(record, name)):
            yield f"the {name} of record {record.sequence} was changed"


def _is_as_sealed(value: str, seal: dict[str, Any]) -> bool:
    salt = seal.get("salt")
    return _digest(salt, value) == seal.get("digest") if salt else not value


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    return str(value) if isinstance(value, UUID) else value


def _digest(salt: Any, value: str) -> str:
    return _sha256(json.dumps([salt, value]))  # each stays where it is: no part of one can be taken for the other


def _sha256(said: str) -> str:
    return hashlib.sha256(said.encode()).hexdigest()


def _span(first: int, last: int) -> str:
    return f"record {first} is" if first == last else f"records {first} to {last} are"

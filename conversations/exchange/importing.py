"""Imports, step by step: each chat of a file is written, or left with a reason, in one transaction with the note of it.

So a process may be killed at any moment: the next one goes on behind what is noted, and nothing comes twice.
"""

import hashlib
import json
import logging
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, BinaryIO, cast
from uuid import UUID

from django.contrib.auth import get_user_model
from django.db import DatabaseError, DataError, IntegrityError, InterfaceError, transaction

from conversations.exchange import reading, rows, schema, writing
from conversations.models import Conversation, Import, ImportPart, Origin, Outcome, Tag
from conversations.models.import_ import ATTEMPTS
from conversations.models.written import Beside

log = logging.getLogger(__name__)

STEP = 0.2  # seconds for the chats of one step, about


class _Lost(Exception):
    """Somebody else has gone on with this import."""


@dataclass(slots=True)
class _Open:
    """An import that this process reads: how far, and what is left of its file."""

    pk: int
    position: int
    file: BinaryIO
    left: Iterator[reading.Entry | reading.Refused]


class Imports:
    """What the job of imports does; it keeps the file that it reads from one step to the next."""

    def __init__(self) -> None:
        self._open: _Open | None = None

    def step(self) -> bool:
        """Go on with the first import that waits; whether there is more to do."""
        opened, self._open = self._open, None  # whatever fails leaves no reader behind that has come further
        if opened is None:
            Import.objects.give_up_late()
        current = Import.objects.waiting().select_related("owner").first()
        if current is None:
            return False
        with suppress(_Lost):
            if opened is None or (opened.pk, opened.position) != (current.pk, current.position):
                opened = _opened(current)
            self._open = _left_of(current, opened)
        return True


def _opened(current: Import) -> _Open:
    """The file from what is noted on. It is read anew where another process, or an earlier run, has begun it; what
    could not be done in ATTEMPTS, whatever ended them, is left out."""
    position = current.position
    if current.attempts >= ATTEMPTS:
        _note(current, position, Outcome.REFUSED, place=f"[{position + 1}]", code="failed")
        position += 1
    file = _file(current)  # before the attempt: where there is no place for it, no chat is to blame
    current.attempt()
    return _Open(current.pk, position, file, _entries(file, current, position))


def _left_of(current: Import, opened: _Open) -> _Open | None:
    """What is left after a STEP, None at the end of the import."""
    until = time.monotonic() + STEP
    for found in opened.left:
        _take(current, opened.position, found)
        opened.position += 1
        if time.monotonic() > until:
            current.come_to(opened.file.tell())
            return opened
    current.end()
    return None


def _file(current: Import) -> BinaryIO:
    file = cast(BinaryIO, tempfile.TemporaryFile())  # noqa: SIM115 - open as long as it is read
    for part in ImportPart.objects.filter(of=current).order_by("place").iterator(chunk_size=1):
        file.write(part.data)
    return file


def _entries(file: BinaryIO, current: Import, position: int) -> Iterator[reading.Entry | reading.Refused]:
    with file:
        yield from reading.read(file, now=current.created_at, first=position)


def _take(current: Import, position: int, found: reading.Entry | reading.Refused) -> None:
    if isinstance(found, reading.Refused):
        with transaction.atomic():
            _note(current, position, Outcome.REFUSED, place=found.place, title=found.title, code=found.code)
            if found.code == "too_slow":  # which is no chat: who would go on behind it leaves one out
                current.end()
        return
    named = {"place": found.place, "title": found.tree.conversation.title}
    try:
        digest, beside = digest_of(found.tree.messages), writing.beside_of(found.tree)
        with transaction.atomic():  # which others may wait for: what takes long is done
            _hold_owner(current)
            outcome, code = _written(current, found, digest, beside)
            _note(current, position, outcome, **named, code=code)
    except (DataError, IntegrityError):
        _note(current, position, Outcome.REFUSED, **named, code="malformed")
    except (_Lost, DatabaseError, InterfaceError):
        raise
    except Exception:  # of one chat: the others of the file, and of other people, do not wait for it
        log.exception("A chat could not be imported.")
        _note(current, position, Outcome.REFUSED, **named, code="failed")


def _hold_owner(current: Import) -> None:
    """First of all, as whoever deletes the person does, who would wait for the note of a chat that waits for them."""
    if get_user_model().objects.select_for_update(no_key=True).filter(pk=current.owner_id).first() is None:
        raise _Lost


def _note(current: Import, position: int, outcome: Outcome, **line: str) -> None:
    if not current.note(position, outcome, **line):
        raise _Lost


def _written(current: Import, entry: reading.Entry, digest: str, beside: Sequence[Beside]) -> tuple[Outcome, str]:
    """Inside a transaction. With the code of the sentence that there is to say of it, which may be empty."""
    known: dict[str, Any] = {"owner": current.owner, "source": entry.source, "source_id": entry.source_id}
    origin = Origin.objects.filter(**known).first()
    here = _here(current, entry, origin)
    if here is not None and (origin is None or origin.conversation_id != here.pk):  # it came by another name
        Origin.objects.update_or_create(**known, defaults={"conversation": here})
    if here is not None and here.is_in_bin and current.brings_back:
        Conversation.objects.filter(pk=here.pk).restore()
        return Outcome.MADE, ""
    if here is not None:
        is_same = digest == digest_of(_messages(here)) and (origin is None or origin.digest in ("", digest))
        outcome = Outcome.THERE if is_same else Outcome.DIFFERENT
        return outcome, "in_bin" if here.is_in_bin else "" if is_same else "different"
    if origin is not None and not current.brings_back:
        return Outcome.DELETED, "deleted"
    conversation = writing.write(entry.tree, current.owner, beside)
    Origin.objects.update_or_create(**known, defaults={"conversation": conversation, "digest": digest})
    has_all_tags = len(entry.tree.conversation.tags) == Tag.objects.on(conversation).count()
    return Outcome.MADE, "" if has_all_tags else "untagged"


def _here(current: Import, entry: reading.Entry, origin: Origin | None) -> Conversation | None:
    """The chat that came from there, or else that has the id which it would get, by whatever name it came: an export of
    this site has chats of other programs too."""
    theirs = Conversation.objects.for_user(current.owner)
    came = theirs.filter(origins=origin).first() if origin is not None else None
    id_ = entry.tree.conversation.id
    return came or theirs.named([id_, writing.another(id_, current.owner)]).first()


def _messages(conversation: Conversation) -> Iterator[schema.Message]:
    return (schema.of_message(row, row.parent_uuid) for row in rows.whole(conversation))  # type: ignore[attr-defined]


def digest_of(messages: Iterable[schema.Message]) -> str:
    """Of what was said, by whom and to what, whatever the ids are."""
    digest = hashlib.sha256()
    places: dict[UUID | None, int] = {None: 0}
    for place, message in enumerate(messages, 1):
        places[message.id] = place
        said = [places[message.parent], message.role, message.text, message.reasoning]
        digest.update(json.dumps(said).encode() + b"\n")
    return digest.hexdigest()

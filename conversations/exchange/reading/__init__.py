"""Reads chats out of files: this site's own, and those of ChatGPT, Open WebUI and LibreChat. Pure: nothing is written.

Each conversation is read, or refused with a reason, by itself; what is wrong with one changes nothing of the others.
"""

import logging
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, BinaryIO

from conversations.exchange import schema
from conversations.exchange.reading import chatgpt, documents, fields, foreign, librechat, limits, openwebui, own
from conversations.exchange.reading.refused import Refused, Unreadable
from conversations.models import Role
from conversations.text import ANSWER_BYTES, MESSAGE_BYTES, SYSTEM_PROMPT_BYTES

__all__ = ["OWN", "Entry", "Refused", "read"]

log = logging.getLogger(__name__)

OWN = own.SOURCE
OTHERS = (chatgpt, openwebui, librechat)


@dataclass(frozen=True, slots=True)
class Entry:
    """A conversation, where it stood in the file, and what it is called where it comes from."""

    place: str
    source: str
    source_id: str
    tree: schema.Tree


def read(file: BinaryIO, *, now: datetime, first: int = 0) -> Iterator[Entry | Refused]:
    """What is in the file, a JSON or a ZIP, in its order, without the `first` ones. `now` stands for times that a file
    does not tell.

    Needs a file that can be sought; reads no further than `limits` say, and raises nothing for any content.
    """
    spent, since = 0.0, time.monotonic()
    for number, found in enumerate(_documents(file)):
        if number < first:
            continue
        told = found if isinstance(found, Refused) else _read(*found, now)
        spent += time.monotonic() - since
        yield told
        since = time.monotonic()  # what is done with it meanwhile is not reading
        if spent > limits.SECONDS:
            yield Refused(told.place, "", "too_slow")
            return


def _documents(file: BinaryIO) -> Iterator[documents.Document | Refused]:
    try:
        yield from documents.of(file)
    except Exception:  # whatever others have made: what is read until here counts, and the end is told
        log.exception("A file could not be read on.")
        yield Refused("", "", "broken_off")


def _read(place: str, value: Any, now: datetime) -> Entry | Refused:
    try:
        return _known(place, fields.mapping(value), now)
    except Unreadable as error:
        title = fields.words(value.get("title")) if isinstance(value, dict) else ""
        return Refused(place, title[: limits.NAME_CHARACTERS], error.code)
    except RecursionError:
        return Refused(place, "", "too_deep")
    except Exception:  # whatever others have made: it is this chat's alone
        log.exception("A chat could not be read.")
        return Refused(place, "", "failed")


def _known(place: str, value: dict[str, Any], now: datetime) -> Entry:
    if own.knows(value):
        tree = own.read(value)
        return Entry(place, own.SOURCE, str(tree.conversation.id), _held(tree, limits.OWN_ANSWER_BYTES))
    for other in OTHERS:
        if other.knows(value):
            found = other.read(value)
            return Entry(place, found.source, found.id, _held(foreign.conversation_of(found, now), ANSWER_BYTES))
    raise Unreadable("unknown")


def _held(tree: schema.Tree, longest_answer: int) -> schema.Tree:
    """The tree, if it is within what people may write here and models may answer."""
    _refuse_longer(tree.conversation.system_prompt, SYSTEM_PROMPT_BYTES, "malformed")
    for message in tree.messages:
        if message.role == Role.USER:
            _refuse_longer(message.text, MESSAGE_BYTES, "message_too_long")
        else:
            _refuse_longer(message.text, longest_answer, "answer_too_long")
            _refuse_longer(message.reasoning, longest_answer, "answer_too_long")
    return tree


def _refuse_longer(text: str, most: int, code: str) -> None:
    if len(text) > most or len(text.encode()) > most:
        raise Unreadable(code)

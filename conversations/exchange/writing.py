"""Writes a conversation that was read: all of it or nothing."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4, uuid5

from django.contrib.auth.models import AbstractBaseUser
from django.db import connection, transaction
from django.utils import timezone

from conversations import refusals
from conversations.exchange import schema
from conversations.models import Conversation, Feedback, Flag, IndexedText, Message, Tag
from conversations.models.conversation import titled
from conversations.models.settings import NAMES
from conversations.models.written import Beside

TOGETHER = 500  # rows of one statement, and UUIDs that are asked for at once
PLACES = ("title_source", "created_at", "touched_at", "pinned_at", "archived_at")
PARENT = "UPDATE conversations_message SET parent_id = %s WHERE id = %s"
NAMED = ("messages", "left_out")  # lists of messages in what was sent


def write(tree: schema.Tree, owner: AbstractBaseUser, beside: Sequence[Beside] | None = None) -> Conversation:
    """A new conversation of `owner` with these messages, in their order; the search finds it, and the rules flag it, as
    what was said here. Ids are kept where they are free; else those of the conversation and all its messages are
    others, the same for the same owner unless somebody has taken these too. Inside a transaction of the caller's,
    `beside` is made before it."""
    beside = beside_of(tree) if beside is None else beside
    with transaction.atomic():
        return _write(_free(tree, owner), owner, beside)


def another(conversation: UUID, owner: AbstractBaseUser) -> UUID:
    """The id that `owner` gets of a conversation whose own is not free."""
    return uuid5(conversation, str(owner.pk))


def beside_of(tree: schema.Tree) -> list[Beside]:
    """What is kept beside each message. No query; it takes as long as the texts are."""
    return [_beside(message) for message in tree.messages]


def _beside(message: schema.Message) -> Beside:
    return Beside.of(message.text, finish_reason=message.finish_reason, error_code=message.error_code)


def _write(tree: schema.Tree, owner: AbstractBaseUser, beside: Sequence[Beside]) -> Conversation:
    told = tree.conversation
    columns = {**titled(told.title), **_columns(told, (*PLACES, *NAMES)), "imported_at": timezone.now()}
    conversation = Conversation.objects.create(uuid=told.id, owner_id=owner.pk, **columns)
    for name in told.tags:
        with suppress(refusals.Invalid):  # the owner has as many tags as there can be: the chat comes without it
            Tag.put(name, Conversation.objects.filter(pk=conversation.pk))
    rows = _written(tree.messages, conversation)
    _keep_beside(list(rows.values()), beside)
    given = [(rows[message.id], message.feedback) for message in tree.messages if message.feedback]
    Feedback.objects.bulk_create(
        [Feedback(message=row, owner_id=owner.pk, **_columns(feedback, schema.OF_FEEDBACK)) for row, feedback in given],
        batch_size=TOGETHER,
    )
    if tree.shown:
        Conversation.objects.filter(pk=conversation.pk).update(leaf=rows[tree.shown])
    conversation.refresh_from_db()
    return conversation


def _keep_beside(rows: Sequence[Message], beside: Sequence[Beside]) -> None:
    for first in range(0, len(rows), TOGETHER):
        part = slice(first, first + TOGETHER)
        IndexedText.write(rows[part], [each.folded for each in beside[part]])
    for row, each in zip(rows, beside, strict=True):
        Flag.raise_each(row, each.flags)


def _free(tree: schema.Tree, owner: AbstractBaseUser) -> schema.Tree:
    if not _is_free(tree):
        tree = _renamed(tree, another(tree.conversation.id, owner))
    return tree if _is_free(tree) else _renamed(tree, uuid4())  # who knows the ids of this owner may have taken those


def _is_free(tree: schema.Tree) -> bool:
    ids = [message.id for message in tree.messages]
    return not Conversation.objects.filter(uuid=tree.conversation.id).exists() and not any(
        Message.objects.filter(uuid__in=ids[first : first + TOGETHER]).exists()
        for first in range(0, len(ids), TOGETHER)
    )


def _renamed(tree: schema.Tree, name: UUID) -> schema.Tree:
    others = {message.id: uuid5(name, str(message.id)) for message in tree.messages}
    return schema.Tree(
        conversation=replace(tree.conversation, id=name),
        messages=[_with_others(message, others) for message in tree.messages],
        shown=others[tree.shown] if tree.shown else None,
    )


def _with_others(message: schema.Message, others: Mapping[UUID, UUID]) -> schema.Message:
    parent = others[message.parent] if message.parent else None
    return replace(message, id=others[message.id], parent=parent, sent=_sent(message.sent, others))


def _sent(sent: Mapping[str, Any], others: Mapping[UUID, UUID]) -> dict[str, Any]:
    """What was sent, by the new ids; of other conversations as it was."""

    def other(key: str) -> str:
        return str(others.get(UUID(key), key))

    named = {name: [other(key) for key in sent[name]] for name in NAMED if name in sent}
    return {**sent, **named, **({"continues": other(sent["continues"])} if "continues" in sent else {})}


def _written(messages: Sequence[schema.Message], conversation: Conversation) -> dict[UUID, Message]:
    """The rows by their ids. A parent is known once it is written: until then it is the first message, as an answer
    must have one."""
    rows = {message.id: _row(message, conversation) for message in messages}
    first = next(iter(rows.values()), None)
    if first is not None:
        first.save(force_insert=True)
        others = list(rows.values())[1:]
        for row in others:
            row.parent = first
        Message.objects.bulk_create(others, batch_size=TOGETHER)
        for message in messages[1:]:
            rows[message.id].parent = rows[message.parent] if message.parent else None
        _keep_parents([row for row in others if row.parent != first])
    return rows


def _keep_parents(rows: Sequence[Message]) -> None:
    """As one statement again and again: bulk_update takes longer for its cases than all the rest of the writing."""
    with connection.cursor() as cursor:
        cursor.executemany(PARENT, [(row.parent_id, row.pk) for row in rows])


def _row(message: schema.Message, conversation: Conversation) -> Message:
    names = (*schema.OF_MESSAGE[2:], *schema.OF_ANSWER[:-1])
    columns = {name: getattr(message, name) for name in names}
    return Message(uuid=message.id, conversation=conversation, owner_id=conversation.owner_id, **columns)


def _columns(noun: object, names: Sequence[str]) -> dict[str, Any]:
    return {name: getattr(noun, name) for name in names}

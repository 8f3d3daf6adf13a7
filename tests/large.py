"""Conversations as large as they come: a long branch, and other versions beside every message of it."""

import random

from django.contrib.auth.models import User
from django.core.management.color import no_style
from django.db import connection

from conversations import markdown
from conversations.models import Conversation, Message


def grown(owner: User, *, depth: int, count: int) -> Conversation:
    """A conversation of `count` messages, of which the shown branch has `depth`; the others are versions of those.

    The end of the shown branch was written last.
    """
    conversation = Conversation.objects.create(owner=owner, title=f"{count} messages", model="demo")
    first = 1 + (Message.objects.order_by("-pk").values_list("pk", flat=True).first() or 0)
    keys = [*range(first, first + depth - 1), first + count - 1]
    branch = [message(conversation, pk, keys[place - 1] if place else None, place) for place, pk in enumerate(keys)]
    chance = random.Random(count)  # noqa: S311 - the same tree each time
    others = [
        message(conversation, pk, keys[place - 1] if place else None, place)
        for pk in range(first + depth - 1, first + count - 1)
        for place in [chance.randrange(depth)]
    ]
    Message.objects.bulk_create(branch + others)
    for statement in connection.ops.sequence_reset_sql(no_style(), [Message]):  # which has not counted these keys
        connection.cursor().execute(statement)
    Conversation.objects.filter(pk=conversation.pk).update(leaf=keys[-1])
    conversation.refresh_from_db()
    return conversation


def message(conversation: Conversation, pk: int, parent: int | None, place: int) -> Message:
    text = f"What number {place} says, in a few **words**."
    is_answer = place % 2 == 1
    return Message(
        pk=pk,
        conversation=conversation,
        owner_id=conversation.owner_id,
        parent_id=parent,
        role="assistant" if is_answer else "user",
        text=text,
        model="demo" if is_answer else "",
        html=f"<p>{text}</p>" if is_answer else "",
        html_version=markdown.RENDERER_VERSION if is_answer else 0,
    )

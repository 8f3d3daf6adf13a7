"""Walks the tree of messages inside the database: what is read is as long as the way, not as large as the tree."""

from collections.abc import Sequence
from uuid import UUID

from django.db import connection

WHOLE = 2**31 - 1  # messages: longer than any branch

# A walk is a query that goes on from what it has found, which Django's QuerySets cannot say.
UP = """
WITH RECURSIVE branch (id, parent_id, place) AS (
    SELECT id, parent_id, 1 FROM conversations_message WHERE id = %s
    UNION ALL
    SELECT message.id, message.parent_id, branch.place + 1
    FROM branch JOIN conversations_message message ON message.id = branch.parent_id
    WHERE branch.place < %s
)
SELECT id FROM branch ORDER BY place DESC
"""
DOWN = """
WITH RECURSIVE tree (id) AS (
    SELECT id FROM conversations_message WHERE id = %s
    UNION ALL
    SELECT message.id FROM tree JOIN conversations_message message ON message.parent_id = tree.id
)
SELECT max(id) FROM tree
"""


# Versions of a message are those under the same parent, or the other first messages. It is said as text, since Django
# takes longer to say it than the database to answer.
PLACE = """
    (SELECT count(*) FROM {versions} AND version.id <= message.id),
    (SELECT count(*) FROM {versions}),
    (SELECT uuid FROM {versions} AND version.id < message.id ORDER BY version.id DESC LIMIT 1),
    (SELECT uuid FROM {versions} AND version.id > message.id ORDER BY version.id LIMIT 1)
"""
VERSIONS = "conversations_message version WHERE version.conversation_id = message.conversation_id AND version.parent_id"
PLACES = f"""
SELECT id, {PLACE.format(versions=f"{VERSIONS} = message.parent_id")}
FROM conversations_message message WHERE parent_id IS NOT NULL AND id IN ({{keys}})
UNION ALL
SELECT id, {PLACE.format(versions=f"{VERSIONS} IS NULL")}
FROM conversations_message message WHERE parent_id IS NULL AND id IN ({{keys}})
"""  # noqa: S608 - our own words


def places(messages: Sequence[int]) -> list[tuple[int, int, int, UUID | None, UUID | None]]:
    """Where each message stands among the versions of itself, in the order of creation: its key, its position, how many
    there are, and the ids of the one before and the one behind it. One query."""
    if not messages:
        return []
    keys = ", ".join(["%s"] * len(messages))
    with connection.cursor() as cursor:
        cursor.execute(PLACES.format(keys=keys), [*messages, *messages])
        rows = cursor.fetchall()
    return [(pk, position, count, _uuid(before), _uuid(behind)) for pk, position, count, before, behind in rows]


def _uuid(kept: UUID | str | None) -> UUID | None:
    """SQLite keeps them as text."""
    return UUID(kept) if isinstance(kept, str) else kept


def up_to(leaf: int | None, *, most: int = WHOLE) -> list[int]:
    """The keys from the first message to `leaf`, the last `most` of them. One query; none for no leaf."""
    return _walk(UP, leaf, most) if leaf is not None else []


def newest_end(message: int) -> int:
    """What was written last among `message` and all below it: the end of a branch. One query, of all that is below."""
    return _walk(DOWN, message)[0]


def _walk(walk: str, *parameters: int) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(walk, parameters)
        return [pk for (pk,) in cursor.fetchall()]

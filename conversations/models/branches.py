"""Walks the tree of messages inside the database: what is read is as long as the way, not as large as the tree."""

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

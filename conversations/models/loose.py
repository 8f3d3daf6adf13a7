"""The few different values of an indexed column of very many rows."""

from django.db import connection, models

# From each value to the next one by the index, which DISTINCT would read from end to end.
WALK = """
WITH RECURSIVE found (value) AS (
    SELECT min({column}) FROM {table}
    UNION ALL
    SELECT (SELECT min({column}) FROM {table} WHERE {column} > found.value) FROM found WHERE found.value IS NOT NULL
)
SELECT value FROM found WHERE value IS NOT NULL LIMIT %s
"""


def values(model: type[models.Model], column: str, *, most: int) -> list[str]:
    """The first `most`, in order. One query; `column` is the name of a column, and none that anybody typed."""
    quote = connection.ops.quote_name
    walk = WALK.format(column=quote(column), table=quote(model._meta.db_table))
    with connection.cursor() as cursor:
        cursor.execute(walk, [most])
        return [value for (value,) in cursor.fetchall()]

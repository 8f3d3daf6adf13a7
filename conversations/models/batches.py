"""Reads rows a few at a time: however many there are, little is in memory, and nothing is held between two batches."""

from collections.abc import Iterator
from typing import TypeVar

from django.db.models import Model, QuerySet

Row = TypeVar("Row", bound=Model)


def by_key(rows: QuerySet[Row], size: int) -> Iterator[list[Row]]:
    """All rows, the lowest key first; each batch of `size` is a query of its own."""
    last = 0
    while batch := list(rows.filter(pk__gt=last).order_by("pk")[:size]):
        yield batch
        last = batch[-1].pk
        if len(batch) < size:
            return

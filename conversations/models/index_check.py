"""Whether the search's index has what was said: finds what is missing, different or left over, and mends it."""

from collections import Counter
from collections.abc import Collection, Iterator
from datetime import timedelta
from typing import Any

from django.db import DatabaseError, connection, models, transaction
from django.db.models import Exists, Max, OuterRef
from django.utils import timezone

from conversations import search
from conversations.models import batches
from conversations.models.conversation import Conversation, titled
from conversations.models.indexed_text import FTS5, IndexedText, IndexedTextQuerySet, indexed
from conversations.models.message import Message

BATCH = 200  # rows that are read, or mended, at a time
LOOKED_THROUGH = 5_000  # keys of messages among which missing ones are looked for at a time
RECENT = timedelta(days=2)  # the time for which two versions run side by side, at most
MOST_TITLES = 5_000  # that are compared at a time: some hundred milliseconds

Found = Counter[str]  # of texts "missing", "different" or "left over", of "titles", and whether the "index" is broken


def compared(*, mends: bool) -> Iterator[Found]:
    """Reads all that was said and compares it with the index, batch by batch, each mended in a short transaction. It
    takes as long as folding all of it: some minutes for a million messages."""
    for keys in _keys(Message.objects.ended()):
        yield _compare_texts(keys, mends=mends)
    for keys in _keys(Conversation.objects.all()):
        yield _compare_titles(keys, mends=mends)
    for keys in _keys(_left_over()):
        yield _compare_left_over(keys, mends=mends)
    yield _compare_fts5(mends=mends)


class Missing:
    """Looks for what a process that does not know the index has written, the newest first, and indexes it; of messages
    that it has deleted, the texts are taken away. Of titles that it has changed it finds those of the MOST_TITLES chats
    that were touched last, within RECENT."""

    def __init__(self) -> None:
        self._below: int | None = None

    def step(self) -> bool:
        """Look through some more; whether there is more to look through. After the last step it begins again."""
        titles = list(Conversation.objects.filter(folded_title=None).values_list("pk", flat=True)[:BATCH])
        _compare_titles(titles, mends=True)
        if self._below is None:
            _compare_titles(_recent(), mends=True)
        newest = max(rows.aggregate(newest=Max("pk"))["newest"] or 0 for rows in (Message.objects, IndexedText.objects))
        below = newest + 1 if self._below is None else self._below
        lowest = max(0, below - LOOKED_THROUGH)
        within = Message.objects.ended().filter(pk__gte=lowest, pk__lt=below, indexed=None)
        texts = list(within.order_by("-pk").values_list("pk", flat=True)[:BATCH])
        _mend_texts(texts)
        gone = list(_left_over().filter(pk__gte=lowest, pk__lt=below).values_list("pk", flat=True)[:BATCH])
        if gone:
            _compare_left_over(gone, mends=True)
        if max(len(texts), len(gone)) < BATCH:
            below = lowest
        is_done = below <= 0 and len(titles) < BATCH
        self._below = None if is_done else below
        return not is_done


def _recent() -> list[int]:
    touched = Conversation.objects.filter(touched_at__gt=timezone.now() - RECENT).newest_first()
    return list(touched.values_list("pk", flat=True)[:MOST_TITLES])


def _keys(rows: models.QuerySet[Any]) -> Iterator[list[int]]:
    return ([row.pk for row in batch] for batch in batches.by_key(rows.only("pk"), BATCH))


def _compare_texts(keys: Collection[int], *, mends: bool) -> Found:
    said = Message.objects.filter(pk__in=keys).values_list("pk", "owner_id", "text", "indexed__folded")
    found = {
        pk: "missing" if kept is None else "different"
        for pk, owner, text, kept in said
        if kept != indexed(owner, search.fold(text))
    }
    if mends:
        _mend_texts(found)
    return Counter(found.values())


def _mend_texts(keys: Collection[int]) -> None:
    """Index these messages anew, as far as they are there."""
    if not keys:
        return
    folded = {pk: search.fold(text) for pk, text in Message.objects.filter(pk__in=keys).values_list("pk", "text")}
    with transaction.atomic():
        # Whoever deletes them meanwhile waits, and takes away what is written here too.
        there = list(Message.objects.ended().filter(pk__in=folded).only("owner_id").select_for_update())
        IndexedText.write(there, [folded[message.pk] for message in there])


def _compare_titles(keys: Collection[int], *, mends: bool) -> Found:
    rows = Conversation.objects.filter(pk__in=keys).values_list("pk", "title", "folded_title")
    found = [(pk, title) for pk, title, folded in rows if folded != search.fold(title)]
    if mends:
        for pk, title in found:  # if it was renamed meanwhile, its new title is folded already
            Conversation.objects.filter(pk=pk, title=title).update(**titled(title))
    return Counter({"titles": len(found)})


def _compare_left_over(keys: Collection[int], *, mends: bool) -> Found:
    """What a process that does not know these rows has deleted the messages of."""
    if mends:
        with transaction.atomic():
            rows = _left_over().filter(pk__in=keys)
            rows.unindex()
            rows.delete()
    return Counter({"left over": len(keys)})


def _left_over() -> IndexedTextQuerySet:
    return IndexedText.objects.exclude(Exists(Message.objects.filter(pk=OuterRef("pk"))))


def _compare_fts5(*, mends: bool) -> Found:
    """Whether SQLite's index is whole and answers to the rows; PostgreSQL's always does."""
    if connection.vendor != "sqlite":
        return Counter()
    with connection.cursor() as cursor:
        try:
            cursor.execute(f"INSERT INTO {FTS5} ({FTS5}, rank) VALUES ('integrity-check', 1)")  # noqa: S608 - our own name
        except DatabaseError:
            if mends:
                cursor.execute(f"INSERT INTO {FTS5} ({FTS5}) VALUES ('rebuild')")  # noqa: S608
            return Counter({"index": 1})
    return Counter()

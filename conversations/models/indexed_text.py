"""What was said, folded for the search: one row beside each message that has ended, and the database's index over it.

The index holds words without their places (SQLite: an FTS5 table over these rows, `detail=none`; PostgreSQL: a GIN
index over a tsvector made of them): words are looked up in it, and where several must stand side by side, then in the
folded text. So both databases find the same, and the index is small. It is written by the code that ends a message, in
its transaction; there are no triggers.
"""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Self

from django.db import connection, models
from django.db.models import F, Q, Value
from django.db.models.expressions import RawSQL
from django.db.models.functions import Concat
from django.db.models.lookups import Contains
from django.db.models.signals import pre_delete
from django.utils.translation import gettext_lazy as _

from conversations import search

if TYPE_CHECKING:
    from conversations.models.message import Message

TABLE = "conversations_indexedtext"
FTS5 = f"{TABLE}_fts"  # whose rowid is the message's key
VECTOR = (
    "conversations_words(folded)"  # the words, and their beginnings with a star behind: PostgreSQL's index is on it
)


def mark(owner_id: int) -> str:
    """The word that stands for a person in the index. No text has a word like it: none begins with this sign."""
    return f"#{owner_id}"


def indexed(owner_id: int, folded: str) -> str:
    """What is kept of a person's folded text."""
    return f"{mark(owner_id)} {folded}".rstrip()


class IndexedTextQuerySet(models.QuerySet["IndexedText"]):
    def matching(self, query: search.Query, *, owner_id: int | None = None) -> Self:
        """Those that have every term of the query, of which there is one at least, and none of the excluded; of one
        person, or of everybody."""
        marks = [] if owner_id is None else [mark(owner_id)]
        lookup = _match if connection.vendor == "sqlite" else _tsquery
        phrases = [term for term in query.terms if term.is_phrase], [term for term in query.excluded if term.is_phrase]
        return self.filter(lookup(marks, query)).filter(has_patterns(*phrases, of="folded"))

    def newest_first(self) -> Self:
        return self.order_by("-pk")

    def unindex(self) -> None:
        """Take them out of SQLite's index, before their rows change or go. PostgreSQL's follows the rows."""
        self._tell_fts5(f"INSERT INTO {FTS5} ({FTS5}, rowid, folded) SELECT 'delete', message_id, folded")

    def index(self) -> None:
        """Put them into SQLite's index, after they were written. PostgreSQL's comes with the rows."""
        self._tell_fts5(f"INSERT INTO {FTS5} (rowid, folded) SELECT message_id, folded")

    def _tell_fts5(self, command: str) -> None:
        if connection.vendor != "sqlite":
            return
        these, parameters = self.order_by().values("pk").query.sql_with_params()
        with connection.cursor() as cursor:
            cursor.execute(f"{command} FROM {TABLE} WHERE message_id IN ({these})", parameters)


class IndexedText(models.Model):
    """The database holds no constraint: a process of the version before, which does not know these rows, may delete
    what they are about. Nobody finds what it leaves, and a job takes it away."""

    message = models.OneToOneField(
        "Message", models.CASCADE, primary_key=True, related_name="indexed", db_constraint=False
    )
    folded = models.TextField(_("text"))  # the owner's mark, and what `search.fold` made of the text

    objects = IndexedTextQuerySet.as_manager()

    class Meta:
        verbose_name = _("indexed text")
        verbose_name_plural = _("indexed texts")

    def __str__(self) -> str:
        return str(self.pk)

    @classmethod
    def write(cls, messages: Sequence["Message"], folded: Iterable[str]) -> None:
        """Index the messages, each with its folded text, in place of what is there. Inside the caller's transaction."""
        rows = [
            cls(message_id=message.pk, folded=indexed(message.owner_id, text))
            for message, text in zip(messages, folded, strict=True)
        ]
        cls._create(rows)

    @classmethod
    def copy(cls, originals: Iterable["Message"], copies: Iterable["Message"]) -> None:
        """Index the copies, of the same owner, as the originals are. Inside the caller's transaction."""
        keys = {original.pk: copy.pk for original, copy in zip(originals, copies, strict=True)}
        there = cls.objects.filter(pk__in=keys).values_list("pk", "folded")
        cls._create([cls(message_id=keys[pk], folded=folded) for pk, folded in there])

    @classmethod
    def _create(cls, rows: list[Self]) -> None:
        if rows:
            these = cls.objects.filter(pk__in=[row.pk for row in rows])
            these.unindex()
            cls.objects.bulk_create(rows, update_conflicts=True, unique_fields=["message"], update_fields=["folded"])
            these.index()


def own_signals() -> None:
    """However a conversation is deleted, by itself or with its owner, its texts leave the index first."""
    pre_delete.connect(_unindex, sender="conversations.Conversation")


def _unindex(instance: models.Model, **_: Any) -> None:
    IndexedText.objects.filter(message__conversation=instance.pk).unindex()


def has_patterns(terms: Sequence[search.Term], excluded: Sequence[search.Term], *, of: str) -> Q:
    """That the folded text in the column `of` has all of `terms` and none of `excluded`. It reads the text."""
    padded = Concat(Value(" "), F(of), Value(" "), output_field=models.TextField())
    has = Q()
    for term in terms:
        has &= Q(Contains(padded, Value(term.pattern)))
    for term in excluded:
        has &= ~Q(Contains(padded, Value(term.pattern)))
    return has


def _match(marks: Sequence[str], query: search.Query) -> Q:
    """In the words of FTS5."""
    wanted = [f'"{mark}"' for mark in marks]
    wanted += [_fts5_word(*word) for word in _words(query.terms)]
    unwanted = [_fts5_word(*word) for word in _words(_single(query.excluded))]
    asked = " NOT ".join([" AND ".join(wanted), *unwanted])
    found = f"SELECT rowid FROM {FTS5} WHERE {FTS5} MATCH %s"  # noqa: S608 - our own name
    return Q(pk__in=RawSQL(found, [asked]))  # noqa: S611 - words have no signs that mean something to FTS5


def _tsquery(marks: Sequence[str], query: search.Query) -> Q:
    """In the words of PostgreSQL."""
    asked = [f"'{mark}'" for mark in marks]
    asked += [_lexeme(*word) for word in _words(query.terms)]
    asked += [f"!{_lexeme(*word)}" for word in _words(_single(query.excluded))]
    if not marks:
        matches = f"{VECTOR} @@ %s::tsquery"
        return Q(RawSQL(matches, [" & ".join(asked)], output_field=models.BooleanField()))  # noqa: S611 - as above
    # OFFSET 0: the index is asked first. PostgreSQL would rather read all that a person said.
    found = f"SELECT message_id FROM {TABLE} WHERE {VECTOR} @@ %s::tsquery OFFSET 0"  # noqa: S608 - our own names
    return Q(pk__in=RawSQL(found, [" & ".join(asked)]))  # noqa: S611 - as above


def _fts5_word(word: str, may_go_on: bool) -> str:
    return f'"{word}"*' if may_go_on else f'"{word}"'


def _lexeme(word: str, may_go_on: bool) -> str:
    if not may_go_on:
        return f"'{word}'"
    return f"'{word}*'" if len(word) in search.BEGINNINGS else f"'{word}':*"


def _single(terms: Iterable[search.Term]) -> list[search.Term]:
    """Those of one word: what has a phrase is not known by its words."""
    return [term for term in terms if not term.is_phrase]


def _words(terms: Iterable[search.Term]) -> Iterable[tuple[str, bool]]:
    """Each word of each term, and whether it may go on."""
    for term in terms:
        yield from ((word, False) for word in term.words[:-1])
        yield term.words[-1], term.is_beginning

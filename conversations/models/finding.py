"""What a search finds: conversations, the best first, each with the messages that fit."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from django.db.models import Exists, OuterRef, Q, TextField, Value
from django.db.models.functions import Coalesce, Left
from django.utils import timezone

from conversations import search
from conversations.models.conversation import ConversationQuerySet
from conversations.models.indexed_text import IndexedText
from conversations.models.message import Message

TOGETHER = 200  # messages, the newest that fit, which are ranked together; older ones are another page
TITLES = 200  # likewise
SHOWN_EACH = 3  # messages of a conversation
_TITLE_IS_WORTH = 0.5


@dataclass(frozen=True, slots=True)
class Find:
    """A conversation and those of its messages that fit, the best first; none where its title alone does."""

    conversation: int
    messages: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """The best first; behind the message `older_than` there are older ones that fit. `has_more_titles` where more than
    TITLES do."""

    finds: list[Find]
    older_than: int | None
    has_more_titles: bool


@dataclass(frozen=True, slots=True)
class _Fit:
    conversation: int
    message: int | None
    score: float


def find(
    conversations: ConversationQuerySet, query: search.Query, *, owner_id: int | None, before: int | None = None
) -> Finding:
    """What fits `query` among these conversations and what was said in them, on all branches: the TOGETHER newest
    messages, of those older than `before` where that is given, and the titles. Three queries, and some for the
    name of a model.

    `owner_id` is whose conversations they are, for the index; None where they are everybody's.
    """
    messages = _messages(conversations, query, owner_id, before) if query.terms else []
    titles = _titles(conversations, query) if before is None else []
    ranked = sorted([*messages[:TOGETHER], *titles[:TITLES]], key=lambda fit: -fit.score)  # stable: the newest first
    by_conversation: dict[int, list[int]] = {}
    for fit in ranked:
        found = by_conversation.setdefault(fit.conversation, [])
        if fit.message is not None and len(found) < SHOWN_EACH:
            found.append(fit.message)
    return Finding(
        finds=[Find(conversation, tuple(found)) for conversation, found in by_conversation.items()],
        older_than=messages[TOGETHER - 1].message if len(messages) > TOGETHER else None,
        has_more_titles=len(titles) > TITLES,
    )


def _messages(
    conversations: ConversationQuerySet, query: search.Query, owner_id: int | None, before: int | None
) -> list[_Fit]:
    texts = IndexedText.objects.matching(query, owner_id=owner_id).filter(_in_time(query, "message__created_at"))
    if owner_id is not None or query.is_about_conversations:
        texts = texts.filter(message__conversation__in=conversations.within(query).order_by().values("pk"))
    if before is not None:
        texts = texts.filter(pk__lt=before)
    keys = list(texts.newest_first().values_list("pk", flat=True)[: TOGETHER + 1])
    beginning = Left("folded", search.LOOKED_AT)  # of these alone
    rows = IndexedText.objects.filter(pk__in=keys).order_by("-pk")
    return list(_scored(query, rows.values_list("message__conversation", "pk", beginning, "message__created_at")))


def _titles(conversations: ConversationQuerySet, query: search.Query) -> list[_Fit]:
    rows = conversations.within(query).matching(query).newest_first()
    if query.before or query.after:
        said = Message.objects.filter(_in_time(query, "created_at"), conversation=OuterRef("pk"))
        rows = rows.filter(Exists(said))
    title = Coalesce("folded_title", Value(""), output_field=TextField())  # not folded yet, it is found by filters
    fits = rows.values_list("pk", title, "touched_at")[: TITLES + 1]
    return list(_scored(query, ((pk, None, folded, at) for pk, folded, at in fits), worth=_TITLE_IS_WORTH))


def _scored(query: search.Query, rows: Any, *, worth: float = 0.0) -> Iterator[_Fit]:
    now = timezone.now()
    for conversation, message, folded, at in rows:
        age = (now - at).total_seconds() / 86_400
        yield _Fit(conversation, message, search.score(query, folded, age=age) + worth)


def _in_time(query: search.Query, at: str) -> Q:
    """The query's filters on days, which are those of the time zone of now."""
    asked = Q()
    if query.before:
        asked &= Q(**{f"{at}__lt": _beginning(query.before)})
    if query.after:
        asked &= Q(**{f"{at}__gte": _beginning(query.after)})
    return asked


def _beginning(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))

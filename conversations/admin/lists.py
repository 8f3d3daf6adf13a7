"""Lists that cost the same for a hundred rows and for a million: pages, searches and filters that read no further than
they show."""

from typing import Any
from uuid import UUID

from django.contrib import admin
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from conversations import text
from conversations.models import Conversation, Feedback, Flag, Message, Place, Review, Status, loose
from conversations.models.feedback import Verdict
from conversations.models.flag import Source
from conversations.models.review import State

PAGED = 10_000  # rows that a list leads through; others are reached by a filter or a search
CHOICES = 50  # that a filter offers
FOUND_PEOPLE = 100  # whose names begin with what was searched
NEWEST = 10_000  # answers, reviews, flags and verdicts by which conversations are found


class FirstPages(Paginator):  # type: ignore[type-arg]
    """Counts no further than it leads."""

    @cached_property
    def count(self) -> int:
        rows: Any = self.object_list
        return int(rows.order_by().values("pk")[:PAGED].count())

    @property
    def is_cut(self) -> bool:
        """Whether there may be more than it leads to."""
        return self.count == PAGED


def found(rows: QuerySet[Any], asked: str, *ids: str) -> QuerySet[Any]:
    """Those that one of the columns `ids` names by its UUID, or whose owner's name begins so."""
    words = text.storable(asked).strip()
    try:
        uuid = UUID(words)
    except ValueError:
        people = get_user_model().objects.filter(username__istartswith=words)
        return rows.filter(owner__in=list(people.values_list("pk", flat=True)[:FOUND_PEOPLE]))
    named = Q()
    for column in ids:
        named |= Q(**{column: uuid})
    return rows.filter(named)


class Filter(admin.SimpleListFilter):
    """One of a few; what is none of them finds nothing."""

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        if value is None:
            return queryset
        offered = {str(choice) for choice, _name in self.lookup_choices}
        return self.chosen(queryset, value) if value in offered else queryset.none()

    def chosen(self, rows: QuerySet[Any], value: str) -> QuerySet[Any]:
        raise NotImplementedError


class ModelFilter(Filter):
    title = _("model")
    parameter_name = "model"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(name, name) for name in loose.values(model_admin.model, "model", most=CHOICES) if name]

    def chosen(self, rows: QuerySet[Any], value: str) -> QuerySet[Any]:
        return rows.filter(model=value)


class GroupFilter(Filter):
    title = _("group")
    parameter_name = "group"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(str(pk), name) for pk, name in Group.objects.order_by("name").values_list("pk", "name")[:CHOICES]]

    def chosen(self, rows: QuerySet[Any], value: str) -> QuerySet[Any]:
        return rows.filter(owner__in=get_user_model().objects.filter(groups=int(value)))


class ByNewest(Filter):
    """Finds conversations by rows of theirs, as long as these are among the NEWEST of their kind."""

    offers: Any = ()

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        return self.offers

    def chosen(self, rows: QuerySet[Any], value: str) -> QuerySet[Any]:
        return rows.filter(pk__in=self.newest(value)[:NEWEST])

    def newest(self, value: str) -> QuerySet[Any, Any]:
        """The conversations' keys, those of the newest rows first."""
        raise NotImplementedError


class ReviewFilter(ByNewest):
    """The queue: each state with how many there are, and what is one's own."""

    title = _("review")
    parameter_name = "review"
    MINE = "mine"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        counts = Review.objects.counts()
        self.reader = request.user
        return [
            (self.MINE, str(_("mine"))),
            *((state, f"{State(state).label} ({counts[state]})") for state in State.values),
        ]

    def newest(self, value: str) -> QuerySet[Any, Any]:
        reviews = Review.objects.order_by("-changed_at")
        theirs = reviews.under_way_by(self.reader) if value == self.MINE else reviews.filter(state=value)
        return theirs.values("conversation")


class FlagFilter(ByNewest):
    title = _("flag")
    parameter_name = "flag"
    offers = Source.choices

    def newest(self, value: str) -> QuerySet[Any, Any]:
        return Flag.objects.filter(source=value).order_by("-created_at").values("conversation")


class FeedbackFilter(ByNewest):
    title = _("feedback")
    parameter_name = "feedback"
    offers = Verdict.choices

    def newest(self, value: str) -> QuerySet[Any, Any]:
        return Feedback.objects.filter(verdict=value).order_by("-updated_at").values("message__conversation")


class PlaceFilter(ByNewest):
    """Those that their owners see in no list of chats, and that are deleted in time."""

    title = _("place")
    parameter_name = "place"
    offers = [(place.value, place.label) for place in (Place.BIN, Place.TEMPORARY)]

    def newest(self, value: str) -> QuerySet[Any, Any]:
        order = "-binned_at" if value == Place.BIN else "-touched_at"
        return Conversation.objects.at(value).order_by(order).values("pk")


class StateFilter(ByNewest):
    """Of a conversation's answers, of any branch."""

    title = _("state of an answer")
    parameter_name = "state"
    offers = Status.choices

    def newest(self, value: str) -> QuerySet[Any, Any]:
        return Message.objects.answers().filter(status=value).order_by("-pk").values("conversation")

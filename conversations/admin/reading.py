"""What the admins share: they show that something exists, and nothing can be changed. No word of what people wrote is
here, whoever asks: texts are read in a transcript alone, for a reason that is recorded."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from conversations.admin.lists import FirstPages, found

VIEW_CONVERSATION = "conversations.view_conversation"
VIEW_TEXT = "conversations.view_text"
DELETES_PEOPLE = ("auth_user_delete", "auth_user_changelist")
HOW = ("exact", "gte", "lt", "isnull")  # Django's filters of columns and dates ask
KEYS = ("owner__id__exact", "conversation__id__exact", "parent__id__exact")


def may_see(request: HttpRequest) -> bool:
    """Whether this person may know that conversations exist."""
    return bool(request.user.has_perm(VIEW_CONVERSATION))


def may_read(request: HttpRequest) -> bool:
    """Whether this person may read what people wrote, once they have said why."""
    return bool(request.user.has_perm(VIEW_TEXT))


def address(request: HttpRequest) -> str:
    """Where the request came from; behind a proxy that is trusted, what that one says."""
    return str(request.META.get("REMOTE_ADDR", ""))


class Ordered(ChangeList):
    """Orders by the columns that may be ordered by, and by no others that an address names."""

    def get_ordering_field(self, field_name: Any) -> Any:
        return super().get_ordering_field(field_name) if field_name in (self.sortable_by or ()) else None


class ReadOnlyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """A record to look at. Object names are UUIDs: a title is text."""

    ids: tuple[str, ...] = ("uuid",)  # the columns by which a UUID that is searched for finds rows
    # That there is a search; what it looks at, says get_search_results.
    search_fields = ["uuid", "owner__username"]
    list_per_page = 50
    paginator = FirstPages
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER  # each would count all rows
    view_on_site = False  # the page is its owner's alone

    @admin.display(description=_("id"), ordering="pk")
    def short_id(self, row: Any) -> SafeString:
        return format_html('<span title="{}">{}…</span>', row.uuid, str(row.uuid)[:8])

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        return (found(queryset, search_term, *self.ids) if search_term.strip() else queryset), False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Not here; but with a person, by who may delete people, goes what is theirs."""
        place = request.resolver_match.url_name if request.resolver_match else ""
        return place in DELETES_PEOPLE and request.user.has_perm("auth.delete_user")

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Django lets the address bar filter by any column, and through relations by those of others; here by what the
        filters ask for, and by keys of relations."""
        asked = {getattr(offered, "parameter_name", "") for offered in self.list_filter if isinstance(offered, type)}
        columns = {offered for offered in self.list_filter if isinstance(offered, str)}
        return lookup in asked | columns | set(KEYS) or lookup in {f"{name}__{how}" for name in columns for how in HOW}

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return Ordered

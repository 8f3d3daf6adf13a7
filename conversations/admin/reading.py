"""What both admins share: nothing can be changed, and titles and texts need a permission of their own."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

VIEW_TEXT = "conversations.view_text"
DELETES_PEOPLE = ("auth_user_delete", "auth_user_changelist")
KEYS = ("owner__id__exact", "conversation__id__exact", "parent__id__exact")


def may_read(request: HttpRequest) -> bool:
    """Whether this person may see and search what people wrote."""
    return bool(request.user.has_perm(VIEW_TEXT))


class ReadOnlyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """A record to look at. Object names are UUIDs: a title is content."""

    class Media:
        css = {"all": ["css/admin-list.css"]}

    content_fields: tuple[str, ...] = ()
    content_search: tuple[str, ...] = ()
    list_per_page = 50
    view_on_site = False  # the page is its owner's alone
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Not here; but with a person, by who may delete people, goes what is theirs."""
        place = request.resolver_match.url_name if request.resolver_match else ""
        return place in DELETES_PEOPLE and request.user.has_perm("auth.delete_user")

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        return self._readable(request, super().get_list_display(request))

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        return self._readable(request, super().get_fields(request, obj))

    def get_search_fields(self, request: HttpRequest) -> list[str]:
        return [*super().get_search_fields(request), *(self.content_search if may_read(request) else ())]

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Django lets the address bar filter by any column; here by those of the filters, and by keys of relations."""
        filtered = {str(name) for name in self.list_filter}
        is_listed = any(lookup == name or lookup.startswith(f"{name}__") for name in filtered)
        return is_listed or lookup in KEYS

    def _readable(self, request: HttpRequest, names: Any) -> list[Any]:
        return [name for name in names if may_read(request) or name not in self.content_fields]

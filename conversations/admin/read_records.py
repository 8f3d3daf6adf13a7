"""Read records in Django admin: who read what, when, why and from where."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from conversations.admin.reading import ReadOnlyAdmin
from conversations.models import ReadRecord
from conversations.text import storable


@admin.register(ReadRecord)
class ReadRecordAdmin(ReadOnlyAdmin):
    list_display = ["sequence", "at", "reader_name", "act", "category", "short_conversation"]
    sortable_by = ["sequence"]
    list_filter = ["at", "act", "category"]
    search_fields = ["=conversation", "reader_name__istartswith", "=address"]
    search_help_text = _("A conversation’s id, the beginning of the reader’s name, or an address")
    fields = [
        "sequence", "at", "act", "category", "reader_name", "reader_id", "reason", "subject", "address",
        "conversation", "owner_id", "found", "told_at", "covers", "previous", "hash",
    ]  # fmt: skip
    ordering = ["-sequence"]

    @admin.display(description=_("conversation"))
    def short_conversation(self, record: ReadRecord) -> str:
        return f"{str(record.conversation)[:8]}…" if record.conversation else ""

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        return admin.ModelAdmin.get_search_results(self, request, queryset, storable(search_term))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # they outlive people

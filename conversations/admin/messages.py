"""Messages in Django admin: how each answer came about and ended."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from conversations.admin.lists import GroupFilter, ModelFilter
from conversations.admin.reading import ReadOnlyAdmin
from conversations.models import Message

TEXTS = ("text", "html", "reasoning", "error_detail")


@admin.register(Message)
class MessageAdmin(ReadOnlyAdmin):
    list_display = ["short_id", "owner", "role", "status", "model", "error_code", "total_ms", "created_at"]
    list_filter = ["created_at", "status", "role", ModelFilter, GroupFilter]
    sortable_by = ["short_id"]
    ids = ("uuid", "conversation__uuid")
    search_help_text = _("An id of a message or conversation, or the beginning of the owner’s name")
    fields = [
        "uuid", "conversation", "parent", "owner", "role", "status", "created_at", "ended_at",
        "model", "answered_by", "finish_reason", "error_code", "error_reference",
        "usage", "sent", "first_delta_ms", "total_ms",
    ]  # fmt: skip
    readonly_fields = ["uuid"]
    list_select_related = ["owner"]
    ordering = ["-pk"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Message]:
        return super().get_queryset(request).defer(*TEXTS)

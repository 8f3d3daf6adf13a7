"""Messages in Django admin: how each answer came about and ended."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from conversations.admin.reading import ReadOnlyAdmin
from conversations.models import Message


@admin.register(Message)
class MessageAdmin(ReadOnlyAdmin):
    list_display = ["uuid", "owner", "role", "status", "model", "error_code", "total_ms", "created_at", "beginning"]
    list_filter = ["created_at", "status", "role", "model"]
    search_fields = [
        "=uuid",
        "=conversation__uuid",
        "owner__username__istartswith",
        "owner__email__istartswith",
    ]
    search_help_text = _(
        "An id, the beginning of the owner's name or address, or, for those who may read, words of the text"
    )
    content_fields = ("text", "reasoning", "error_detail", "beginning")
    content_search = ("text",)
    fields = [
        "uuid", "conversation", "parent", "owner", "role", "status", "created_at", "ended_at", "text",
        "reasoning", "model", "answered_by", "finish_reason", "error_code", "error_reference", "error_detail",
        "usage", "sent", "first_delta_ms", "total_ms",
    ]  # fmt: skip
    readonly_fields = ["uuid", "beginning"]
    list_select_related = ["owner"]
    ordering = ["-pk"]

    @admin.display(description=_("text"))
    def beginning(self, message: Message) -> str:
        return message.text[:80] + ("…" if len(message.text) > 80 else "")

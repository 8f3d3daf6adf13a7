"""Conversations in Django admin: that they exist, whose they are, and how their answers ended."""

from typing import Any

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from conversations.admin import transcripts
from conversations.admin.reading import ReadOnlyAdmin, may_read
from conversations.models import Conversation


@admin.register(Conversation)
class ConversationAdmin(ReadOnlyAdmin):
    list_display = ["uuid", "owner", "state", "model", "message_count", "touched_at", "transcript_link"]
    list_filter = ["touched_at", "messages__status", "model"]
    search_fields = ["=uuid", "owner__username__istartswith", "owner__email__istartswith"]
    search_help_text = _("An id, or the beginning of the owner’s name or address")
    fields = [
        "uuid", "owner", "state", "model", "message_count", "history_turns", "temperature",
        "answer_tokens", "created_at", "touched_at", "transcript_link",
    ]  # fmt: skip
    readonly_fields = ["uuid", "state", "message_count", "transcript_link"]
    list_select_related = ["owner"]
    ordering = ["-touched_at", "-pk"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Conversation]:
        return (
            Conversation.objects.annotate(count=Count("messages", distinct=True))
            .select_related("owner", "leaf")
            .defer("title", "system_prompt", "leaf__text", "leaf__html", "leaf__reasoning", "leaf__error_detail")
        )

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        return self._offered(request, super().get_list_display(request))

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        return self._offered(request, super().get_fields(request, obj))

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        return super().changelist_view(request, {**(extra_context or {}), "may_read": may_read(request)})

    def get_urls(self) -> list[URLPattern]:
        guarded = self.admin_site.admin_view
        transcript = guarded(transcripts.transcript)
        return [
            path("<uuid:uuid>/transcript/", transcript, name="conversations_conversation_transcript"),
            path("search/", guarded(transcripts.search), name="conversations_conversation_search"),
            *super().get_urls(),
        ]

    @admin.display(description=_("state"))
    def state(self, conversation: Conversation) -> str:
        return conversation.leaf.get_status_display() if conversation.leaf else ""

    @admin.display(description=_("messages"))
    def message_count(self, conversation: Any) -> int:
        return int(conversation.count)

    @admin.display(description=_("transcript"))
    def transcript_link(self, conversation: Conversation) -> SafeString:
        url = reverse("admin:conversations_conversation_transcript", args=[conversation.uuid])
        return format_html('<a href="{}">{}</a>', url, _("Read"))

    def _offered(self, request: HttpRequest, names: Any) -> list[Any]:
        """A link is there for those whom it leads somewhere."""
        return [name for name in names if may_read(request) or name != "transcript_link"]

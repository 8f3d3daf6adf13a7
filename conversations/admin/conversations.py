"""Conversations in Django admin, each with a transcript that reads like a page."""

from typing import Any
from uuid import UUID

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from conversations.admin.reading import ReadOnlyAdmin, may_read
from conversations.models import Conversation
from conversations.views.requests import identified
from conversations.views.transcript import transcript


@admin.register(Conversation)
class ConversationAdmin(ReadOnlyAdmin):
    list_display = ["title", "uuid", "owner", "state", "model", "message_count", "touched_at", "transcript_link"]
    list_filter = ["touched_at", "messages__status", "model"]
    search_fields = ["=uuid", "owner__username__istartswith", "owner__email__istartswith"]
    search_help_text = _(
        "An id, the beginning of the owner's name or address, or, for those who may read, words of the title"
    )
    content_fields = ("title", "system_prompt", "transcript_link")
    content_search = ("title",)
    fields = [
        "uuid", "title", "owner", "model", "system_prompt", "history_turns", "temperature",
        "answer_tokens", "created_at", "touched_at", "transcript_link",
    ]  # fmt: skip
    readonly_fields = ["uuid", "state", "message_count", "transcript_link"]
    list_select_related = ["owner"]
    ordering = ["-touched_at", "-pk"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Conversation]:
        return (
            Conversation.objects.annotate(count=Count("messages", distinct=True))
            .select_related("owner", "leaf")
            .defer("leaf__text", "leaf__html", "leaf__reasoning")
        )

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.transcript)
        return [
            path("<uuid:uuid>/transcript/", view, name="conversations_conversation_transcript"),
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

    def transcript(self, request: HttpRequest, uuid: UUID) -> HttpResponseBase:
        """The shown branch, formatted, with what each answer cost and how it ended. Needs the permission to read."""
        if not (self.has_view_permission(request) and may_read(request)):
            raise PermissionDenied
        conversation = get_object_or_404(Conversation.objects.select_related("owner"), uuid=uuid)
        before = identified(request, "before", conversation.messages.all())
        part = transcript(conversation, before=before)
        older = f"?before={part.messages[0].row.uuid}" if part.older_url else None
        context = {
            **self.admin_site.each_context(request),
            "title": _("Transcript"),
            "opts": self.opts,
            "conversation": conversation,
            "transcript": part.messages,
            "older_url": older,
        }
        return TemplateResponse(request, "admin/conversations/conversation/transcript.html", context)

"""Conversations in Django admin: that they exist, whose they are, and how their answers ended."""

import copy
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import SuspiciousOperation
from django.db.models import Count, QuerySet
from django.http import HttpRequest, QueryDict
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from conversations import times
from conversations.admin import dashboard, transcripts
from conversations.admin.lists import (
    FeedbackFilter,
    FlagFilter,
    GroupFilter,
    ModelFilter,
    PlaceFilter,
    ReviewFilter,
    StateFilter,
)
from conversations.admin.reading import ReadOnlyAdmin, may_read
from conversations.admin.transcripts import FILTERS
from conversations.models import Conversation, Feedback
from conversations.models.feedback import Verdict
from conversations.models.flag import Source


@admin.register(Conversation)
class ConversationAdmin(ReadOnlyAdmin):
    list_display = ["short_id", "owners", "review_state", "state", "placed", "model", "message_count", "last_message"]
    list_filter = [
        ReviewFilter,
        FlagFilter,
        FeedbackFilter,
        "touched_at",
        StateFilter,
        PlaceFilter,
        ModelFilter,
        GroupFilter,
    ]
    sortable_by = ["last_message"]
    search_help_text = _("An id, or the beginning of the owner’s name")
    fields = [
        "uuid", "owner", "placed", "binned_at", "state", "review_state", "flags", "thumbs", "model", "message_count",
        "tokens", "history_turns", "temperature", "answer_tokens", "created_at", "touched_at", "transcript_link",
    ]  # fmt: skip
    readonly_fields = [
        "uuid",
        "state",
        "placed",
        "review_state",
        "flags",
        "thumbs",
        "tokens",
        "message_count",
        "transcript_link",
    ]
    list_select_related = ["owner"]
    ordering = ["-touched_at", "-pk"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Conversation]:
        return (
            Conversation.objects.counted()
            .select_related("owner", "leaf", "review")
            .defer("title", "system_prompt", "leaf__text", "leaf__html", "leaf__reasoning", "leaf__error_detail")
        )

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        """With a link to the transcript, which knows from which list one came, for those whom it leads somewhere."""
        listed = request.GET.urlencode()

        @admin.display(description=_("transcript"))
        def read(conversation: Conversation) -> SafeString:
            return link_to_transcript(conversation, listed)

        first, *others = super().get_list_display(request)
        return [first, *([read] if may_read(request) else []), *others]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        fields = super().get_fields(request, obj)
        return [name for name in fields if may_read(request) or name != "transcript_link"]

    def neighbours(self, request: HttpRequest, conversation: Conversation) -> tuple[UUID | None, UUID | None]:
        """The one before and the one behind its place in the list from which the request came, also where it has left
        the list, as its review has ended."""
        listed = copy.copy(request)
        listed.GET = QueryDict(request.GET.get(FILTERS, ""))
        try:
            rows = self.get_changelist_instance(listed).queryset
        except (IncorrectLookupParameters, SuspiciousOperation):
            return None, None
        above = rows.newer_than(conversation).order_by("touched_at", "pk")
        below = rows.older_than(conversation).newest_first()
        found = [each.values_list("uuid", flat=True).first() for each in (above, below)]
        is_oldest_first = "touched_at" in rows.query.order_by
        return (found[1], found[0]) if is_oldest_first else (found[0], found[1])

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        return super().changelist_view(request, {**(extra_context or {}), "may_read": may_read(request)})

    def get_urls(self) -> list[URLPattern]:
        guarded = self.admin_site.admin_view
        return [
            path(
                "<uuid:uuid>/transcript/",
                guarded(transcripts.transcript),
                {"neighbours": self.neighbours},
                name="conversations_conversation_transcript",
            ),
            path("figures.csv", guarded(dashboard.as_csv), name="conversations_conversation_csv"),
            path("figures.json", guarded(dashboard.as_json), name="conversations_conversation_json"),
            path("search/", guarded(transcripts.search), name="conversations_conversation_search"),
            *super().get_urls(),
        ]

    @admin.display(description=_("state"))
    def state(self, conversation: Conversation) -> str:
        return conversation.leaf.get_status_display() if conversation.leaf else ""

    @admin.display(description=_("place"))
    def placed(self, conversation: Conversation) -> str:
        return str(conversation.place.label)

    @admin.display(description=_("owner"))
    def owners(self, conversation: Conversation) -> SafeString:
        """Leads to all of the owner's."""
        return format_html('<a href="?owner__id__exact={}">{}</a>', conversation.owner_id, conversation.owner)

    @admin.display(description=_("flags"))
    def flags(self, conversation: Conversation) -> str:
        counts = conversation.flags.order_by().values_list("source").annotate(number=Count("pk"))
        return ", ".join(f"{Source(source).label}: {number}" for source, number in counts)

    @admin.display(description=_("feedback"))
    def thumbs(self, conversation: Conversation) -> str:
        given = Feedback.objects.filter(message__conversation=conversation).order_by()
        counts = given.values_list("verdict").annotate(number=Count("pk"))
        return ", ".join(f"{Verdict(verdict).label}: {number}" for verdict, number in counts)

    @admin.display(description=_("tokens"))
    def tokens(self, conversation: Conversation) -> int:
        return conversation.messages.answers().tokens()

    @admin.display(description=_("review"))
    def review_state(self, conversation: Conversation) -> str:
        review = getattr(conversation, "review", None)
        return review.get_state_display() if review else ""

    @admin.display(description=_("last message"), ordering="touched_at")
    def last_message(self, conversation: Conversation) -> str:
        return times.told(conversation.touched_at)

    @admin.display(description=_("messages"))
    def message_count(self, conversation: Any) -> int:
        return int(conversation.count)

    @admin.display(description=_("transcript"))
    def transcript_link(self, conversation: Conversation) -> SafeString:
        return link_to_transcript(conversation, None)


def link_to_transcript(conversation: Conversation, listed: str | None) -> SafeString:
    url = reverse("admin:conversations_conversation_transcript", args=[conversation.uuid])
    return format_html(
        '<a href="{}{}">{}</a>', url, f"?{urlencode({FILTERS: listed})}" if listed is not None else "", _("Read")
    )

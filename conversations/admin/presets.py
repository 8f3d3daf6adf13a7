"""Presets in Django admin: whose they are, and with the permission to read their words."""

from django.contrib import admin

from conversations.admin.reading import ReadOnlyAdmin
from conversations.models import Preset


@admin.register(Preset)
class PresetAdmin(ReadOnlyAdmin):
    list_display = ["name", "uuid", "owner", "model", "created_at"]
    list_filter = ["created_at", "model"]
    search_fields = ["=uuid", "owner__username__istartswith", "owner__email__istartswith"]
    content_fields = ("name", "system_prompt")
    content_search = ("name",)
    fields = [
        "uuid", "name", "owner", "model", "system_prompt", "history_turns", "temperature", "answer_tokens",
        "created_at",
    ]  # fmt: skip
    readonly_fields = ["uuid"]
    list_select_related = ["owner"]
    ordering = ["-pk"]

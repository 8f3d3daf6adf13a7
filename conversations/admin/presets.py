"""Presets in Django admin: whose they are. Their names and prompts are their owner's words."""

from django.contrib import admin

from conversations.admin.reading import ReadOnlyAdmin
from conversations.models import Preset


@admin.register(Preset)
class PresetAdmin(ReadOnlyAdmin):
    list_display = ["short_id", "owner", "model", "created_at"]
    sortable_by = ["short_id"]
    list_filter = ["created_at"]
    fields = ["uuid", "owner", "model", "history_turns", "temperature", "answer_tokens", "created_at"]
    readonly_fields = ["uuid"]
    list_select_related = ["owner"]
    ordering = ["-pk"]

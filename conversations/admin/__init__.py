"""Conversations, messages, presets in Django admin: found by circumstances, read with a permission, never changed."""

from django.contrib import admin

from conversations.admin import conversations, messages, presets

admin.site.site_header = admin.site.site_title = "chatsite"

__all__ = ["conversations", "messages", "presets"]

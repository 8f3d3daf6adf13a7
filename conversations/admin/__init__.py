"""Conversations and messages in Django admin: found by their circumstances, read with a permission, never changed."""

from django.contrib import admin

from conversations.admin import conversations, messages

admin.site.site_header = admin.site.site_title = "chatsite"

__all__ = ["conversations", "messages"]

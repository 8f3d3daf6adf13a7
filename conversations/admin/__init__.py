"""Conversations and messages in Django admin: found by their circumstances, read with a permission, never changed."""

from conversations.admin import conversations, messages

__all__ = ["conversations", "messages"]

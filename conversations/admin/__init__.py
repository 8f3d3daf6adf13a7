"""The site in Django admin: what is there is found by its circumstances, and read for a reason that is recorded."""

from conversations.admin import (
    conversations,
    legal_holds,
    messages,
    people,
    presets,
    read_records,
    retention,
    site_settings,
)

__all__ = [
    "conversations",
    "legal_holds",
    "messages",
    "people",
    "presets",
    "read_records",
    "retention",
    "site_settings",
]

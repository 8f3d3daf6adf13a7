"""The site in Django admin: what is there is found by its circumstances, and read for a reason that is recorded."""

from conversations.admin import conversations, messages, people, presets, read_records, site_settings

__all__ = ["conversations", "messages", "people", "presets", "read_records", "site_settings"]

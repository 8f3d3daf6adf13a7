"""The site in Django admin: what is there is found by its circumstances, and read for a reason that is recorded."""

from django.contrib import admin

from conversations.admin import (
    conversations,
    dashboard,
    legal_holds,
    messages,
    people,
    presets,
    read_records,
    retention,
    site_settings,
)

admin.site.site_header = admin.site.site_title = "chatsite"

dashboard.stand_on_first_page()

__all__ = [
    "conversations",
    "dashboard",
    "legal_holds",
    "messages",
    "people",
    "presets",
    "read_records",
    "retention",
    "site_settings",
]

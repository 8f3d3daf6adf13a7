"""What every page of a logged-in person holds beside its own: the sidebar, the models and the looks."""

import secrets
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from conversations import provider, zones
from conversations.forms import MESSAGE_BYTES
from conversations.models import Conversation, Preferences

SIDEBAR = 30  # conversations


def page(request: HttpRequest, template: str, *, status: int = 200, **context: Any) -> HttpResponse:
    return render(request, template, common(request) | context, status=status)


def common(request: HttpRequest) -> dict[str, Any]:
    preferences = Preferences.of(request.user)
    return {
        "sidebar": listed(request),
        "models": provider.models(),
        "default_model": provider.default_model(),
        "is_demo": provider.provider_kind() == "demo",
        "theme": preferences.theme,
        "enter": preferences.enter,
        "keys": preferences.keys,
        "language": preferences.language,
        "languages": settings.LANGUAGES,
        "zone": preferences.zone,
        "browser_zone": request.session.get(zones.OF_BROWSER, ""),
    }


def listed(request: HttpRequest, *, before: Conversation | None = None) -> dict[str, Any]:
    """The person's conversations, newest first, one page of them."""
    newest = Conversation.objects.for_user(request.user).newest_first()
    rows = list((newest.older_than(before) if before else newest)[: SIDEBAR + 1])
    more = len(rows) > SIDEBAR
    older_url = f"{reverse('conversations')}?before={rows[SIDEBAR - 1].uuid}" if more else None
    return {"conversations": rows[:SIDEBAR], "older_url": older_url}


def see(url: str) -> HttpResponseRedirect:
    """Where a posted form leads: 303, so that reloading the page posts nothing again."""
    response = HttpResponseRedirect(url)
    response.status_code = 303
    return response


def composer(action: str, **state: Any) -> dict[str, Any]:
    """The form to write in; `state` overrides text, error, model, parent and key."""
    fresh = {
        "text": "",
        "error": None,
        "model": provider.default_model(),
        "parent": "",
        "key": secrets.token_urlsafe(16),
        "byte_limit": MESSAGE_BYTES,
        "kilobyte_limit": MESSAGE_BYTES // 1000,
    }
    return {"action": action, **fresh, **state}

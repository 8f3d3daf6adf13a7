"""What every page of a logged-in person holds beside its own: the sidebar, the models and the looks."""

import secrets
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.urls import reverse
from django.utils.safestring import mark_safe

from conversations import provider, zones
from conversations.models import Conversation, Preferences
from conversations.models.conversation import ConversationQuerySet
from conversations.text import MESSAGE_BYTES

SIDEBAR = 30  # conversations
PINNED = 20  # that stand above them; others that are pinned are in the list of all alone


def page(request: HttpRequest, template: str, *, status: int = 200, **context: Any) -> HttpResponse:
    return render(request, template, common(request) | context, status=status)


def common(request: HttpRequest) -> dict[str, Any]:
    preferences = Preferences.of(request.user)
    return {
        "sidebar": sidebar(request),
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
        # Django's own is lazy, which each of a long chat's hundred forms would pay for.
        "csrf_token": mark_safe(get_token(request)),  # noqa: S308 - letters and digits
    }


def sidebar(request: HttpRequest, *, before: Conversation | None = None) -> dict[str, Any]:
    """What stands beside each page: the pinned conversations, above the first page of the others."""
    theirs = Conversation.objects.for_user(request.user)
    pinned = [] if before else list(theirs.pinned().outlined()[:PINNED])
    return {"pinned": pinned, **listed(theirs.unpinned(), before=before)}


def listed(among: ConversationQuerySet, *, before: Conversation | None = None, **query: str) -> dict[str, Any]:
    """These conversations, newest first, one page of them; `query` is what the way to older ones says besides."""
    newest = among.outlined().newest_first()
    rows = list((newest.older_than(before) if before else newest)[: SIDEBAR + 1])
    older_url = None
    if len(rows) > SIDEBAR:
        older_url = list_url(**query, before=str(rows[SIDEBAR - 1].uuid))
    return {"conversations": rows[:SIDEBAR], "older_url": older_url}


def list_url(**query: str) -> str:
    """The list, as `query` says what of it; what is blank says nothing."""
    said = urlencode({name: value for name, value in query.items() if value})
    return f"{reverse('conversations')}?{said}" if said else reverse("conversations")


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

"""The page that a browser shows when it cannot reach the site, and the worker that keeps it there."""

import hashlib
import json

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from conversations.models import Preferences

# What templates/base.html asks for.
FILES = ("css/site.css", "img/mark.svg")


@require_safe
def offline(request: HttpRequest) -> HttpResponse:
    Preferences.of(request.user).activate(request.session)
    return render(request, "offline.html")


@require_safe
def service_worker(request: HttpRequest) -> HttpResponse:
    """The worker's script, at the site's root because it watches over all of it. Another release is another script, and
    so is another language: the browser then takes the page anew."""
    Preferences.of(request.user).activate(request.session)
    files = json.dumps([reverse("offline"), *(static(name) for name in FILES)])
    version = hashlib.sha256(f"{files} {get_language()}".encode()).hexdigest()[:12]
    context = {"files": files, "version": version}
    return render(request, "service-worker.js", context, content_type="text/javascript; charset=utf-8")

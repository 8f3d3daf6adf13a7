"""The page that a browser shows when it cannot reach the site, and the worker that keeps it there."""

import hashlib
import json

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.views.decorators.http import require_safe

# What templates/base.html asks for.
FILES = ("css/site.css", "img/mark.svg")


@require_safe
def offline(request: HttpRequest) -> HttpResponse:
    return render(request, "offline.html")


@require_safe
def service_worker(request: HttpRequest) -> HttpResponse:
    """The worker's script, at the site's root because it watches over all of it. Another release is another script."""
    files = json.dumps([reverse("offline"), *(static(name) for name in FILES)])
    version = hashlib.sha256(files.encode()).hexdigest()[:12]
    context = {"files": files, "version": version}
    return render(request, "service-worker.js", context, content_type="text/javascript; charset=utf-8")

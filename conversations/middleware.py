"""What every response bears, whose language it speaks, and static files."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware
from django.utils import timezone, translation
from django.utils.cache import has_vary_header, patch_vary_headers
from django.utils.functional import SimpleLazyObject
from whitenoise.middleware import WhiteNoiseMiddleware

from conversations import languages
from conversations.models import Preferences

GetResponse = Callable[[HttpRequest], Any]
LARGE = 1_000  # bytes of a page that it is worth compressing

HEADERS = {
    "Content-Security-Policy": settings.CONTENT_SECURITY_POLICY,
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "browsing-topics=(), camera=(), display-capture=(), geolocation=(), microphone=(), "
    "payment=(), usb=()",
    # By this the page's script tells the site's replies from a portal's or a proxy's: static/js/requests.js.
    "X-Chatsite": "1",
}


def response_headers(get_response: GetResponse) -> GetResponse:
    """Adds the headers that a view has not set itself; a streamed body is not touched."""
    return lambda request: dressed(get_response(request))


def dressed(response: HttpResponseBase) -> HttpResponseBase:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if has_vary_header(response, "Cookie"):  # the page of one person: not for a cache, nor for Back after logging out
        response.headers.setdefault("Cache-Control", "private, no-store")
    return response


def compressed_pages(get_response: GetResponse) -> GetResponse:
    """Compresses pages, with Django's random padding, so that their length tells nothing of what is in them.

    What is small is not worth it, and a stream is not touched: its events would wait in the compressor.
    """
    compressed = GZipMiddleware(get_response).process_response

    def middleware(request: HttpRequest) -> HttpResponseBase:
        response: HttpResponseBase = get_response(request)
        return compressed(request, response) if is_large_page(response) else response

    return middleware


def is_large_page(response: Any) -> bool:
    is_page = response.headers.get("Content-Type", "").startswith("text/html")
    return is_page and not response.streaming and len(response.content) >= LARGE


def browser_language(get_response: GetResponse) -> GetResponse:
    """Speaks the language that the browser asks for and tells the site's time, until it is known who asks: `Person`."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        with translation.override(languages.asked(request.headers.get("Accept-Language", ""))), timezone.override(None):
            return spoken(get_response(request))

    return middleware


def spoken(response: HttpResponseBase) -> HttpResponseBase:
    patch_vary_headers(response, ["Accept-Language"])
    response.headers.setdefault("Content-Language", translation.get_language())
    return response


class Person(AuthenticationMiddleware):
    """Django's; once a view has asked who it is, the person's own language is spoken and their time told. Where no view
    asks, nothing is read."""

    def process_request(self, request: HttpRequest) -> None:
        super().process_request(request)
        request.user = SimpleLazyObject(lambda: known(request))  # type: ignore[assignment]  # Django's own is the same


def known(request: HttpRequest) -> AbstractBaseUser | AnonymousUser:
    user = get_user(request)
    Preferences.of(user).activate(request.session)
    return user


class StaticFiles(WhiteNoiseMiddleware):  # type: ignore[misc]  # its library has no types
    """WhiteNoise's, which sends files whole: the original hands Django a file object, which Django warns of under
    ASGI."""

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.respond(request) or self.get_response(request)

    def respond(self, request: HttpRequest) -> HttpResponse | None:
        """The whole file (they are small), or the part that was asked for; None where there is no such file."""
        is_fresh = self.autorefresh
        file = self.find_file(request.path_info) if is_fresh else self.files.get(request.path_info)
        if file is None:
            return None
        found = file.get_response(request.method, request.META)
        response = HttpResponse(status=int(found.status))
        if found.file:
            with found.file:
                response.content = found.file.read()
        response.headers = type(response.headers)(dict(found.headers))
        return response

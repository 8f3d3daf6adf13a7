"""What every response bears and holds, whose language it speaks, and static files that stay on the event loop."""

from collections.abc import Awaitable, Callable
from typing import Any

from asgiref.sync import iscoroutinefunction, markcoroutinefunction, sync_to_async
from django.conf import settings
from django.contrib.auth import get_user
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware
from django.utils import timezone, translation
from django.utils.cache import has_vary_header, patch_vary_headers
from django.utils.decorators import sync_and_async_middleware
from django.utils.functional import SimpleLazyObject
from whitenoise.middleware import WhiteNoiseMiddleware

from conversations import database, languages
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


@sync_and_async_middleware
def response_headers(get_response: GetResponse) -> GetResponse:
    """Adds the headers that a view has not set itself; a streamed body is not touched.

    Any other response holds no connection to the database while it is sent, which a slow reader can make last.
    """
    if iscoroutinefunction(get_response):

        async def middleware(request: HttpRequest) -> HttpResponseBase:
            response = dressed(await get_response(request))
            if not response.streaming:
                await sync_to_async(database.let_go)()
            return response

        return middleware
    return lambda request: dressed(get_response(request))


def dressed(response: HttpResponseBase) -> HttpResponseBase:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if has_vary_header(response, "Cookie"):  # the page of one person: not for a cache, nor for Back after logging out
        response.headers.setdefault("Cache-Control", "private, no-store")
    return response


@sync_and_async_middleware
def compressed_pages(get_response: GetResponse) -> GetResponse:
    """Compresses pages, with Django's random padding, so that their length tells nothing of what is in them.

    What is small is not worth it, and a stream is not touched: its events would wait in the compressor.
    """
    compressed = GZipMiddleware(get_response).process_response
    if iscoroutinefunction(get_response):

        async def middleware(request: HttpRequest) -> HttpResponseBase:
            response: HttpResponseBase = await get_response(request)
            return await sync_to_async(compressed)(request, response) if is_large_page(response) else response

        return middleware

    def synchronous(request: HttpRequest) -> HttpResponseBase:
        response: HttpResponseBase = get_response(request)
        return compressed(request, response) if is_large_page(response) else response

    return synchronous


def is_large_page(response: Any) -> bool:
    is_page = response.headers.get("Content-Type", "").startswith("text/html")
    return is_page and not response.streaming and len(response.content) >= LARGE


@sync_and_async_middleware
def browser_language(get_response: GetResponse) -> GetResponse:
    """Speaks the language that the browser asks for and tells the site's time, until it is known who asks: `Person`."""
    if iscoroutinefunction(get_response):

        async def middleware(request: HttpRequest) -> HttpResponseBase:
            # For this request's task alone, to the last byte of a stream.
            translation.activate(languages.asked(request.headers.get("Accept-Language", "")))
            timezone.deactivate()
            return spoken(await get_response(request))

        return middleware

    def synchronous(request: HttpRequest) -> HttpResponseBase:
        with translation.override(languages.asked(request.headers.get("Accept-Language", ""))), timezone.override(None):
            return spoken(get_response(request))

    return synchronous


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
    """WhiteNoise's, at home on the event loop: the original is synchronous, which would move every request behind it
    to a thread and back, and hands Django a file object, which Django warns of under ASGI."""

    async_capable = True

    def __init__(self, get_response: GetResponse) -> None:
        super().__init__(get_response)
        if iscoroutinefunction(get_response):
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> HttpResponseBase | Awaitable[HttpResponseBase]:
        if iscoroutinefunction(self):
            return self.answer(request)
        return self.respond(request) or self.get_response(request)

    async def answer(self, request: HttpRequest) -> HttpResponseBase:
        if request.path_info.startswith(self.static_prefix):
            response = await sync_to_async(self.respond, thread_sensitive=False)(request)
            if response is not None:
                return response
        answer: HttpResponseBase = await self.get_response(request)
        return answer

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

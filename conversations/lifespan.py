"""The rim of the server: what happens at its start and its end, and how large a request may be.

Django knows neither: it has no lifespan, and it keeps a whole body before a view can refuse it.
"""

import asyncio
import json
import logging
import secrets
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from conversations import generation, jobs, languages, markdown, provider
from conversations.exchange.reading import limits

Scope = dict[str, Any]
Message = Mapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

WARM_AFTER = 2.0  # seconds, or the first answer: loading the provider's library would make that answer wait
LIST_AGAIN = 600.0  # seconds after which the provider's models are listed again
LINGER = 2.0  # seconds for which a refused body is read on: whoever still sends would never see the refusal

IMPORTS = "/imports/"
IMPORT_LIMIT = limits.FILE_BYTES + 1_000_000  # bytes of a request: the file, and the form around it

log = logging.getLogger(__name__)


class Site:
    """An ASGI application around Django's, with the site's start and end and with BODY_LIMIT."""

    def __init__(self, application: Application) -> None:
        self.application = application
        self.has_answered = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.live(receive, send)
        elif scope["type"] == "http":
            try:
                await answer_within_limit(self.application, scope, receive, send)
            except asyncio.CancelledError:  # the server's last resort, and this is the top of its task
                log.warning("A request to %r was cut off: the site shuts down.", scope["path"], extra=told(scope))
            finally:
                self.has_answered.set()

    async def live(self, receive: Receive, send: Send) -> None:
        """The lifespan protocol: one message at the start, one at the end, each acknowledged."""
        await receive()
        generation.attach(asyncio.get_running_loop())
        warming = asyncio.create_task(self.warm(), name="warm")
        worker = jobs.Worker()
        worker.start()
        await send({"type": "lifespan.startup.complete"})
        try:
            await receive()
        except asyncio.CancelledError:  # a second Ctrl-C: the loop ends, and whatever still runs on it
            return
        warming.cancel()
        await asyncio.to_thread(worker.end)
        await end()
        await send({"type": "lifespan.shutdown.complete"})

    async def warm(self) -> None:
        """Does what the first visitors would otherwise wait for."""
        with suppress(TimeoutError):
            async with asyncio.timeout(WARM_AFTER):
                await self.has_answered.wait()
        try:
            markdown.warm()
            await provider.warm()
            while True:
                await provider.refresh()
                await asyncio.sleep(LIST_AGAIN)
        except Exception:  # the top of a task; what failed here is tried again when it is needed
            log.exception("The site could not be warmed up.")


async def end() -> None:
    """Ends every answer of this process and what talks to the provider and renders."""
    try:
        await generation.drain()
    finally:
        generation.detach()
        await provider.aclose()
        await asyncio.to_thread(markdown.close)


async def answer_within_limit(application: Application, scope: Scope, receive: Receive, send: Send) -> None:
    """Lets `application` answer, unless the body is over BODY_LIMIT: by its announced length, else once it is."""
    limit = limit_of(scope)
    body = Body(receive, limit)
    if announced_length(scope) > limit:
        await refuse(scope, receive, send)
        return
    try:
        await application(scope, body.receive, send)
    except asyncio.CancelledError:
        body.is_cut_off = True
        raise
    if body.is_too_large:
        await refuse(scope, receive, send)


class Body:
    """Counts what is received. Where it becomes too much, Django is told that the client left, and cleans up. Of a
    request that is cut off Django leaves a task behind that listens: it ends without an error that nobody would hear.
    """

    def __init__(self, receive: Receive, limit: int) -> None:
        self._receive, self._limit = receive, limit
        self._size = 0
        self.is_too_large = False
        self.is_cut_off = False

    async def receive(self) -> Message:
        message = await self._receive()
        if self.is_cut_off:
            raise asyncio.CancelledError
        self._size += len(message.get("body", b""))
        if self._size > self._limit:
            self.is_too_large = True
            return {"type": "http.disconnect"}
        return message


def limit_of(scope: Scope) -> int:
    """Files with chats may be larger, from whoever seems to be logged in: a visitor's are not worth the disk."""
    is_import = scope["path"] == IMPORTS and f"{settings.SESSION_COOKIE_NAME}=" in header(scope, b"cookie")
    return IMPORT_LIMIT if is_import else settings.BODY_LIMIT


def announced_length(scope: Scope) -> int:
    length = header(scope, b"content-length")
    return int(length) if length.isdigit() else 0


def header(scope: Scope, name: bytes) -> str:
    return ", ".join(value.decode("latin-1") for key, value in scope["headers"] if key == name)


async def refuse(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers 413 at once and closes, after giving a browser in the middle of its upload the time to read it."""
    language = languages.asked(header(scope, b"accept-language"))
    with translation.override(language):
        content_type, body = refusal(scope)
    headers = {
        "content-type": content_type,
        "content-language": language,
        "vary": "Accept-Language",
        "content-length": str(len(body)),
        "content-security-policy": settings.CONTENT_SECURITY_POLICY,
        "cache-control": "no-store",
        "connection": "close",
    }
    encoded = [(name.encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": 413, "headers": encoded})
    await send({"type": "http.response.body", "body": body, "more_body": True})
    if not header(scope, b"expect"):  # who asks before sending has not begun
        with suppress(TimeoutError):
            await asyncio.wait_for(read_on(receive), LINGER)
    await send({"type": "http.response.body"})


def refusal(scope: Scope) -> tuple[str, bytes]:
    """The content type and the body that tell a person or a script what was wrong."""
    reference = secrets.token_hex(4)
    limit = limit_of(scope) // 1_000_000
    message = _("This is too large: a request may have %(limit)d MB at most. Nothing of it was kept.") % {
        "limit": limit
    }
    event = {"reference": reference, **told(scope), "status": 413, "code": "too_large"}
    log.warning("A request to %r was too large [%s].", scope["path"], reference, extra=event)
    if any(kind in header(scope, b"accept") + header(scope, b"content-type") for kind in ("json", "event-stream")):
        error = {"code": "too_large", "message": message, "reference": reference}
        return "application/json", json.dumps({"error": error}).encode()
    words = {
        "language": translation.get_language(),
        "title": _("Too large"),
        "message": message,
        "way_out": _("Go back and send less."),
        "reference": _("Reference %(reference)s") % {"reference": reference},
    }
    return "text/html; charset=utf-8", PAGE.format_map(words).encode()


def told(scope: Scope) -> dict[str, Any]:
    """What the log's line has of a request: never its query."""
    return {"method": scope.get("method"), "path": scope["path"]}


PAGE = """<!doctype html>
<html lang="{language}">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{title}</title>
<h1>{title}</h1>
<p>{message} {way_out}</p>
<p>{reference}</p>
</html>
"""


async def read_on(receive: Receive) -> None:
    message = await receive()
    while message["type"] == "http.request" and message.get("more_body"):
        message = await receive()

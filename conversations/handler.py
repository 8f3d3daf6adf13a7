"""Django's handler, which answers a request in one step of a thread; only what streams goes on, on the event loop."""

import asyncio
import contextvars
import logging
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from functools import partial
from typing import IO, Any, cast

from django.core.exceptions import RequestAborted
from django.core.handlers.asgi import ASGIHandler, ASGIRequest, get_script_prefix
from django.core.signals import request_started
from django.http.response import HttpResponse, HttpResponseBase, ResponseHeaders, StreamingHttpResponse
from django.urls import set_script_prefix
from django.utils import translation

from chatsite.postgresql import asked
from conversations import database, languages, refusals

log = logging.getLogger(__name__)

THREADS = 32  # requests of a kind that are answered at the same moment; the others wait for their turn
READING = ("GET", "HEAD", "OPTIONS")
MOST = 1_000  # requests that are answered or wait; more are refused at once

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]


class Handler(ASGIHandler):
    """Middlewares and view are synchronous, and together one step of a thread that is kept for others after it.

    Django's own goes to a thread and back for each part of each middleware, some twenty times a request: 5 ms of the
    processor's time.
    """

    def __init__(self) -> None:
        super().__init__()
        self.readers = ThreadPoolExecutor(THREADS, thread_name_prefix="request")
        self.writers = ThreadPoolExecutor(THREADS, thread_name_prefix="writing-request")  # which may wait for a lock
        self._asked = 0

    def load_middleware(self, is_async: bool = False) -> None:
        super().load_middleware(is_async=False)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            response = await self._answered(scope, await self.read_body(receive))
        except RequestAborted:
            return
        if isinstance(response, StreamingHttpResponse):
            await self._stream(response, receive, send)
        else:
            await self.send_response(response, send)

    async def _answered(self, scope: Scope, body: IO[bytes]) -> HttpResponseBase:
        if self._asked >= MOST:
            body.close()
            return busy(scope)
        # In a context of its own: what a request activates is not there for the next one of this thread.
        step = partial(contextvars.copy_context().run, self._answer, scope, body, time.monotonic())
        self._asked += 1
        try:
            threads = self.readers if scope["method"] in READING else self.writers
            return await asyncio.get_running_loop().run_in_executor(threads, step)
        finally:
            self._asked -= 1

    def _answer(self, scope: Scope, body: IO[bytes], asked_at: float) -> HttpResponseBase:
        """The response; the thread's connection to the database is given back, however slowly it will be read."""
        asked.at.set(asked_at)
        with body:
            set_script_prefix(get_script_prefix(scope))
            request_started.send(sender=type(self), scope=scope)
            request, refusal = self.create_request(scope, body)
            response = cast("HttpResponseBase", refusal if request is None else self.get_response(request))
            if response.streaming:
                database.let_go()
                if request is not None:
                    part_with(request, response)
            else:
                response.close()
        return response

    async def _stream(self, response: StreamingHttpResponse, receive: Receive, send: Send) -> None:
        """Sends what the response yields, until the client hangs up."""
        try:
            async with asyncio.TaskGroup() as tasks:
                listening = tasks.create_task(self.listen_for_disconnect(receive))
                await send_head(response, send)
                async with aclosing(cast("AsyncGenerator[bytes, None]", aiter(response))) as parts:
                    async for part in parts:
                        await send({"type": "http.response.body", "body": part, "more_body": True})
                await send({"type": "http.response.body"})
                listening.cancel()
        except* RequestAborted:
            pass
        finally:
            response.close()


def part_with(request: ASGIRequest, response: HttpResponseBase) -> None:
    """Close the request now, and not at the end of the response, which would keep it, its session and its person: 15 KB
    of each reader."""
    request.close()
    response._resource_closers.remove(request.close)  # type: ignore[attr-defined]  # not in the stubs


async def send_head(response: HttpResponseBase, send: Send) -> None:
    """Send it, and keep none of it."""
    headers = [(name.encode("ascii"), value.encode("latin-1")) for name, value in response.items()]
    headers += [
        (b"Set-Cookie", cookie.output(header="").strip().encode("ascii")) for cookie in response.cookies.values()
    ]
    await send({"type": "http.response.start", "status": response.status_code, "headers": headers})
    response.headers = ResponseHeaders({})


def busy(scope: Scope) -> HttpResponse:
    """A sentence, without the mark of the site's own replies: a page's script keeps what was typed, and tries again."""
    log.warning("A request to %r was refused: %d others are answered or wait.", scope["path"], MOST)
    with translation.override(languages.asked(dict(scope["headers"]).get(b"accept-language", b"").decode("latin-1"))):
        return HttpResponse(
            str(refusals.Busy().sentence),
            status=refusals.Busy.status,
            content_type="text/plain; charset=utf-8",
            headers={"Content-Language": translation.get_language(), "Retry-After": "1", "Cache-Control": "no-store"},
        )

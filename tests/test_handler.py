"""A request is one step of a thread, and a stream goes on without one."""

import asyncio
import gc
import threading
import weakref
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from django.db import connection
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.urls import path
from django.utils import translation
from django.views.decorators.csrf import csrf_exempt

from chatsite import urls
from conversations import handler
from conversations.handler import Handler
from tests.patience import PATIENCE

pytestmark = pytest.mark.urls(__name__)
asking: list[weakref.ref[HttpRequest]] = []  # whose answers are endless
ended, reached, free = asyncio.Event(), threading.Semaphore(0), threading.Event()


def speak_german(request: HttpRequest) -> HttpResponse:
    translation.activate("de")
    return HttpResponse()


def spoken(request: HttpRequest) -> HttpResponse:
    return HttpResponse(translation.get_language())


@csrf_exempt
def asked(request: HttpRequest) -> HttpResponse:
    return HttpResponse(f"{request.method} {request.POST.get('text', '')}".encode())


def connected(request: HttpRequest) -> HttpResponse:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 42")
    return HttpResponse(b"42")


@csrf_exempt
def held(request: HttpRequest) -> HttpResponse:
    reached.release()
    assert free.wait(PATIENCE)
    return HttpResponse(b"free")


def broken(request: HttpRequest) -> HttpResponse:
    raise RuntimeError


def endless(request: HttpRequest) -> HttpResponseBase:
    asking.append(weakref.ref(request))

    async def ticks() -> AsyncIterator[bytes]:
        try:
            while True:
                yield b"tick"
                await asyncio.sleep(0)
        finally:
            ended.set()

    return StreamingHttpResponse(ticks(), headers={"X-Made-By": "a view"})


VIEWS = (speak_german, spoken, asked, connected, held, broken, endless)
urlpatterns = [*urls.urlpatterns, *(path(f"{view.__name__}/", view) for view in VIEWS)]


class Request:
    """One request to the handler, and what it was answered with."""

    def __init__(self, name: str, *, method: str = "GET", body: bytes = b"") -> None:
        headers = [(b"content-type", b"application/x-www-form-urlencoded"), (b"host", b"localhost")]
        self.scope: dict[str, Any] = {
            "type": "http", "method": method, "path": f"/{name}/", "query_string": b"", "headers": headers
        }  # fmt: skip
        self.arriving: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.arriving.put_nowait({"type": "http.request", "body": body})
        self.status, self.body, self.on_body = 0, b"", lambda: None
        self.headers: dict[bytes, bytes] = {}

    async def send(self, message: dict[str, Any]) -> None:
        self.status = message.get("status", self.status)
        self.headers |= message.get("headers", [])
        if piece := message.get("body"):
            self.body += piece
            self.on_body()

    async def answered(self, by: Callable[..., Any]) -> tuple[int, bytes]:
        async with asyncio.timeout(PATIENCE):
            await by(self.scope, self.arriving.get, self.send)
        return self.status, self.body


async def test_what_a_request_activates_is_gone_for_the_next_of_its_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handler, "THREADS", 1)
    here = Handler()

    await Request("speak_german").answered(here)

    assert await Request("spoken").answered(here) == (200, b"en")


async def test_form_is_read() -> None:
    assert await Request("asked", method="POST", body=b"text=Hi").answered(Handler()) == (200, b"POST Hi")


async def test_more_requests_than_threads_are_all_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handler, "THREADS", 2)
    here = Handler()

    answers = await asyncio.gather(*(Request("spoken").answered(here) for _ in range(9)))

    assert answers == [(200, b"en")] * 9


@pytest.mark.fault(44)
@pytest.mark.django_db(transaction=True)
async def test_connection_that_others_may_wait_for_is_given_back_before_the_response_is_sent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(handler, "THREADS", 1)
    here, request, open_then = Handler(), Request("connected"), []
    request.on_body = lambda: open_then.append(here.readers.submit(lambda: connection.connection is not None).result())

    await request.answered(here)

    assert open_then == [connection.vendor == "sqlite"]


async def test_more_requests_than_may_wait_are_refused_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handler, "MOST", 2)
    here = Handler()
    free.clear()

    first = [asyncio.create_task(Request("held").answered(here)) for _ in range(2)]
    for _ in first:
        assert await asyncio.to_thread(reached.acquire, timeout=PATIENCE)
    status, body = await Request("spoken").answered(here)
    free.set()

    assert (status, b"try again" in body) == (503, True)
    assert await asyncio.gather(*first) == [(200, b"free")] * 2
    assert await Request("spoken").answered(here) == (200, b"en")


async def test_who_writes_and_waits_holds_up_no_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handler, "THREADS", 1)
    here = Handler()
    free.clear()

    writing = asyncio.create_task(Request("held", method="POST").answered(here))
    assert await asyncio.to_thread(reached.acquire, timeout=PATIENCE)
    read = await Request("spoken").answered(here)
    free.set()

    assert (read, await writing) == ((200, b"en"), (200, b"free"))


async def test_error_is_a_page_and_the_thread_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handler, "THREADS", 1)
    here = Handler()

    status, body = await Request("broken").answered(here)

    assert (status, b"RuntimeError" in body) == (500, False)
    assert await Request("spoken").answered(here) == (200, b"en")


async def test_stream_ends_when_the_client_hangs_up() -> None:
    ended.clear()
    request = Request("endless")
    request.on_body = lambda: request.arriving.put_nowait({"type": "http.disconnect"})

    status, body = await request.answered(Handler())

    assert (status, body[:4]) == (200, b"tick")
    assert ended.is_set()


async def test_stream_keeps_neither_its_request_nor_its_head() -> None:
    request, kept = Request("endless"), []

    def look() -> None:
        gc.collect()
        kept.append(asking[-1]())
        request.arriving.put_nowait({"type": "http.disconnect"})

    request.on_body = look
    status, _ = await request.answered(Handler())

    assert (status, request.headers[b"X-Made-By"]) == (200, b"a view")
    assert kept[0] is None


async def test_body_that_breaks_off_is_no_request() -> None:
    request = Request("asked", method="POST")
    request.arriving.get_nowait()
    request.arriving.put_nowait({"type": "http.disconnect"})

    assert await request.answered(Handler()) == (0, b"")

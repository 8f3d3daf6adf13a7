"""The rim of the server: its start and end, and the limit of a body. Django's side is a small application here."""

import asyncio
import json
from collections.abc import Iterable
from typing import Any

import pytest
from django.conf import LazySettings
from django.core.exceptions import RequestAborted

from conversations import generation, lifespan, markdown, provider
from conversations.lifespan import Site

Headers = list[tuple[bytes, bytes]]


@pytest.fixture(autouse=True)
def small_limit(settings: LazySettings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.BODY_LIMIT = 10
    monkeypatch.setattr(lifespan, "LINGER", 0.05)


async def echo(scope: Any, receive: Any, send: Any) -> None:
    """Reads a body as Django does: to its end, or away when the client left."""
    body = b""
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        body += message["body"]
        if not message.get("more_body"):
            break
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": body})


async def ask(chunks: Iterable[bytes], headers: Headers) -> tuple[int, dict[str, str], bytes]:
    """The status, headers and body that Site answers to a body in these chunks."""
    pieces = list(chunks)
    sent: list[dict[str, Any]] = []
    coming = [
        {"type": "http.request", "body": piece, "more_body": number < len(pieces) - 1}
        for number, piece in enumerate(pieces)
    ]

    async def receive() -> dict[str, Any]:
        return coming.pop(0) if coming else await asyncio.Future()

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    await Site(echo)({"type": "http", "path": "/", "headers": headers}, receive, send)
    start, *bodies = sent
    names = {name.decode(): value.decode() for name, value in start["headers"]}
    return start["status"], names, b"".join(message.get("body", b"") for message in bodies)


async def test_body_at_the_limit_passes():
    status, _, body = await ask([b"12345", b"67890"], [(b"content-length", b"10")])

    assert (status, body) == (200, b"1234567890")


@pytest.mark.fault(61)
async def test_announced_length_over_the_limit_is_refused():
    status, headers, _ = await ask([b"x" * 11], [(b"content-length", b"11")])

    assert (status, headers["connection"]) == (413, "close")


@pytest.mark.fault(61)
async def test_announced_length_is_refused_before_anything_is_read():
    status, _, _ = await ask([], [(b"content-length", b"11"), (b"expect", b"100-continue")])

    assert status == 413


@pytest.mark.fault(61)
async def test_chunks_over_the_limit_are_refused():
    status, _, _ = await ask([b"12345", b"67890", b"1"], [(b"transfer-encoding", b"chunked")])

    assert status == 413


@pytest.mark.parametrize(
    "header",
    [(b"accept", b"application/json"), (b"accept", b"text/event-stream"), (b"content-type", b"application/json")],
)
async def test_script_is_refused_in_json(header: tuple[bytes, bytes]):
    _, headers, body = await ask([b"x" * 11], [header, (b"content-length", b"11")])

    error = json.loads(body)["error"]
    assert (headers["content-type"], error.pop("code"), len(error.pop("reference"))) == (
        "application/json",
        "too_large",
        8,
    )
    assert list(error) == ["message"]


async def test_person_is_refused_with_a_page():
    _, headers, body = await ask([b"x" * 11], [(b"accept", b"text/html"), (b"content-length", b"11")])

    assert headers["content-type"] == "text/html; charset=utf-8"
    assert b"<h1>Too large</h1>" in body


async def test_request_that_is_cut_off_leaves_no_error_that_nobody_hears():
    coming: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    listening: list[asyncio.Task[None]] = []
    is_listening = asyncio.Event()

    async def like_django(scope: Any, receive: Any, send: Any) -> None:
        async def listen_for_disconnect() -> None:
            is_listening.set()
            await receive()
            raise RequestAborted

        listening.append(asyncio.create_task(listen_for_disconnect()))
        await asyncio.wait(listening)

    serving = asyncio.create_task(
        Site(like_django)({"type": "http", "path": "/", "headers": []}, coming.get, coming.put)
    )
    await is_listening.wait()
    serving.cancel()
    await serving
    coming.put_nowait({"type": "http.disconnect"})
    await asyncio.wait(listening)

    assert listening[0].cancelled()


async def test_start_and_end_call_what_serves(monkeypatch: pytest.MonkeyPatch):
    events: list[str] = []
    is_warm = asyncio.Event()

    async def refresh() -> None:
        events.append("refresh")
        is_warm.set()

    def note(name: str) -> Any:
        return lambda *arguments: events.append(name)

    def note_later(name: str) -> Any:
        async def called() -> None:
            events.append(name)

        return called

    monkeypatch.setattr(generation, "attach", note("attach"))
    monkeypatch.setattr(generation, "drain", note_later("drain"))
    monkeypatch.setattr(generation, "detach", note("detach"))
    monkeypatch.setattr(provider, "aclose", note_later("aclose"))
    monkeypatch.setattr(provider, "warm", note_later("warm"))
    monkeypatch.setattr(provider, "refresh", refresh)
    monkeypatch.setattr(markdown, "warm", note("warm markdown"))
    monkeypatch.setattr(markdown, "close", note("close markdown"))
    monkeypatch.setattr(lifespan, "WARM_AFTER", 0)
    coming: asyncio.Queue[dict[str, str]] = asyncio.Queue()
    going: asyncio.Queue[dict[str, str]] = asyncio.Queue()
    task = asyncio.create_task(Site(echo)({"type": "lifespan"}, coming.get, going.put))

    coming.put_nowait({"type": "lifespan.startup"})
    started = await going.get()
    await is_warm.wait()
    coming.put_nowait({"type": "lifespan.shutdown"})
    ended = await going.get()
    await task

    assert [started["type"], ended["type"]] == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
    assert events == ["attach", "warm markdown", "warm", "refresh", "drain", "detach", "aclose", "close markdown"]

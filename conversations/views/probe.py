"""The stream that `manage.py doctor` reads through whatever stands before the site."""

import asyncio
import time
from collections.abc import AsyncGenerator
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_GET

from conversations import live, probes, sse
from conversations.live import following
from conversations.views import events, requests

NOBODY = 0  # as whose streams probes count: no account has this key
AT_ONCE = 8  # probes that are open in this process, about

TICKS = 5
TICK = 0.2  # seconds between two of them
SILENCE = following.PING_INTERVAL  # after the last: no stream is silent for longer


@require_GET
@requests.tells_refusals
def probe(request: HttpRequest) -> HttpResponseBase:
    """GET: `start` with what the site sees of the request, some `tick`s, a silence, `end`. To whoever has no pass, what
    the stream of an answer that is not there gives them."""
    if not probes.is_pass(request.headers.get(probes.HEADER, "")):
        return events.events(request, uuid=UUID(probes.UUID))
    events.refuse_too_many(NOBODY, most=AT_ONCE)
    return events.EventStream(_lines(_seen(request)), owner=NOBODY)


def _seen(request: HttpRequest) -> dict[str, Any]:
    """What came of a proxy's words, and which of them were believed: see TRUSTED_PROXIES."""
    forwarded = request.headers.get("X-Forwarded-For", "")
    port = str(request.META.get("REMOTE_PORT", ""))
    return {
        "scheme": request.scheme,
        "host": request.get_host(),
        "client": request.META.get("REMOTE_ADDR", ""),
        "forwarded_for": forwarded != "",
        "forwarded_proto": request.headers.get("X-Forwarded-Proto", ""),
        # uvicorn takes the port from the header too, which mostly has none.
        "is_believed": forwarded != "" and (port == "0" or forwarded.endswith(f":{port}")),
    }


async def _lines(seen: dict[str, Any]) -> AsyncGenerator[bytes, None]:
    """Each event tells how many seconds after the first it was sent."""
    begun = time.monotonic()
    yield sse.encode("start", {"at": 0.0, **seen})
    for number in range(1, TICKS + 1):
        if not await _has_come(begun + number * TICK):
            return
        yield sse.encode("tick", {"at": time.monotonic() - begun})
    if await _has_come(begun + TICKS * TICK + SILENCE):
        yield sse.encode("end", {"at": time.monotonic() - begun})


async def _has_come(moment: float) -> bool:
    """True at that moment; False, soon, where this process ends before it."""
    while (left := moment - time.monotonic()) > 0:
        if live.is_hung_up():
            return False
        await asyncio.sleep(min(left, following.ROW_INTERVAL))
    return True

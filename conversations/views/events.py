"""The stream of one answer, followed from a cursor."""

import asyncio
import contextlib
import logging
import secrets
import threading
import weakref
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any
from uuid import UUID

from django import db
from django.contrib.auth import get_user
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_GET

from conversations import database, generation, live, markdown, metrics, refusals, sse
from conversations.locales import Locale
from conversations.models import Message
from conversations.models.message import told_of
from conversations.models.session import SessionStore
from conversations.views import requests

log = logging.getLogger(__name__)
_open: Counter[int] = Counter()  # streams by their owner, of those who have any
_counting = threading.Lock()

PATIENCE = 5.0  # seconds for which an open stream waits for the database before it goes on with what it has
STREAMS_OF_A_PERSON = 50  # open ones in this process, about: more than anybody looks at
RETRY = 500  # milliseconds, up to twice of it: readers whose server ends come back soon, and not all at one moment


@require_GET
@requests.signed_in
@requests.tells_refusals
def events(request: HttpRequest, uuid: UUID) -> HttpResponseBase:
    """GET: the answer's events from the cursor in Last-Event-ID or ?after= on; 204 to a cursor past the end."""
    answer = get_object_or_404(Message.objects.for_user(request.user).answers(), uuid=uuid)
    cursor = _cursor(request, answer)
    if cursor.ended:
        return HttpResponse(status=204)
    refuse_too_many(answer.owner_id)
    return stream(request, answer, cursor)


def refuse_too_many(owner: int, *, most: int | None = None) -> None:
    """Raise TooManyStreams where this person has no place for another stream."""
    if _open[owner] >= (STREAMS_OF_A_PERSON if most is None else most):
        raise refusals.TooManyStreams


class EventStream(StreamingHttpResponse):
    """Django's, without the two generators that it puts around the view's own: each event would go through them.

    It counts as one of its owner's from now on, and not only once it is sent: many may be asked for at one moment.
    """

    def __init__(self, lines: AsyncGenerator[bytes, None], *, owner: int) -> None:
        super().__init__(lines, content_type="text/event-stream; charset=utf-8")
        self["Cache-Control"] = "no-store, no-transform"
        self["X-Accel-Buffering"] = "no"
        self._lines = lines
        _count(owner, 1)
        self._leave = weakref.finalize(self, _count, owner, -1)

    def close(self) -> None:
        super().close()
        self._leave()

    def __aiter__(self) -> AsyncGenerator[bytes, None]:
        return self._lines


def stream(request: HttpRequest, answer: Message, cursor: live.Cursor) -> StreamingHttpResponse:
    """The response that follows `answer`; it holds no connection to the database while it waits."""
    lines = _lines(
        answer.pk,
        answer.uuid,
        cursor,
        owner=answer.owner_id,
        session=request.session.session_key,
        locale=Locale.current(),
    )
    return EventStream(lines, owner=answer.owner_id)


async def _lines(
    pk: int, uuid: UUID, cursor: live.Cursor, *, owner: int, session: str | None, locale: Locale
) -> AsyncGenerator[bytes, None]:
    last: live.Snapshot | None = None

    async def read_row() -> live.Snapshot | None:
        nonlocal last
        async with _database_may_be_away(is_fatal=last is None):
            last = await database.read(generation.snapshot, pk)
        return last

    async def may_go_on() -> bool:
        async with _database_may_be_away():
            return await database.read(_may_go_on, session, owner)
        return True  # not decided: asked again with the next ping

    if cursor != live.Cursor():
        metrics.reader_came_back()
    with metrics.stream_open(), locale.active():
        yield sse.retry(RETRY + secrets.randbelow(RETRY))
        news = live.follow(uuid, cursor, read_row=read_row, may_go_on=may_go_on, growing=markdown.Growing)
        async with contextlib.aclosing(news):
            async for batch in news:
                yield b"".join(
                    sse.encode(event.name, _told(event), event.cursor.encode(uuid) if event.cursor else None)
                    for event in batch
                )


def _told(event: live.Event) -> dict[str, Any]:
    """The event's data, where a failure is put into words: this reader's, and not those of whoever asked the model."""
    if event.name == "end" and event.data["error"]:
        return {**event.data, "error": told_of(event.data["error"])}
    return event.data


def _count(owner: int, more: int) -> None:
    with _counting:
        _open[owner] += more
        if not _open[owner]:
            del _open[owner]


def _cursor(request: HttpRequest, answer: Message) -> live.Cursor:
    raw = request.headers.get("Last-Event-ID") or request.GET.get("after") or ""
    try:
        cursor = live.Cursor.parse(raw, answer.uuid) if raw else live.Cursor()
    except live.MalformedCursor as error:
        raise refusals.BadRequest from error
    return cursor._replace(ended=cursor.ended and not answer.is_running)  # nobody has seen the end of what runs


@contextlib.asynccontextmanager
async def _database_may_be_away(*, is_fatal: bool = False) -> AsyncIterator[None]:
    """A reader keeps what it has while the database is away, or does not answer for longer than PATIENCE."""
    try:
        async with asyncio.timeout(PATIENCE):
            yield
    except (db.Error, TimeoutError) as error:
        log.warning("the database failed beside an open stream: %s", error or "it does not answer")
        if is_fatal:
            raise


def _may_go_on(session: str | None, owner: int) -> bool:
    """Whether the person is still logged in by this session, with this password, and active. Asked with every ping."""
    request = HttpRequest()
    request.session = SessionStore(session)
    return get_user(request).pk == owner

"""The stream of one answer, followed from a cursor. The only asynchronous view."""

import contextlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from uuid import UUID

from django.contrib.auth import get_user_model
from django.contrib.sessions.models import Session
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_GET

from conversations import database, generation, live, refusals, sse
from conversations.models import Message
from conversations.views import errors


@require_GET
async def events(request: HttpRequest, uuid: UUID) -> HttpResponseBase:
    """GET: the answer's events from the cursor in Last-Event-ID or ?after= on; 204 to a cursor past the end."""
    try:
        answer = await database.run(_answer, request, uuid)
        cursor = _cursor(request, answer.uuid)
    except refusals.Refusal as refusal:
        return await database.run(_refused, request, refusal)
    return HttpResponse(status=204) if cursor.ended else stream(request, answer, cursor)


def stream(request: HttpRequest, answer: Message, cursor: live.Cursor) -> StreamingHttpResponse:
    """The response that follows `answer`; it holds no connection to the database while it waits."""
    response = StreamingHttpResponse(
        _lines(answer.pk, answer.uuid, cursor, request.session.session_key, answer.owner_id),
        content_type="text/event-stream; charset=utf-8",
    )
    response["Cache-Control"] = "no-store, no-transform"
    response["X-Accel-Buffering"] = "no"
    return response


async def _lines(pk: int, uuid: UUID, cursor: live.Cursor, session: str | None, owner: int) -> AsyncIterator[bytes]:
    async def read_row() -> live.Snapshot | None:
        return await database.run(generation.snapshot, pk)

    async def may_go_on() -> bool:
        return await database.run(_may_go_on, session, owner)

    news = live.follow(uuid, cursor, read_row=read_row, may_go_on=may_go_on)
    async with contextlib.aclosing(news):
        async for batch in news:
            yield b"".join(
                sse.encode(event.name, event.data, event.cursor.encode(uuid) if event.cursor else None)
                for event in batch
            )


def _answer(request: HttpRequest, uuid: UUID) -> Message:
    # Here the session and the person are looked up too: in one step, on the one connection that all streams share.
    if not request.user.is_authenticated:
        raise refusals.NotSignedIn
    answer = Message.objects.for_user(request.user).answers().filter(uuid=uuid).first()
    if answer is None:
        raise refusals.NotFound
    return answer


def _refused(request: HttpRequest, refusal: refusals.Refusal) -> HttpResponseBase:
    return errors.refused(request, refusal)


def _cursor(request: HttpRequest, answer: UUID) -> live.Cursor:
    raw = request.headers.get("Last-Event-ID") or request.GET.get("after") or ""
    try:
        return live.Cursor.parse(raw, answer) if raw else live.Cursor()
    except live.MalformedCursor as error:
        raise refusals.BadRequest from error


def _may_go_on(session: str | None, owner: int) -> bool:
    """Whether the person is still logged in and active: asked with every ping."""
    is_open = Session.objects.filter(session_key=session, expire_date__gt=datetime.now(UTC)).exists()
    return is_open and get_user_model().objects.filter(pk=owner, is_active=True).exists()

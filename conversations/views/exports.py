"""Conversations as files: one in each form, all as a ZIP. Each is made while it is sent."""

import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from uuid import UUID
from weakref import WeakValueDictionary

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_GET, require_http_methods

from conversations import database, refusals
from conversations.exchange import archive as archives
from conversations.exchange import export_html, export_json, export_markdown, export_text, names
from conversations.locales import Locale
from conversations.models import Conversation
from conversations.views import requests
from conversations.views.pages import page
from conversations.views.transcript import body

PIECE = 65_536  # bytes that are sent at once
STEP = 0.25  # seconds for one step of an export, about: others wait behind it


class _Export:
    """One that is being sent. If nobody begins to read it, it is gone with its response."""


_open: WeakValueDictionary[int, _Export] = WeakValueDictionary()  # by their owner
_taking = threading.Lock()

Pieces = Callable[[Conversation], Iterator[str]]
FORMS: dict[str, tuple[str, str, Pieces]] = {
    "markdown": ("md", "text/markdown", export_markdown.pieces),
    "json": ("json", "application/json", export_json.pieces),
    "html": ("html", "text/html", lambda conversation: export_html.pieces(conversation, body)),
    "text": ("txt", "text/plain", export_text.pieces),
}


@require_GET
@requests.signed_in
@requests.tells_refusals
def conversation(request: HttpRequest, uuid: UUID) -> HttpResponseBase:
    """GET `?as=` markdown, json, html or text: the file. What is in the bin or temporary is not there."""
    kept = get_object_or_404(Conversation.objects.for_user(request.user).kept(), uuid=uuid)
    suffix, kind, pieces = _form(request)
    return _file(
        (piece.encode() for piece in pieces(kept)),
        owner=kept.owner_id,
        name=names.of_export(kept, suffix),
        kind=f"{kind}; charset=utf-8",
    )


@require_http_methods(["GET", "HEAD", "POST"])
@requests.signed_in
@requests.tells_refusals
def archive(request: HttpRequest) -> HttpResponseBase:
    """GET: the page. POST: all conversations, as a ZIP."""
    return _archive(request) if request.method == "POST" else _page(request)


def _page(request: HttpRequest) -> HttpResponse:
    return page(request, "conversations/export.html", count=Conversation.objects.for_user(request.user).kept().count())


def _archive(request: HttpRequest) -> HttpResponseBase:
    user, now = requests.person(request), timezone.now()
    return _file(
        archives.pieces(user, exported_at=now),
        owner=user.pk,
        name=f"chatsite-{now:%Y-%m-%d}.zip",
        kind="application/zip",
    )


def _form(request: HttpRequest) -> tuple[str, str, Pieces]:
    form = FORMS.get(request.GET.get("as", ""))
    if form is None:
        raise refusals.BadRequest
    return form


def _file(pieces: Iterator[bytes], *, owner: int, name: str, kind: str) -> StreamingHttpResponse:
    """Raises ExportRunning while this process sends an export to this person."""
    sent = _sent(pieces, owner, _begun(owner), Locale.current())
    response = StreamingHttpResponse(sent, content_type=kind)
    response.headers["Content-Disposition"] = str(content_disposition_header(True, name))
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Accel-Buffering"] = "no"
    return response


def _begun(owner: int) -> _Export:
    with _taking:
        if owner in _open:
            raise refusals.ExportRunning
        _open[owner] = export = _Export()
    return export


async def _sent(pieces: Iterator[bytes], owner: int, export: _Export, locale: Locale) -> AsyncIterator[bytes]:
    """The file as fast as it is read; between two pieces it holds neither a connection nor a thread."""
    try:
        with locale.active():
            while piece := await database.read_at_length(_next, pieces):
                yield piece
    finally:
        del _open[owner], export


def _next(pieces: Iterator[bytes]) -> bytes:
    """About PIECE bytes, or what STEP was enough for; empty at the end."""
    taken, size, until = [], 0, time.monotonic() + STEP
    for piece in pieces:
        taken.append(piece)
        size += len(piece)
        if size >= PIECE or (size and time.monotonic() > until):
            break
    return b"".join(taken)

"""Files with chats: handed in, and what becomes of them."""

from functools import partial
from typing import Any
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, JsonResponse
from django.http.response import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST

from conversations import jobs, refusals
from conversations.exchange import reading
from conversations.exchange.reading import limits
from conversations.models import Import
from conversations.models.import_ import KEPT, Outcome
from conversations.text import storable
from conversations.views import negotiation, requests
from conversations.views.pages import page, see

PART = 1_000_000  # bytes of one row
OLDER_LINES = 20  # of the report of an import that is not the newest
NO_FILE = _("Choose a file first.")


@require_http_methods(["GET", "HEAD", "POST"])
@requests.signed_in
@requests.tells_refusals
def imports(request: HttpRequest) -> HttpResponseBase:
    """GET: the form, and how far the imports have come. POST `file`, with `brings_back` where deleted chats are to come
    back: it is kept, and read by a job."""
    return _take(request) if request.method == "POST" else _page(request)


@require_POST
@requests.signed_in
@requests.tells_refusals
def stop(request: HttpRequest, uuid: UUID) -> HttpResponseBase:
    """POST: go no further; what was imported stays. Asked twice, or after the end, it changes nothing."""
    get_object_or_404(Import.objects.for_user(request.user), uuid=uuid).stop()
    return HttpResponse(status=204) if negotiation.is_script(request) else see(reverse("imports"))


def _page(request: HttpRequest, *, status: int = 200, error: str = "") -> HttpResponse:
    shown = list(Import.objects.for_user(request.user)[:KEPT])
    running = any(each.is_unfinished for each in shown)
    is_asking_how_far = "HX-Request" in request.headers  # each second, for the running one's counts alone
    reply = page(
        request,
        "conversations/imports.html",
        status=status,
        imports=[
            {"row": each, "counts": _counts(each), **({} if is_asking_how_far else _report(each, is_newest=not place))}
            for place, each in enumerate(shown)
        ],
        running=running,
        megabytes=limits.FILE_BYTES // 1_000_000,
        error=error,
    )
    if is_asking_how_far and not running:
        reply.headers["HX-Refresh"] = "true"  # all of the page: the sidebar has new chats
    return reply


def _counts(row: Import) -> list[tuple[str, int]]:
    """How many chats there are of each outcome that there is."""
    counted = ((str(outcome.label), getattr(row, outcome.value)) for outcome in Outcome)
    return [(label, count) for label, count in counted if count]


def _report(row: Import, *, is_newest: bool) -> dict[str, Any]:
    """Its lines, few of an older import, and how many there are besides."""
    told = [line for line in row.report if line["code"]]
    shown = told if is_newest else told[:OLDER_LINES]
    report = [{**line, "sentence": reading.Refused("", "", line["code"]).sentence} for line in shown]
    return {"report": report, "others": len(told) - len(shown)}


def _take(request: HttpRequest) -> HttpResponseBase:
    try:
        begun = _kept(request)
    except refusals.Refusal as refusal:
        if negotiation.is_script(request):
            raise
        return _page(request, status=refusal.status, error=str(refusal.sentence))
    if negotiation.is_script(request):
        return JsonResponse({"import": {"id": str(begun.uuid)}}, status=201)
    return see(reverse("imports"))


def _kept(request: HttpRequest) -> Import:
    requests.body(request)  # refuses what is no form
    file = request.FILES.get("file")
    if not isinstance(file, UploadedFile) or not file.size:
        raise refusals.Invalid(NO_FILE)
    if file.size > limits.FILE_BYTES:
        raise refusals.TooLong(reading.Refused("", "", "file_too_large").sentence)
    brings_back = request.POST.get("brings_back") == "on"
    begun = Import.begin(
        requests.person(request), name=storable(file.name or ""), size=file.size, brings_back=brings_back
    )
    try:
        for place, data in enumerate(iter(partial(file.read, PART), b"")):  # nobody waits for all of them
            begun.keep_part(place, data)
        begun.arrived()
    except Exception:
        begun.lose()  # or the person would have to wait until it is given up
        raise
    jobs.wake()
    return begun

"""What people wrote, for those who may read it and have said why. Each look at it is recorded before it is had."""

import functools
from collections.abc import Callable
from typing import Any, Concatenate, ParamSpec
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from conversations.admin import reasons, reviewing
from conversations.admin.reading import address, may_read, may_see
from conversations.forms import Text
from conversations.models import Act, Conversation, ReadRecord, Reason, ReviewNote
from conversations.models.finding import find
from conversations.models.site_setting import notice_delay
from conversations.search import Query, parsed
from conversations.views import requests
from conversations.views.pages import see
from conversations.views.search import notes_on
from conversations.views.transcript import transcript as page_of

FILTERS = "_changelist_filters"  # as Django hands those of a list on to the pages behind it
P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]
Neighbours = Callable[[HttpRequest, Conversation], tuple[UUID | None, UUID | None]]
FOUND = 50  # conversations of one search
EXPORTED = (
    2_000  # messages, the newest; the file is made in memory, at most some ten times as large as an answer can be
)
SAID = (
    *("role", "text", "created_at", "status", "reasoning", "model", "finish_reason", "error_code", "usage"),
    *("first_delta_ms", "total_ms", "feedback__verdict", "feedback__reason"),
)


class SearchForm(reasons.ReasonForm):
    """Words that people wrote, and why they are looked for."""

    words = Text(
        label=_("Words"),
        help_text=_("In titles and in all that was said, such as in the search of one’s own chats."),
        max_length=200,
        most_bytes=800,
        widget=forms.TextInput({"dir": "auto", "autocomplete": "off"}),
    )
    field_order = ["words", "category", "reason"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].help_text = _("Recorded with your name and these words.")


def for_readers(view: View[P]) -> View[P]:
    """Only for those who may see that conversations exist, and read them. A Refusal is told."""

    @requests.tells_refusals
    @require_http_methods(["GET", "HEAD", "POST"])
    @functools.wraps(view)
    def wrapper(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if not (may_see(request) and may_read(request)):
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return wrapper


@for_readers
def transcript(request: HttpRequest, uuid: UUID, neighbours: Neighbours) -> HttpResponseBase:
    """GET: the shown branch, or the one `?through=` a message, formatted, with what each answer cost and how it ended;
    without a reason that is still good, the form that asks for one. POST: what `action` says."""
    conversation = get_object_or_404(Conversation.objects.select_related("owner"), uuid=uuid)
    status = 200
    if request.method == "POST":
        reply = requests.chosen(requests.body(request), ACTIONS)(request, conversation)
        if reply:
            return reply
        status = 409  # the page again, with what was typed
    reason = reasons.given(request, uuid)
    if reason is None:
        return _ask_why(request, conversation, reasons.ReasonForm())
    before = requests.identified(request, "before", conversation.messages.all())
    through = requests.identified(request, "through", conversation.messages.all())
    _record(request, Act.OPEN, conversation, reason)
    part = page_of(conversation, before=before, through=through)
    listed = _listed(request)
    return _page(
        request,
        "transcript",
        _("Transcript"),
        status=status,
        conversation=conversation,
        reason=reason,
        transcript=part.messages,
        older=part.messages[0].row.uuid if part.older_url else None,
        is_another_branch=through is not None or before is not None,
        listed=listed,
        neighbours=neighbours(request, conversation) if listed else None,
        panel=reviewing.panel(request, conversation),
        typed=request.POST.get("text", ""),
    )


@for_readers
def search(request: HttpRequest) -> HttpResponseBase:
    """GET: the form. POST: the conversations in which the words were written, without a word of them."""
    form = SearchForm(request.POST if request.method == "POST" else None)
    if not form.is_valid():
        return _page(request, "search", _("Search in texts"), status=422 if form.is_bound else 200, form=form)
    words = form.cleaned_data["words"].strip()
    asked = parsed(words)
    found = _found(asked)
    ReadRecord.append(
        Act.SEARCH, reader=requests.person(request), reason=form.said, address=address(request),
        subject=words, found=len(found),
    )  # fmt: skip
    told = {"found": found, "most": FOUND, "words": words, "notes": notes_on(asked)}
    return _page(request, "search", _("Search in texts"), form=form, **told)


def _found(asked: Query) -> list[Conversation]:
    """The best first, of everybody's, in the bin and temporary ones too."""
    finds = find(Conversation.objects.all(), asked, owner_id=None).finds[:FOUND] if asked else []
    rows = Conversation.objects.select_related("owner").defer("title", "folded_title", "system_prompt")
    there = rows.in_bulk([each.conversation for each in finds])
    return [there[each.conversation] for each in finds if each.conversation in there]


def _listed(request: HttpRequest) -> str:
    """The list from which the request came, as the query that leads on with it."""
    listed = request.GET.get(FILTERS)
    return "" if listed is None else urlencode({FILTERS: listed})


def _say_why(request: HttpRequest, conversation: Conversation) -> HttpResponseBase:
    form = reasons.ReasonForm(request.POST)
    if not form.is_valid():
        return _ask_why(request, conversation, form, status=422)
    reasons.keep(request, conversation.uuid, form.said)
    return see(request.get_full_path())


def _export(request: HttpRequest, conversation: Conversation) -> HttpResponseBase:
    """The whole tree as JSON, texts as they were written."""
    reason = reasons.given(request, conversation.uuid)
    if reason is None:
        return _ask_why(request, conversation, reasons.ReasonForm(), status=403)
    _record(request, Act.EXPORT, conversation, reason)
    rows = conversation.messages.order_by("-pk").values("uuid", "parent__uuid", *SAID)[:EXPORTED]
    messages = [_exported(row) for row in rows.iterator()]
    exported = {
        "conversation": str(conversation.uuid),
        "owner": conversation.owner.get_username(),
        "title": conversation.title,
        "created_at": conversation.created_at,
        **conversation.chosen,
        "messages": messages[::-1],
        "is_whole": len(messages) < EXPORTED,
        "flags": list(conversation.flags.values("message__uuid", "source", "reason", "created_at")[:EXPORTED]),
        "notes": _notes_of(conversation),
    }
    reply = JsonResponse(exported, json_dumps_params={"ensure_ascii": False, "indent": 1})
    reply.headers["Content-Disposition"] = f'attachment; filename="conversation-{conversation.uuid}.json"'
    return reply


def _work(request: HttpRequest, conversation: Conversation) -> HttpResponseBase | None:
    if reasons.given(request, conversation.uuid) is None:
        return _ask_why(request, conversation, reasons.ReasonForm(), status=403)
    return see(request.get_full_path()) if reviewing.work(request, conversation) else None


ACTIONS: dict[str, Callable[[HttpRequest, Conversation], HttpResponseBase | None]] = {
    "open": _say_why,
    "export": _export,
    **dict.fromkeys(reviewing.WORK, _work),
}


def _exported(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": str(row["uuid"]),
        "parent": str(row["parent__uuid"] or "") or None,
        **{name: row[name] for name in SAID},
    }


def _notes_of(conversation: Conversation) -> list[Any]:
    notes = ReviewNote.objects.filter(review__conversation=conversation)
    return list(notes.values("author__username", "kind", "text", "created_at")[:EXPORTED])


def _record(request: HttpRequest, act: Act, conversation: Conversation, reason: Reason) -> None:
    ReadRecord.append(
        act,
        reader=requests.person(request),
        reason=reason,
        address=address(request),
        told_after=notice_delay(),
        conversation=conversation.uuid,
        owner_id=conversation.owner_id,
    )


def _ask_why(
    request: HttpRequest, conversation: Conversation, form: reasons.ReasonForm, *, status: int = 200
) -> HttpResponseBase:
    asked = {"conversation": conversation, "form": form, "delay": notice_delay().days}
    return _page(request, "reason", _("Why do you read this?"), status=status, **asked)


def _page(request: HttpRequest, name: str, title: Any, *, status: int = 200, **context: Any) -> HttpResponseBase:
    shown = {**admin.site.each_context(request), "title": title, "opts": Conversation._meta, **context}
    return TemplateResponse(request, f"admin/conversations/conversation/{name}.html", shown, status=status)

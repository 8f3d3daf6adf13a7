"""Messages: sending one, reading older ones, one alone, other versions of it, and stopping one."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST

from conversations import forms, generation, refusals
from conversations.models import Conversation, Feedback, Flag, Message
from conversations.views import negotiation, requests
from conversations.views.begun import Once, addressed, begun, chosen_model, refuse_unless_serving
from conversations.views.conversations import conversation_page
from conversations.views.pages import see
from conversations.views.transcript import opinion_of, place_of, shown, transcript

REMARKS = ("rate", "report")  # actions whose forms are opened by `?remark=`
STOPPING = _("The answer was told to stop. Your text is kept: send it now.")


@require_http_methods(["GET", "HEAD", "POST"])
@requests.signed_in
@requests.tells_refusals
def collection(request: HttpRequest, uuid: UUID) -> HttpResponseBase:
    """GET: older messages of the shown branch. POST: a message; an answer begins."""
    conversation = get_object_or_404(Conversation.objects.for_user(request.user), uuid=uuid)
    return _send(request, conversation) if request.method == "POST" else _older(request, conversation)


@require_http_methods(["GET", "HEAD", "POST"])
@requests.signed_in
@requests.tells_refusals
def detail(request: HttpRequest, uuid: UUID) -> HttpResponseBase:
    """GET: the message as a fragment of its page, or its page with the form that `?remark=` names. POST: what `action`
    says."""
    message = get_object_or_404(
        Message.objects.for_user(request.user).select_related("conversation", "parent"), uuid=uuid
    )
    if request.method != "POST":
        return _remarking(request, message) or render(
            request, "conversations/_message.html", {"message": shown(message)}
        )
    fields = requests.body(request)
    return requests.chosen(fields, ACTIONS)(request, message, fields)


@require_POST
@requests.signed_in
@requests.tells_refusals
def stop(request: HttpRequest, uuid: UUID) -> HttpResponseBase:
    """POST: end the answer and keep what it has. Asked twice, or after the end, it changes nothing. A form that
    sends along what is in its composer gets it back."""
    answers = Message.objects.for_user(request.user).answers().select_related("conversation")
    answer = get_object_or_404(answers, uuid=uuid)
    was_running = answer.is_running
    generation.stop(answer)
    if negotiation.is_script(request):
        return HttpResponse(status=204)
    text = str(requests.body(request).get("message", ""))
    if text.strip():
        return conversation_page(request, answer.conversation, text=text, error=STOPPING if was_running else "")
    return see(answer.conversation.get_absolute_url())


def _older(request: HttpRequest, conversation: Conversation) -> HttpResponseBase:
    before = requests.identified(request, "before", conversation.messages.all())
    if request.headers.get("HX-Request"):
        part = transcript(conversation, before=before)
        return render(request, "conversations/_older.html", {"transcript": part.messages, "older_url": part.older_url})
    return conversation_page(request, conversation, before=before)


def _send(request: HttpRequest, conversation: Conversation) -> HttpResponseBase:
    fields = requests.body(request)
    try:
        once = Once.read(fields, "send", conversation.uuid)
        answer = once.answer_or(request, lambda: _ask(request, conversation, fields, once))
    except refusals.Refusal as refusal:
        if negotiation.is_script(request):
            raise
        # Not the old parent: the page shows what is new, and a second Send means it.
        state = requests.kept(fields, refusal, "message", "model")
        return conversation_page(request, conversation, status=refusal.status, **state)
    return begun(request, answer, message=answer.parent)


def _ask(request: HttpRequest, conversation: Conversation, fields: dict[str, Any], once: Once) -> Message:
    form = forms.cleaned(forms.SendForm(fields))
    refuse_unless_serving(request)
    return conversation.send(
        form["message"],
        parent=conversation.messages.filter(uuid=form["parent"]).only("conversation").first()
        if form["parent"]
        else None,
        model=chosen_model(form["model"], conversation.model),
        key=once.key,
        fingerprint=once.fingerprint,
    )


def _edit(request: HttpRequest, message: Message, fields: dict[str, Any]) -> HttpResponseBase:
    try:
        once = Once.read(fields, message.uuid)
        answer = once.answer(request) or _ask_anew(request, message, fields, once)
    except refusals.Refusal as refusal:
        if negotiation.is_script(request):
            raise
        state = requests.kept(fields, refusal, "message")
        return conversation_page(
            request, message.conversation, status=refusal.status, at=message, editing=message, **state
        )
    return begun(request, answer, message=answer.parent)


def _ask_anew(request: HttpRequest, message: Message, fields: dict[str, Any], once: Once) -> Message:
    form = forms.cleaned(forms.AskForm(fields))
    refuse_unless_serving(request)
    conversation = message.conversation
    return conversation.edit(
        message,
        form["message"],
        model=chosen_model(form["model"], conversation.model),
        key=once.key,
        fingerprint=once.fingerprint,
    )


def _regenerate(request: HttpRequest, message: Message, fields: dict[str, Any]) -> HttpResponseBase:
    return _again(request, message, fields, continues=False)


def _continue(request: HttpRequest, message: Message, fields: dict[str, Any]) -> HttpResponseBase:
    return _again(request, message, fields, continues=True)


def _again(request: HttpRequest, message: Message, fields: dict[str, Any], *, continues: bool) -> HttpResponseBase:
    once = Once.read(fields, message.uuid)
    answer = once.answer(request)
    if answer is None:
        form = forms.cleaned(forms.AgainForm(fields))
        refuse_unless_serving(request)
        answer = message.conversation.answer_again(
            message,
            model=chosen_model(form["model"], message.model),
            key=once.key,
            fingerprint=once.fingerprint,
            continues=continues,
        )
    return begun(request, answer, message=None)


def _fork(request: HttpRequest, message: Message, fields: dict[str, Any]) -> HttpResponseBase:
    once = Once.read(fields, message.uuid)
    end = once.answer(request) or message.conversation.fork(message, key=once.key, fingerprint=once.fingerprint)
    if negotiation.is_script(request):
        return JsonResponse({"conversation": addressed(end.conversation)}, status=201)
    return see(end.conversation.get_absolute_url())


def _show(request: HttpRequest, message: Message, fields: dict[str, Any]) -> HttpResponseBase:
    message.conversation.show(message)
    if negotiation.is_script(request):
        return HttpResponse(status=204)
    return see(place_of(message))


def _remarking(request: HttpRequest, message: Message) -> HttpResponseBase | None:
    """The page, which has no form about an answer unless it is asked for: with script it makes them itself."""
    action = request.GET.get("remark")
    if action not in REMARKS:
        return None
    return conversation_page(request, message.conversation, at=message, remark={"message": message, "action": action})


def _rate(request: HttpRequest, answer: Message, fields: dict[str, Any]) -> HttpResponseBase:
    try:
        form = forms.cleaned(forms.RateForm(fields))
    except refusals.Refusal as refusal:
        return _remark_again(request, answer, fields, refusal)
    if form["verdict"] == forms.NO_VERDICT:
        Feedback.withdraw(answer)
    else:
        Feedback.give(answer, verdict=form["verdict"], reason=form["reason"])
    return _remarked(request, answer)


def _report(request: HttpRequest, answer: Message, fields: dict[str, Any]) -> HttpResponseBase:
    try:
        reason = forms.cleaned(forms.ReportForm(fields))["reason"]
    except refusals.Refusal as refusal:
        return _remark_again(request, answer, fields, refusal)
    Flag.report(answer, reason)
    return _remarked(request, answer)


def _remarked(request: HttpRequest, answer: Message) -> HttpResponseBase:
    if negotiation.is_script(request):
        return JsonResponse({"message": _described(answer)})
    return see(place_of(answer))


def _described(answer: Message) -> dict[str, str]:
    opinion = opinion_of(answer)
    verdict = opinion.verdict or forms.NO_VERDICT
    return {"id": str(answer.uuid), "verdict": verdict, "reason": opinion.reason, "report": opinion.report}


def _remark_again(
    request: HttpRequest, answer: Message, fields: dict[str, Any], refusal: refusals.Refusal
) -> HttpResponseBase:
    """The page with the refused form, which has the sentence and what was typed."""
    if negotiation.is_script(request):
        raise refusal
    remark = {"message": answer, **requests.kept(fields, refusal, "action", "verdict", "reason")}
    return conversation_page(request, answer.conversation, status=refusal.status, at=answer, remark=remark)


ACTIONS: dict[str, Callable[[HttpRequest, Message, dict[str, Any]], HttpResponseBase]] = {
    "edit": _edit,
    "regenerate": _regenerate,
    "continue": _continue,
    "show": _show,
    "fork": _fork,
    "rate": _rate,
    "report": _report,
}

"""Conversations: the empty composer, the list, one conversation, and what is done with it."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.db.models import Prefetch
from django.http import HttpRequest, JsonResponse
from django.http.response import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from conversations import forms, provider, refusals, titles
from conversations.models import Conversation, Message, Place, Preset, Tag, retention
from conversations.models.settings import NAMES
from conversations.templatetags.undo import Undo
from conversations.views import negotiation, places, readings, requests
from conversations.views.begun import Once, begun, chosen_model, refuse_unless_serving
from conversations.views.pages import composer, listed, page, see, sidebar
from conversations.views.presets import described, list_page, named_preset, presets_of
from conversations.views.search import asked_in, results
from conversations.views.transcript import Shown, shown, transcript


@require_safe
@requests.signed_in
@requests.tells_refusals
def home(request: HttpRequest) -> HttpResponseBase:
    preset = requests.identified(request, "preset", Preset.objects.for_user(request.user))
    return _home(request, preset=str(preset.uuid) if preset else "")


@require_http_methods(["GET", "HEAD", "POST"])
@requests.signed_in
@requests.tells_refusals
def collection(request: HttpRequest) -> HttpResponseBase:
    """GET: the list of a place, or those that `?q=` finds. POST: a new conversation with its first message; with an
    `action`, what that says, with several conversations at once."""
    if request.method != "POST":
        return _list(request)
    fields = requests.body(request)
    return _act_on_several(request, fields) if "action" in fields else _create(request, fields)


@require_http_methods(["GET", "HEAD", "POST"])
@requests.signed_in
@requests.tells_refusals
def detail(request: HttpRequest, uuid: UUID) -> HttpResponseBase:
    """GET: the page, which opens at the message `?at=`. POST: what `action` says."""
    conversation = get_object_or_404(Conversation.objects.for_user(request.user), uuid=uuid)
    if request.method != "POST":
        at = requests.identified(request, "at", conversation.messages.all())
        return conversation_page(request, conversation, at=at)
    fields = requests.body(request)
    return requests.chosen(fields, ACTIONS)(request, conversation, fields)


def _home(request: HttpRequest, *, status: int = 200, **state: Any) -> HttpResponse:
    """The empty composer; `state` is what a refused message leaves in it."""
    presets = presets_of(request)
    # With presets to choose from, no model is chosen until the person chooses one: the preset may have its own.
    open_choice = {"model": ""} if presets and len(provider.models()) > 1 else {}
    again = composer(reverse("conversations"), **open_choice | state)
    return page(request, "conversations/home.html", status=status, presets=presets, composer=again)


def conversation_page(
    request: HttpRequest,
    conversation: Conversation,
    *,
    status: int = 200,
    before: Message | None = None,
    at: Message | None = None,
    editing: Message | None = None,
    menu: dict[str, Any] | None = None,
    remark: dict[str, Any] | None = None,
    **state: Any,
) -> HttpResponse:
    """The conversation with its composer; `state` is what a refused message leaves in it, or in the form of the message
    that was to be edited, where the page shows that; `menu` is what a refused form of its menu gets back, by the
    form's action; `remark` is what a refused form about an answer gets back, with its `message`."""
    part = transcript(conversation, before=before, at=at)
    newest = part.messages[-1] if part.messages and part.is_end else _newest(conversation)
    running = newest if newest and newest.row.is_running else None
    if running and at and not part.is_end:
        # No other part would hear of its end.
        return conversation_page(request, conversation, status=status, editing=editing, **state)
    model = chosen_model("", conversation.model)
    is_editing = editing is not None and editing.pk in {message.row.pk for message in part.messages}
    fresh = {"parent": str(newest.row.uuid) if newest else "", "model": _model_that_may_answer(newest, model)}
    return page(
        request,
        "conversations/conversation.html",
        status=status,
        conversation=conversation,
        transcript=part.messages,
        older_url=part.older_url,
        newer_url=part.newer_url,
        running=running,
        is_another_branch=part.is_another_branch,
        menu=menu or {},
        readings=readings.told_of(conversation),
        tags=Tag.objects.for_user(request.user).seen_from(conversation),
        remark=remark,
        longest_title=titles.LONGEST,
        settings_form=(menu or {}).get("configure") or _settings_form(conversation, model),
        composer=composer(
            reverse("conversation-messages", args=[conversation.uuid]), **(fresh | ({} if is_editing else state))
        ),
        editing=state | {"message": editing} if is_editing else None,
    )


def _model_that_may_answer(newest: Shown | None, model: str) -> str:
    """The conversation's `model`, or the first of the others where its newest answer shows that it is not there."""
    if newest is None or newest.row.model != model or newest.may_retry:
        return model
    return newest.other_models[0]


def _settings_form(conversation: Conversation, model: str, typed: dict[str, str] | None = None) -> forms.SettingsForm:
    """The settings as a browser's fields take them, in every language, blank for the default; bound to what was typed
    where something was."""
    limit = None if conversation.answer_tokens is None else conversation.longest_answer
    numbers = {**conversation.chosen, "answer_tokens": limit}
    kept = {name: "" if value is None else str(value).removesuffix(".0") for name, value in numbers.items()}
    shown = kept | {"model": model}
    return forms.SettingsForm(initial=shown) if typed is None else forms.SettingsForm(shown | typed)


def _newest(conversation: Conversation) -> Shown | None:
    return shown(conversation.leaf) if conversation.leaf else None


def _list(request: HttpRequest) -> HttpResponse:
    words = asked_in(request)
    if words:
        return _search(request, words)
    before = requests.identified(request, "before", Conversation.objects.for_user(request.user))
    if request.headers.get("HX-Request"):
        return render(request, "conversations/_conversation_items.html", {"page": sidebar(request, before=before)})
    tag = requests.identified(request, "tag", Tag.objects.for_user(request.user))
    return _list_of(request, places.listed_place(request.GET.get("in")), tag=tag, before=before)


def _search(request: HttpRequest, words: str) -> HttpResponse:
    part = results(request, words)
    if request.headers.get("HX-Request"):
        return render(request, "conversations/_found_items.html", {"page": part})
    return page(request, "conversations/search.html", page=part)


def _list_of(
    request: HttpRequest,
    place: Place,
    *,
    tag: Tag | None = None,
    before: Conversation | None = None,
    error: str = "",
    status: int = 200,
) -> HttpResponse:
    """One page of what is in this place, or of that what has the tag; `error` is why nothing was done with what was
    chosen there."""
    there = Conversation.objects.for_user(request.user).at(place)
    tagged = there.tagged(tag).prefetch_related(Prefetch("tags", to_attr="their_tags"))
    part = listed(tagged, before=before, **places.query_of(place, tag))
    return page(
        request,
        "conversations/list.html",
        status=status,
        page=part,
        place=place,
        tag=tag,
        tags=Tag.objects.for_user(request.user).used_in(there),
        error=error,
        bin_days=settings.CHAT_BIN_DAYS,
        is_older=before is not None,
        kept=retention.told_to(requests.person(request)),
    )


def _act_on_several(request: HttpRequest, fields: dict[str, Any]) -> HttpResponseBase:
    try:
        return places.act_on_several(request, fields)
    except (refusals.Invalid, refusals.OnHold) as refusal:
        if negotiation.is_script(request):
            raise
        place = places.listed_place(fields.get("in"))
        return _list_of(request, place, error=str(refusal.sentence), status=refusal.status)


def _create(request: HttpRequest, fields: dict[str, Any]) -> HttpResponseBase:
    try:
        once = Once.read(fields, "create")
        answer = once.answer(request) or _begin(request, fields, once)
    except refusals.Refusal as refusal:
        if negotiation.is_script(request):
            raise
        state = requests.kept(fields, refusal, "message", "model", "key", "preset", "temporary")
        return _home(request, status=refusal.status, **state)
    return begun(request, answer, message=answer.parent)


def _begin(request: HttpRequest, fields: dict[str, Any], once: Once) -> Message:
    form = forms.cleaned(forms.BeginForm(fields))
    preset = named_preset(request, fields)
    chosen = {**(preset.chosen if preset else {}), **forms.given(forms.SettingsForm(fields))}
    refuse_unless_serving(request)
    return Conversation.begin(
        requests.person(request),
        text=form["message"],
        model=chosen_model(form["model"], preset.model if preset else ""),
        chosen=chosen,
        is_temporary=form["temporary"],
        key=once.key,
        fingerprint=once.fingerprint,
    )


def _rename(request: HttpRequest, conversation: Conversation, fields: dict[str, Any]) -> HttpResponseBase:
    old, given = conversation.title, "" if conversation.wants_title else conversation.title
    try:
        conversation.rename(forms.cleaned(forms.RenameForm(fields))["title"])
    except refusals.Refusal as refusal:
        return _form_again(request, conversation, refusal, rename=requests.kept(fields, refusal, "title"))
    if conversation.title != old:
        undo = Undo(conversation.get_absolute_url(), [("action", "rename"), ("title", given)])
        places.tell(request, _("The chat was renamed."), undo)
    return _done(request, conversation)


def _configure(request: HttpRequest, conversation: Conversation, fields: dict[str, Any]) -> HttpResponseBase:
    try:
        conversation.configure(**forms.given(forms.SettingsForm(fields)))
    except refusals.Refusal as refusal:
        typed = {name: str(fields[name]) for name in NAMES if name in fields}  # blank ones too: they mean the default
        form = _settings_form(conversation, chosen_model("", conversation.model), typed)
        form.tell(refusal)
        return _form_again(request, conversation, refusal, configure=form)
    return _done(request, conversation)


def _save_preset(request: HttpRequest, conversation: Conversation, fields: dict[str, Any]) -> HttpResponseBase:
    try:
        name = forms.cleaned(forms.NameForm(fields))["name"]
        preset = Preset.keep(name, conversation, owner_id=conversation.owner_id)
    except refusals.Refusal as refusal:
        return _form_again(request, conversation, refusal, save_preset=requests.kept(fields, refusal, "name"))
    if negotiation.is_script(request):
        return JsonResponse({"preset": described(preset)}, status=201)
    messages.success(request, _("Saved as a preset: %(name)s") % {"name": preset.name})
    return see(conversation.get_absolute_url())


def _apply_preset(request: HttpRequest, conversation: Conversation, fields: dict[str, Any]) -> HttpResponseBase:
    try:
        preset = named_preset(request, fields)
        if preset is None:
            raise refusals.Invalid(forms.NO_SUCH_PRESET)
        conversation.configure(**preset.chosen)
    except refusals.Refusal as refusal:
        _raise_to_scripts(request, refusal)
        return list_page(
            request, status=refusal.status, conversation=conversation, applying=requests.kept(fields, refusal)
        )
    return _done(request, conversation)


def _move(request: HttpRequest, conversation: Conversation, fields: dict[str, Any]) -> HttpResponseBase:
    action = str(fields["action"])
    _put(request, conversation, action, fields)
    conversation.refresh_from_db()
    if action == "bin" and not negotiation.is_script(request):
        return see(reverse("home"))
    return _done(request, conversation)


def _tag(request: HttpRequest, conversation: Conversation, fields: dict[str, Any]) -> HttpResponseBase:
    try:
        return _move(request, conversation, fields)
    except refusals.Invalid as refusal:
        return _form_again(request, conversation, refusal, tag=requests.kept(fields, refusal, "name"))


def _put(request: HttpRequest, conversation: Conversation, action: str, fields: dict[str, Any]) -> None:
    only = Conversation.objects.filter(pk=conversation.pk)
    places.put(request, only, action, fields, url=conversation.get_absolute_url())


def _delete(request: HttpRequest, conversation: Conversation, fields: dict[str, Any]) -> HttpResponseBase:
    """Into the bin, where what is there already stays; a temporary one for good."""
    if conversation.place == Place.TEMPORARY:
        return _remove(request, conversation, fields)
    _put(request, conversation, "bin", fields)
    return _gone(request, reverse("home"))


def _remove(request: HttpRequest, conversation: Conversation, fields: dict[str, Any]) -> HttpResponseBase:
    asks = places.remove(request, conversation, fields)
    return asks or _gone(request, places.after_removal(conversation))


def _restore(request: HttpRequest, conversation: Conversation, fields: dict[str, Any]) -> HttpResponseBase:
    """A form that sends along what is in its composer gets it back."""
    reply = _move(request, conversation, fields)
    text = str(fields.get("message", ""))
    if not text.strip() or negotiation.is_script(request):
        return reply
    return conversation_page(request, conversation, text=text)


def _gone(request: HttpRequest, url: str) -> HttpResponseBase:
    return HttpResponse(status=204) if negotiation.is_script(request) else see(url)


ACTIONS: dict[str, Callable[[HttpRequest, Conversation, dict[str, Any]], HttpResponseBase]] = {
    "rename": _rename,
    "configure": _configure,
    "save_preset": _save_preset,
    "apply_preset": _apply_preset,
    **dict.fromkeys(places.VERBS, _move),
    **dict.fromkeys(("tag", "untag"), _tag),
    "restore": _restore,
    "delete": _delete,
    "remove": _remove,
}


def _form_again(
    request: HttpRequest, conversation: Conversation, refusal: refusals.Refusal, **menu: Any
) -> HttpResponse:
    """The page with the refused form of its menu, which has the sentence and what was typed."""
    _raise_to_scripts(request, refusal)
    return conversation_page(request, conversation, status=refusal.status, menu=menu)


def _raise_to_scripts(request: HttpRequest, refusal: refusals.Refusal) -> None:
    """Raise the refusal again where it is not for a form to tell: to a script, and where the conversation is gone."""
    if negotiation.is_script(request) or isinstance(refusal, refusals.NotFound):
        raise refusal


def _done(request: HttpRequest, conversation: Conversation) -> HttpResponseBase:
    if negotiation.is_script(request):
        described = {
            "id": str(conversation.uuid),
            "url": conversation.get_absolute_url(),
            "title": conversation.title,
            "place": conversation.place,
            "pinned": conversation.pinned_at is not None,
            "tags": [tag.name for tag in Tag.objects.on(conversation)],
            **conversation.chosen,
        }
        return JsonResponse({"conversation": described})
    return see(conversation.get_absolute_url())

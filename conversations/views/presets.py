"""Presets: their list, and what is done with one."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.http import HttpRequest, JsonResponse
from django.http.response import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from conversations import forms, refusals
from conversations.models import Conversation, Preset
from conversations.models.preset import MOST_PRESETS
from conversations.views import negotiation, requests
from conversations.views.pages import page, see


@require_safe
@requests.signed_in
@requests.tells_refusals
def collection(request: HttpRequest) -> HttpResponseBase:
    """The list; with `?conversation=` each can be given to that one."""
    conversation = requests.identified(request, "conversation", Conversation.objects.for_user(request.user))
    return list_page(request, conversation=conversation)


@require_POST
@requests.signed_in
@requests.tells_refusals
def detail(request: HttpRequest, uuid: UUID) -> HttpResponseBase:
    """POST: what `action` says."""
    preset = get_object_or_404(Preset.objects.for_user(request.user), uuid=uuid)
    fields = requests.body(request)
    return requests.chosen(fields, ACTIONS)(request, preset, fields)


def list_page(request: HttpRequest, *, status: int = 200, **state: Any) -> HttpResponse:
    """The person's presets; with a `conversation` each can be given to it. `applying` says why one could not."""
    return page(request, "conversations/presets.html", status=status, presets=presets_of(request), **state)


def presets_of(request: HttpRequest) -> list[Preset]:
    return list(Preset.objects.for_user(request.user)[:MOST_PRESETS])


def named_preset(request: HttpRequest, fields: dict[str, Any]) -> Preset | None:
    """The person's own preset that the fields name; None without one. Raises Invalid for what is none of theirs."""
    uuid = forms.cleaned(forms.PresetForm(fields))["preset"]
    if uuid is None:
        return None
    preset = Preset.objects.for_user(request.user).filter(uuid=uuid).first()
    if preset is None:
        raise refusals.Invalid(forms.NO_SUCH_PRESET)
    return preset


def described(preset: Preset) -> dict[str, Any]:
    return {"id": str(preset.uuid), "name": preset.name, **preset.chosen}


def _rename(request: HttpRequest, preset: Preset, fields: dict[str, Any]) -> HttpResponseBase:
    try:
        preset.rename(forms.cleaned(forms.NameForm(fields))["name"])
    except refusals.Invalid as refusal:
        if negotiation.is_script(request):
            raise
        typed = str(fields.get("name", ""))
        return list_page(request, status=refusal.status, refused=preset, typed=typed, error=refusal.sentence)
    if negotiation.is_script(request):
        return JsonResponse({"preset": described(preset)})
    return see(reverse("presets"))


def _delete(request: HttpRequest, preset: Preset, fields: dict[str, Any]) -> HttpResponseBase:
    preset.remove()
    return HttpResponse(status=204) if negotiation.is_script(request) else see(reverse("presets"))


ACTIONS: dict[str, Callable[[HttpRequest, Preset, dict[str, Any]], HttpResponseBase]] = {
    "rename": _rename,
    "delete": _delete,
}

"""The reply to what began an answer: a redirect, JSON, or the stream, by what the client accepts."""

import hashlib
import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

from django.http import HttpRequest, JsonResponse
from django.http.response import HttpResponseBase
from django.urls import reverse

from conversations import forms, generation, live, provider, refusals
from conversations.models import Conversation, Message
from conversations.views import negotiation, requests
from conversations.views.events import refuse_too_many, stream
from conversations.views.pages import see

log = logging.getLogger(__name__)
NOT_ASKED = ("key", "csrfmiddlewaretoken")


@dataclass(frozen=True, slots=True)
class Once:
    """A request by the key that its client gave it, and by what it asks: repeated, it is answered as before."""

    key: str
    fingerprint: str

    @classmethod
    def read(cls, fields: dict[str, Any], *what: object) -> Self:
        """`what` and the fields are what makes two requests the same. Raises Invalid for a key of other characters."""
        asked = {name: str(value) for name, value in fields.items() if name not in NOT_ASKED}
        text = json.dumps([*map(str, what), asked], sort_keys=True)
        key = forms.cleaned(forms.KeyForm(fields))["key"]
        return cls(key=key, fingerprint=hashlib.sha256(text.encode("utf-8", "replace")).hexdigest())

    def answer(self, request: HttpRequest) -> Message | None:
        """The answer that this request began before, if it did. Raises KeyReused."""
        owner = requests.person(request).pk
        return Message.objects.replayed(owner_id=owner, key=self.key, fingerprint=self.fingerprint)

    def answer_or(self, request: HttpRequest, ask: Callable[[], Message]) -> Message:
        """What `ask` begins, or where it is refused, as a second time it is, what was begun before. Raises the refusal
        where nothing was."""
        try:
            return ask()
        except refusals.Refusal:
            if answer := self.answer(request):
                return answer
            raise


def refuse_unless_serving(request: HttpRequest) -> None:
    """Raise Unavailable or Busy where an answer could not be generated (soon), and TooManyStreams where the reply would
    be one too many: nothing is written then."""
    if negotiation.wants_stream(request):
        refuse_too_many(requests.person(request).pk)
    if not generation.is_serving():
        raise refusals.Unavailable
    if generation.is_full():
        raise refusals.Busy


def chosen_model(asked: str, kept: str = "") -> str:
    """The model asked for, else the conversation's if it is still offered, else the site's default."""
    return asked or (kept if kept and provider.is_known(kept) else provider.default_model())


def begun(request: HttpRequest, answer: Message, *, message: Message | None) -> HttpResponseBase:
    """Start the answer (a replayed one is started already) and tell the client where to follow it. Raises
    TooManyStreams for one that is replayed."""
    _start_once(answer)
    if negotiation.wants_stream(request):
        if answer.was_replayed:
            refuse_too_many(answer.owner_id)
        return stream(request, answer, live.Cursor())
    if negotiation.is_script(request):
        return JsonResponse(_described(answer, message), status=201)
    return see(answer.conversation.get_absolute_url() + "#end")


def _start_once(answer: Message) -> None:
    if not answer.was_replayed:
        try:
            generation.start(answer)
        except generation.NotServing:
            # The process began to end after it was asked: the row's lease runs out, and recovery interrupts it.
            log.warning("answer %s could not be started: the server is ending", answer.uuid)


def addressed(conversation: Conversation) -> dict[str, str]:
    """Which conversation it is, as replies tell it."""
    return {"id": str(conversation.uuid), "url": conversation.get_absolute_url()}


def _described(answer: Message, message: Message | None) -> dict[str, Any]:
    return {
        "conversation": addressed(answer.conversation),
        "message": {"id": str(message.uuid)} if message else None,
        "answer": {"id": str(answer.uuid), "events_url": reverse("message-events", args=[answer.uuid])},
    }

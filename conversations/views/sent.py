"""What the model saw: which turns went into an answer, which did not fit, and what it cost."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from conversations import titles
from conversations.models import Message
from conversations.views import requests
from conversations.views.pages import page
from conversations.views.transcript import place_of

MOST = 30  # turns that are named, the newest of those that were sent and of those that were not


@dataclass(frozen=True, slots=True)
class Turn:
    """An earlier turn by the first words of its question, and where it is."""

    words: str
    url: str


@dataclass(frozen=True, slots=True)
class Turns:
    """How many turns there were, those that are named, oldest first, and how many more."""

    count: int
    named: list[Turn]

    @property
    def further(self) -> int:
        return max(0, self.count - len(self.named))


@require_safe
@requests.signed_in
@requests.tells_refusals
def sent(request: HttpRequest, uuid: UUID) -> HttpResponseBase:
    """A page, or to a script that asks for a part of one (`HX-Request`) the fragment for the answer's own."""
    answers = Message.objects.for_user(request.user).answers().select_related("conversation")
    answer = get_object_or_404(answers, uuid=uuid)
    context = {"message": answer, "sent": answer.sent, **_turns(request, answer), **_seconds(answer)}
    if request.headers.get("HX-Request"):
        return render(request, "conversations/_sent.html", context)
    place = place_of(answer)
    return page(request, "conversations/sent.html", conversation=answer.conversation, place=place, **context)


def _turns(request: HttpRequest, answer: Message) -> dict[str, Turns]:
    """Of a copied answer it was the messages of the first conversation that went along, so those are named."""
    known = Message.objects.for_user(request.user)

    def turns(count: str, keys: str) -> Turns:
        questions: Any = known.questions(answer.sent.get(keys, [])[-2 * MOST :])  # a turn is a question and its answer
        named = [Turn(titles.first_words(question.beginning), place_of(question)) for question in questions]
        return Turns(int(answer.sent.get(count, 0)), named)

    return {"turns": turns("turns", "messages"), "left_out": turns("turns_left_out", "left_out")}


def _seconds(answer: Message) -> dict[str, Any]:
    times = {"first_delta_seconds": answer.first_delta_ms, "total_seconds": answer.total_ms}
    return {name: None if ms is None else ms / 1000 for name, ms in times.items()}

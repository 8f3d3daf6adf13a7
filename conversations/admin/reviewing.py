"""Review work on a conversation whose transcript is open: who looks at it, what they note, and what came of it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from conversations import refusals
from conversations.admin.reading import VIEW_TEXT
from conversations.models import Conversation, Flag, Review, ReviewNote
from conversations.models.review import State
from conversations.models.review_note import Kind
from conversations.text import storable
from conversations.views import requests

CHANGE = "conversations.change_review"
SHOWN = 100  # flags, notes and reviewers, the newest or the first
POSSIBLE = {  # what may be done in a state, as the page offers it; whether it still can be, the review knows
    None: ("ask",),
    State.OPEN: ("take", "escalate", "resolve"),
    State.IN_REVIEW: ("resolve", "escalate"),
    State.ESCALATED: ("take", "resolve"),
    State.RESOLVED: ("reopen",),
}
LABELS = {
    "ask": _("Open a review"),
    "take": _("Take it"),
    "resolve": _("Resolve"),
    "escalate": _("Escalate"),
    "reopen": _("Reopen"),
}


@dataclass(frozen=True, slots=True)
class Panel:
    """What the page shows of the review, and what this person may do."""

    review: Review | None
    flags: list[Flag]
    notes: list[tuple[ReviewNote, str]]  # each with the name of the state that it tells of, or none
    may_change: bool
    is_anothers: bool  # it is under way, and somebody else's
    buttons: list[tuple[str, Any]]
    reviewers: list[AbstractBaseUser]


def panel(request: HttpRequest, conversation: Conversation) -> Panel:
    """Four queries, however much there is."""
    review = Review.objects.filter(conversation=conversation).select_related("assignee").first()
    may_change = request.user.has_perm(CHANGE)
    is_anothers = (
        review is not None and review.assignee_id not in (None, request.user.pk) and review.state == State.IN_REVIEW
    )
    possible = POSSIBLE[State(review.state) if review else None] if may_change and not is_anothers else ()
    flags = Flag.objects.filter(conversation=conversation).select_related("message").order_by("-pk")
    notes = ReviewNote.objects.filter(review=review).select_related("author", "assignee") if review else None
    can_assign = may_change and review is not None and review.state != State.RESOLVED
    return Panel(
        review=review,
        flags=list(flags.only("uuid", "source", "reason", "created_at", "message__uuid")[:SHOWN]),
        notes=[(note, _state_told(note)) for note in notes.order_by("-pk")[:SHOWN]] if notes is not None else [],
        may_change=may_change,
        is_anothers=is_anothers,
        buttons=[(name, LABELS[name]) for name in possible],
        reviewers=list(_reviewers()[:SHOWN]) if can_assign else [],
    )


def _state_told(note: ReviewNote) -> str:
    return str(State(note.text).label) if note.kind == Kind.STATE_CHANGE else ""


def work(request: HttpRequest, conversation: Conversation) -> bool:
    """Do what `action` says. Whether it was done: what is not possible, or not any more, the page tells."""
    if not request.user.has_perm(CHANGE):
        raise PermissionDenied
    try:
        WORK[request.POST["action"]](request, conversation)
    except (refusals.Invalid, refusals.ReviewChanged) as refusal:
        messages.error(request, str(refusal.sentence))
        return False
    return True


def _ask(request: HttpRequest, conversation: Conversation) -> None:
    if Review.objects.filter(conversation=conversation).exists():
        raise refusals.ReviewChanged
    with transaction.atomic():
        Review.ask(conversation.pk, requests.person(request))


def _change(request: HttpRequest, conversation: Conversation) -> None:
    CHANGES[request.POST["action"]](_review_of(conversation), requests.person(request))


def _assign(request: HttpRequest, conversation: Conversation) -> None:
    to = _reviewers().filter(pk=_number(request.POST.get("to", ""))).first()
    if to is None:
        raise refusals.Invalid(_("Choose somebody who may review."))
    review = _review_of(conversation)
    review.assignee_id = _number(request.POST.get("seen", ""))  # whose it was on the page: who was faster has it
    review.assign(requests.person(request), to)


def _note(request: HttpRequest, conversation: Conversation) -> None:
    ReviewNote.write(_review_of(conversation), requests.person(request), storable(request.POST.get("text", "")))


CHANGES = {"take": Review.take, "resolve": Review.resolve, "escalate": Review.escalate, "reopen": Review.reopen}
WORK: dict[str, Callable[[HttpRequest, Conversation], None]] = {
    "ask": _ask,
    **dict.fromkeys(CHANGES, _change),
    "assign": _assign,
    "note": _note,
}


def _review_of(conversation: Conversation) -> Review:
    review = Review.objects.filter(conversation=conversation).first()
    if review is None:
        raise refusals.ReviewChanged
    return review


def _number(typed: str) -> int | None:
    return int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 19 else None


def _reviewers() -> Any:
    """Those who may read texts and change reviews, by name."""
    people = get_user_model()._default_manager
    able = [people.with_perm(permission, is_active=True) for permission in (VIEW_TEXT, CHANGE)]
    return able[0].filter(pk__in=able[1].values("pk"), is_staff=True).order_by("username")

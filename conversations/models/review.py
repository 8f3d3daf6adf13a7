"""The review of a conversation: whether somebody looks at it, who, and what came of it."""

from typing import Self

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db import models, transaction
from django.db.models import Count, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from conversations import refusals
from conversations.models.review_note import Kind, ReviewNote


class State(models.TextChoices):
    OPEN = "open", _("open")
    IN_REVIEW = "in_review", _("in review")
    RESOLVED = "resolved", _("resolved")
    ESCALATED = "escalated", _("escalated")


WAITING = Q(state__in=(State.OPEN, State.ESCALATED))
NOBODYS = WAITING | Q(state=State.IN_REVIEW, assignee=None)  # whose account is deleted has it no more


class ReviewQuerySet(models.QuerySet["Review"]):
    def waiting(self) -> Self:
        """Those that nobody has taken, the one that waits longest first."""
        return self.filter(WAITING).order_by("changed_at", "pk")

    def under_way_by(self, reviewer: AbstractBaseUser | AnonymousUser) -> Self:
        return self.filter(state=State.IN_REVIEW, assignee_id=reviewer.pk)

    def counts(self) -> dict[str, int]:
        """How many there are in each state. One query."""
        found = dict(self.order_by().values_list("state").annotate(Count("pk")))
        return {state: found.get(state, 0) for state in State.values}


class Review(models.Model):
    conversation = models.OneToOneField(
        "Conversation", models.CASCADE, verbose_name=_("conversation"), related_name="review"
    )
    state = models.CharField(_("state"), max_length=12, choices=State.choices, default=State.OPEN)
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        verbose_name=_("assigned to"),
        related_name="+",
        null=True,
        blank=True,
    )
    opened_at = models.DateTimeField(_("opened"), default=timezone.now, editable=False)
    changed_at = models.DateTimeField(_("changed"), default=timezone.now, editable=False)

    objects = ReviewQuerySet.as_manager()

    class Meta:
        verbose_name = _("review")
        verbose_name_plural = _("reviews")
        ordering = ["changed_at", "pk"]
        indexes = [models.Index(fields=["state", "changed_at", "id"], name="reviews_by_state")]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=State.values), name="state_of_a_review_is_known"),
            models.CheckConstraint(
                condition=~WAITING | Q(assignee=None), name="a_review_that_waits_is_assigned_to_nobody"
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)

    @classmethod
    def ask(cls, conversation_id: int, by: AbstractBaseUser | None = None) -> None:
        """Have the conversation reviewed, inside the caller's transaction: its first review, or it once more where it
        was resolved. One that is under way goes on. Without `by` it is a flag that asks."""
        review, is_new = cls.objects.get_or_create(conversation_id=conversation_id)
        if is_new:
            review._note_state(by)
        else:
            review._changes(Q(state=State.RESOLVED), by=by, state=State.OPEN)

    # What reviewers do. Each is one conditional update with its note, and raises ReviewChanged where it is not possible
    # any more: somebody else was faster.

    def take(self, by: AbstractBaseUser) -> None:
        """Begin to look at what nobody has."""
        self._change(NOBODYS, by=by, state=State.IN_REVIEW, assignee=by)

    def resolve(self, by: AbstractBaseUser) -> None:
        """End what oneself has, or nobody."""
        self._change(NOBODYS | Q(state=State.IN_REVIEW, assignee=by), by=by, state=State.RESOLVED, assignee=by)

    def escalate(self, by: AbstractBaseUser) -> None:
        """Leave what oneself has, or nobody, to somebody who may decide it."""
        can_be = (NOBODYS & ~Q(state=State.ESCALATED)) | Q(state=State.IN_REVIEW, assignee=by)
        self._change(can_be, by=by, state=State.ESCALATED)

    def reopen(self, by: AbstractBaseUser) -> None:
        """Let what was resolved wait again."""
        self._change(Q(state=State.RESOLVED), by=by, state=State.OPEN)

    def assign(self, by: AbstractBaseUser, to: AbstractBaseUser) -> None:
        """Give it to somebody, unless it is resolved or has gone to another one since this object was read."""
        seen = Q(assignee=self.assignee_id)
        self._change(seen & ~Q(state=State.RESOLVED), by=by, state=State.IN_REVIEW, assignee=to)

    def _change(
        self, can_be: Q, *, by: AbstractBaseUser, state: State, assignee: AbstractBaseUser | None = None
    ) -> None:
        if not self._changes(can_be, by=by, state=state, assignee=assignee):
            raise refusals.ReviewChanged

    @transaction.atomic
    def _changes(
        self, can_be: Q, *, by: AbstractBaseUser | None, state: State, assignee: AbstractBaseUser | None = None
    ) -> bool:
        changed = {"state": state, "assignee": assignee, "changed_at": timezone.now()}
        if not type(self).objects.filter(can_be, pk=self.pk).update(**changed):
            return False
        for name, value in changed.items():
            setattr(self, name, value)
        self._note_state(by)
        return True

    def _note_state(self, by: AbstractBaseUser | None) -> None:
        ReviewNote.objects.create(
            review=self,
            author_id=by.pk if by else None,
            kind=Kind.STATE_CHANGE,
            text=self.state,
            assignee_id=self.assignee_id,
        )

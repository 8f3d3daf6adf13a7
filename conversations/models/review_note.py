"""A note on a review: what a reviewer writes, and what became of it, by whom."""

from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.db import models
from django.db.models import Q
from django.db.models.functions import Length
from django.db.models.lookups import LessThanOrEqual
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from conversations import refusals

if TYPE_CHECKING:
    from conversations.models.review import Review

LONGEST_NOTE = 4_000  # characters


class Kind(models.TextChoices):
    NOTE = "note", _("note")
    STATE_CHANGE = "state_change", _("change of state")


class ReviewNote(models.Model):
    """Written once. Of a change of state the text is the state's code; without an author, it was a flag that opened
    it, or the author's account is deleted."""

    review = models.ForeignKey("Review", models.CASCADE, verbose_name=_("review"), related_name="notes")
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, verbose_name=_("author"), related_name="+", null=True, blank=True
    )
    kind = models.CharField(_("kind"), max_length=12, choices=Kind.choices, default=Kind.NOTE)
    text = models.TextField(_("text"))
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        verbose_name=_("assigned to"),
        related_name="+",
        null=True,
        blank=True,
    )
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("note")
        verbose_name_plural = _("notes")
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=Kind.values), name="kind_of_a_note_is_known"),
            models.CheckConstraint(condition=~Q(text=""), name="a_note_has_a_text"),
            models.CheckConstraint(condition=LessThanOrEqual(Length("text"), LONGEST_NOTE), name="a_note_is_short"),
        ]

    def __str__(self) -> str:
        return str(self.pk)

    @classmethod
    def write(cls, review: "Review", author: AbstractBaseUser, text: str) -> "ReviewNote":
        """Raises Invalid for a blank text and for one that is too long."""
        if not text.strip():
            raise refusals.Invalid(_("Write something first."))
        if len(text) > LONGEST_NOTE:
            raise refusals.Invalid(_("A note has at most %(most)d characters.") % {"most": LONGEST_NOTE})
        return cls.objects.create(review=review, author=author, text=text)

"""What a person thinks of an answer: a thumb up or down, and why."""

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models, transaction
from django.db.models import Q
from django.db.models.functions import Length
from django.db.models.lookups import LessThanOrEqual
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from conversations.models.message import Message

LONGEST_REASON = 1_000  # characters


class Verdict(models.TextChoices):
    UP = "up", _("good")
    DOWN = "down", _("bad")


class Feedback(models.Model):
    message = models.OneToOneField("Message", models.CASCADE, verbose_name=_("answer"), related_name="feedback")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, verbose_name=_("owner"), related_name="+")
    verdict = models.CharField(_("verdict"), max_length=4, choices=Verdict.choices)
    reason = models.TextField(_("reason"), blank=True)
    updated_at = models.DateTimeField(_("changed"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("feedback")
        verbose_name_plural = _("feedback")
        ordering = ["-pk"]
        indexes = [models.Index(fields=["verdict", "-updated_at"], name="feedback_by_verdict")]
        constraints = [
            models.CheckConstraint(condition=Q(verdict__in=Verdict.values), name="verdict_is_known"),
            models.CheckConstraint(
                condition=LessThanOrEqual(Length("reason"), LONGEST_REASON), name="reason_of_a_verdict_is_short"
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)

    @classmethod
    @transaction.atomic
    def give(cls, answer: "Message", *, verdict: Verdict, reason: str = "") -> "Feedback":
        """Keep what the answer's owner thinks of it, in place of what there was.

        Raises Invalid for what is no answer, AnswerRunning while it is written, NotFound once it is deleted.
        """
        answer.hold_finished()
        given = {"owner_id": answer.owner_id, "verdict": verdict, "reason": reason, "updated_at": timezone.now()}
        return cls.objects.update_or_create(message=answer, defaults=given)[0]

    @classmethod
    @transaction.atomic
    def withdraw(cls, answer: "Message") -> None:
        """Take back what was given; where nothing was, nothing changes. Raises what `give` does."""
        answer.hold_finished()
        cls.objects.filter(message=answer).delete()

"""A flag: somebody or a rule asks that an answer, or a question, be looked at."""

import uuid
from collections.abc import Mapping
from typing import TYPE_CHECKING

from django.db import models, transaction
from django.db.models import Q
from django.db.models.functions import Length
from django.db.models.lookups import LessThanOrEqual
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from conversations import provider, rules
from conversations.models.feedback import LONGEST_REASON
from conversations.models.review import Review

if TYPE_CHECKING:
    from conversations.models.message import Message


class Source(models.TextChoices):
    PERSON = "person", _("the person")
    WORDS = "words", _("words")
    CONTENT_FILTER = "content_filter", _("the provider’s content filter")


class Flag(models.Model):
    uuid = models.UUIDField(_("id"), default=uuid.uuid4, unique=True, editable=False)
    conversation = models.ForeignKey(
        "Conversation", models.CASCADE, verbose_name=_("conversation"), related_name="flags"
    )
    message = models.ForeignKey("Message", models.CASCADE, verbose_name=_("message"), related_name="flags")
    source = models.CharField(_("raised by"), max_length=16, choices=Source.choices)
    reason = models.TextField(_("reason"), blank=True)  # what the person wrote, or the words that were found: a text
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("flag")
        verbose_name_plural = _("flags")
        ordering = ["pk"]
        indexes = [models.Index(fields=["source", "-created_at"], name="flags_by_source")]
        constraints = [
            models.UniqueConstraint(fields=["message", "source"], name="one_flag_of_a_message_by_a_source"),
            models.CheckConstraint(condition=Q(source__in=Source.values), name="source_of_a_flag_is_known"),
            models.CheckConstraint(
                condition=LessThanOrEqual(Length("reason"), LONGEST_REASON), name="reason_of_a_flag_is_short"
            ),
        ]

    def __str__(self) -> str:
        return str(self.uuid)

    @classmethod
    @transaction.atomic
    def report(cls, answer: "Message", reason: str) -> "Flag":
        """The answer's owner asks that it be looked at; asked again, the reason takes the place of the one before.

        Raises Invalid for what is no answer, AnswerRunning while it is written, NotFound once it is deleted.
        """
        answer.hold_finished()
        return cls._raise(answer, Source.PERSON, reason)

    @classmethod
    def wanted(cls, text: str, *, finish_reason: str = "", error_code: str = "") -> dict[Source, str]:
        """What the rules want flagged of a text that ended so: by whom, and for which reason. No query; as it takes
        long for a long text, it belongs before a transaction."""
        flags: dict[Source, str] = {}
        if words := rules.found_in(text):
            flags[Source.WORDS] = ", ".join(words)[:LONGEST_REASON]
        if provider.Filtered.code in (finish_reason, error_code):
            flags[Source.CONTENT_FILTER] = ""
        return flags

    @classmethod
    def raise_each(cls, message: "Message", wanted: Mapping[Source, str]) -> None:
        """Inside the caller's transaction."""
        for source, reason in wanted.items():
            cls._raise(message, source, reason)

    @classmethod
    def _raise(cls, message: "Message", source: Source, reason: str) -> "Flag":
        """Inside the caller's transaction. The conversation is to be reviewed, again if it was before; a flag that says
        nothing new, as one that is sent twice, changes nothing."""
        flag, is_new = cls.objects.get_or_create(
            message=message,
            source=source,
            defaults={"reason": reason, "conversation_id": message.conversation_id},
        )
        if is_new or flag.reason != reason:
            flag.reason = reason
            flag.save(update_fields=["reason"])
            Review.ask(message.conversation_id)
        return flag

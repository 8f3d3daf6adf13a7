"""Legal holds: what one is on is removed for good by nobody. The record of it stays when it is released."""

from collections.abc import Iterable
from typing import Any, NoReturn, Self

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractBaseUser
from django.db import models, transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from conversations import refusals
from conversations.models.read_record import LONGEST_REASON, Act, ReadRecord, Reason


class LegalHoldQuerySet(models.QuerySet["LegalHold"]):
    def in_force(self) -> Self:
        return self.filter(released_at=None)

    def on_people(self, people: Iterable[AbstractBaseUser]) -> Self:
        """Those in force on these people, or on any conversation of theirs."""
        people = list(people)
        return self.in_force().filter(Q(person__in=people) | Q(conversation__owner__in=people))

    def delete(self) -> NoReturn:
        raise StaysRecorded


class StaysRecorded(TypeError):
    """Somebody tried to remove the record of a hold."""

    def __init__(self) -> None:
        super().__init__("Legal holds are released, and never removed.")


class LegalHold(models.Model):
    """On a person, which is all that is theirs, or on one conversation."""

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, editable=False, related_name="+", verbose_name=_("person")
    )
    conversation = models.ForeignKey(
        "Conversation", models.SET_NULL, null=True, editable=False, related_name="+", verbose_name=_("conversation")
    )
    subject = models.CharField(_("on"), max_length=150, editable=False)  # its name, also when it is gone one day

    placed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        editable=False,
        related_name="+",
        verbose_name=_("placed by"),
    )
    placed_at = models.DateTimeField(_("placed"), default=timezone.now, editable=False)
    placed_for = models.TextField(_("reason"), max_length=LONGEST_REASON, editable=False)

    released_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        editable=False,
        related_name="+",
        verbose_name=_("released by"),
    )
    released_at = models.DateTimeField(_("released"), null=True, editable=False)
    released_for = models.TextField(_("reason of the release"), max_length=LONGEST_REASON, blank=True, editable=False)

    objects = LegalHoldQuerySet.as_manager()

    class Meta:
        verbose_name = _("legal hold")
        verbose_name_plural = _("legal holds")
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(person=None) | Q(conversation=None), name="a_hold_is_on_a_person_or_a_conversation"
            )
        ]

    def __str__(self) -> str:
        return str(_("Legal hold on %(subject)s") % {"subject": self.subject})

    def delete(self, *_args: Any, **_kwargs: Any) -> NoReturn:
        raise StaysRecorded

    @property
    def is_in_force(self) -> bool:
        return self.released_at is None

    @transaction.atomic
    def place(self, *, by: AbstractBaseUser, reason: Reason, address: str = "") -> None:
        """Hold `person` or `conversation` from now on. Raises NotFound where that has just been removed.

        What is being removed at this moment is waited for; what is to be removed next waits, and finds the hold.
        """
        self.subject = self._hold()
        self.placed_by_id, self.placed_for = by.pk, reason.text
        self.save(force_insert=True)
        self._record(Act.HOLD, by, reason, address)

    @transaction.atomic
    def release(self, *, by: AbstractBaseUser, reason: Reason, address: str = "") -> bool:
        """It holds no longer. False where it did not any more."""
        self.released_by_id, self.released_at, self.released_for = by.pk, timezone.now(), reason.text
        columns = {name: getattr(self, name) for name in ("released_by_id", "released_at", "released_for")}
        released = type(self).objects.in_force().filter(pk=self.pk).update(**columns) == 1
        if released:
            self._record(Act.RELEASE, by, reason, address)
        return released

    def _hold(self) -> str:
        """Locks the rows that it is on to the end of the transaction; what it is on."""
        if self.conversation is not None:
            self.conversation.hold()
            return str(self.conversation.uuid)
        person = self.person
        if person is None or not get_user_model().objects.select_for_update(no_key=True).filter(pk=person.pk):
            raise refusals.NotFound
        list(person.conversations.order_by("pk").select_for_update().values_list("pk"))
        return str(person.get_username())

    def _record(self, act: Act, by: AbstractBaseUser, reason: Reason, address: str) -> None:
        one = self.conversation
        ReadRecord.append(
            act,
            reader=by,
            reason=reason,
            address=address,
            conversation=one.uuid if one else None,
            owner_id=one.owner_id if one else self.person_id,
            subject=f"legal hold {self.pk} on {self.subject}",
        )


def holds() -> Q:
    """What is true of a conversation that is on hold."""
    in_force = LegalHold.objects.in_force()
    on_owner = Exists(in_force.filter(person=OuterRef("owner")))
    return Q(on_owner | Exists(in_force.filter(conversation=OuterRef("pk"))))


def own_signals() -> None:
    models.signals.pre_delete.connect(refuse_on_hold, sender=get_user_model())


def refuse_on_hold(instance: Any, **kwargs: Any) -> None:
    """With a person would go all that is held. Django admin says so before; this is for whatever else deletes them."""
    if LegalHold.objects.on_people([instance]).exists():
        raise refusals.OnHold(_("This person, or a chat of theirs, is under a legal hold and cannot be deleted."))

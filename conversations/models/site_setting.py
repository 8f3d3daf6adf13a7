"""A setting that administrators may change on the running site. The environment comes first: they only narrow it."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from conversations import refusals
from conversations.models.read_record import Act, ReadRecord, Reason


class Name(models.TextChoices):
    REVIEW_NOTICE_DAYS = "review_notice_days", _("Days until people are told that they were read")


class SiteSetting(models.Model):
    """One row per setting; without a value what the environment says holds."""

    name = models.CharField(_("setting"), max_length=40, choices=Name.choices, primary_key=True)
    value = models.PositiveIntegerField(_("value"), null=True, blank=True)
    changed_at = models.DateTimeField(_("changed"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("site setting")
        verbose_name_plural = _("site settings")
        ordering = ["name"]

    def __str__(self) -> str:
        return str(self.get_name_display())

    @property
    def widest(self) -> int:
        """What the environment says: no value may be larger."""
        return int(getattr(settings, self.name.upper()))

    @property
    def in_force(self) -> int:
        return self.widest if self.value is None else min(self.value, self.widest)

    @classmethod
    def in_force_for(cls, name: Name) -> int:
        return (cls.objects.filter(pk=name).first() or cls(name=name)).in_force

    def change(self, value: int | None, *, by: AbstractBaseUser, reason: Reason, address: str = "") -> None:
        """Set it, and record who did so and why. Raises TooWide for what is wider than the environment allows."""
        if value is not None and value > self.widest:
            raise refusals.TooWide(self.widest)
        with transaction.atomic():
            before = type(self).objects.select_for_update().filter(pk=self.pk).first()
            said = f"{self.name}: {_said(before and before.value)} → {_said(value)}"
            self.value, self.changed_at = value, timezone.now()
            self.save()
            ReadRecord.append(Act.SETTING, reader=by, reason=reason, address=address, subject=said)


def notice_delay() -> timedelta:
    """How long after an administrator has read a conversation its owner is told."""
    return timedelta(days=SiteSetting.in_force_for(Name.REVIEW_NOTICE_DAYS))


def _said(value: Any) -> str:
    return "as the environment says" if value is None else str(value)

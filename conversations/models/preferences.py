"""How one person wants the site to be."""

from contextlib import suppress
from typing import Any, Self
from zoneinfo import ZoneInfoNotFoundError

from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase
from django.db import models
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _

from conversations import zones


class Theme(models.TextChoices):
    SYSTEM = "system", _("Like the system")
    LIGHT = "light", _("Light")
    DARK = "dark", _("Dark")


class Enter(models.TextChoices):
    """What the Enter key does where a message is written; with Shift it breaks the line, with Ctrl it sends."""

    SENDS = "sends", _("Sends")
    BREAKS = "breaks", _("New line")


class SingleKeys(models.TextChoices):
    """Whether / and ? do something outside of texts. Who speaks to the machine turns them off (WCAG 2.2, 2.1.4)."""

    ON = "on", _("On")
    OFF = "off", _("Off")


class Preferences(models.Model):
    """One row per person; without a row the defaults hold. A blank language or zone is that of the asking browser.

    What came after the first release has its default in the database too: while a site is brought up to date, processes
    write rows that do not know it yet.
    """

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="preferences")
    theme = models.CharField(_("theme"), max_length=10, choices=Theme.choices, default=Theme.SYSTEM)
    enter = models.CharField(
        _("Enter key"), max_length=10, choices=Enter.choices, default=Enter.SENDS, db_default=Enter.SENDS
    )
    keys = models.CharField(
        _("single keys"), max_length=10, choices=SingleKeys.choices, default=SingleKeys.ON, db_default=SingleKeys.ON
    )
    language = models.CharField(_("language"), max_length=10, blank=True, default="", db_default="")
    zone = models.CharField(_("time zone"), max_length=64, blank=True, default="", db_default="")

    class Meta:
        verbose_name = verbose_name_plural = _("preferences")

    def __str__(self) -> str:
        return f"Preferences of user {self.pk}"

    @classmethod
    def of(cls, user: Any) -> Self:
        """The person's; the usual ones for a visitor. One query for each object of a user."""
        if user.pk is None:
            return cls()
        try:
            found: Self = user.preferences
        except cls.DoesNotExist:
            return cls(user=user)
        return found

    def activate(self, session: SessionBase) -> None:
        """Speak the person's language and tell their time from here to the end of the request.

        `session` is that of the browser that asks: the zone that it has told holds for whoever has chosen none.
        """
        if self.language:
            translation.activate(self.language)
        if zone := self.zone or session.get(zones.OF_BROWSER):
            with suppress(ZoneInfoNotFoundError):  # it had the zone when it was chosen, and may be another system since
                timezone.activate(zone)

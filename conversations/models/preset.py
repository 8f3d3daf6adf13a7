"""A preset: settings under a name, to begin a conversation with or to give to one."""

import uuid
from typing import Self

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db import IntegrityError, models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from conversations import refusals, titles
from conversations.models.settings import Settings

MOST_PRESETS = 50  # of one person


class PresetQuerySet(models.QuerySet["Preset"]):
    def for_user(self, user: AbstractBaseUser | AnonymousUser) -> Self:
        return self.filter(owner_id=user.pk) if user.pk is not None else self.none()


class Preset(Settings):
    uuid = models.UUIDField(_("id"), default=uuid.uuid4, unique=True, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, verbose_name=_("owner"), related_name="presets")
    name = models.CharField(_("name"), max_length=titles.LENGTH)
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)

    objects = PresetQuerySet.as_manager()

    class Meta(Settings.Meta):
        verbose_name = _("preset")
        verbose_name_plural = _("presets")
        ordering = ["name", "pk"]
        constraints = [
            *Settings.Meta.constraints,
            models.UniqueConstraint(fields=["owner", "name"], name="one_preset_of_a_name"),
            models.CheckConstraint(condition=~Q(name=""), name="a_preset_has_a_name"),
        ]

    def __str__(self) -> str:
        return str(self.uuid)

    @classmethod
    def keep(cls, name: str, chosen: Settings, *, owner_id: int) -> Self:
        """What is chosen there, under this name. Raises Invalid where there is no name, or it is taken, or no room."""
        named = _named(name)
        try:
            with transaction.atomic():
                get_user_model().objects.select_for_update().get(pk=owner_id)  # who saves two at once saves one by one
                if cls.objects.filter(owner_id=owner_id).count() >= MOST_PRESETS:
                    sentence = ngettext(
                        "You have %(most)d preset, which is all there can be.",
                        "You have %(most)d presets, which is all there can be.",
                        MOST_PRESETS,
                    )
                    raise refusals.Invalid(sentence % {"most": MOST_PRESETS})
                return cls.objects.create(owner_id=owner_id, name=named, **chosen.chosen)
        except IntegrityError as error:
            raise _taken() from error

    def rename(self, name: str) -> None:
        """Raises Invalid where there is no name or it is taken, NotFound where the preset is deleted."""
        named = _named(name)
        try:
            with transaction.atomic():
                if not type(self).objects.filter(pk=self.pk).update(name=named):
                    raise refusals.NotFound
        except IntegrityError as error:
            raise _taken() from error
        self.name = named

    def remove(self) -> None:
        """Delete the preset; conversations that were given it keep their settings."""
        type(self).objects.filter(pk=self.pk).delete()


def _named(name: str) -> str:
    """One line, as titles are."""
    named = titles.given(name, longest=titles.LENGTH)
    if not named:
        raise refusals.Invalid(_("Give the preset a name."))
    return named


def _taken() -> refusals.Invalid:
    return refusals.Invalid(_("You have a preset of this name already. Choose another name."))

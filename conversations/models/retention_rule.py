"""Rules of retention: how long conversations are kept after their last message. The shortest that applies wins."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Self

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractBaseUser, Group
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from conversations import refusals
from conversations.models.read_record import Act, ReadRecord, Reason

MOST_DAYS = 3_650
MOST_RULES = 200  # of the site, of groups and of people together: all are part of one query


class Scope(models.TextChoices):
    SITE = "site", _("the whole site")
    GROUP = "group", _("a group")
    PERSON = "person", _("a person")


class RetentionRuleQuerySet(models.QuerySet["RetentionRule"]):
    def applying_to(self, person: AbstractBaseUser) -> Self:
        groups = Group.objects.filter(user=person.pk).values("pk")
        return self.filter(Q(scope=Scope.SITE) | Q(person=person.pk) | Q(group__in=groups))

    def shortest_first(self) -> "list[RetentionRule]":
        """With what the environment says."""
        return sorted([*by_environment(), *self.select_related("group", "person")], key=lambda rule: rule.days)


class RetentionRule(models.Model):
    """Delete after so many days: for the site, for who is in a group, or for one person. One for each at most."""

    scope = models.CharField(_("for"), max_length=6, choices=Scope.choices, editable=False)
    group = models.OneToOneField(
        Group, models.PROTECT, null=True, editable=False, related_name="+", verbose_name=_("group")
    )
    person = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, editable=False, related_name="+", verbose_name=_("person")
    )
    days = models.PositiveIntegerField(_("days"), validators=[MinValueValidator(1), MaxValueValidator(MOST_DAYS)])
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        editable=False,
        related_name="+",
        verbose_name=_("changed by"),
    )
    changed_at = models.DateTimeField(_("changed"), default=timezone.now, editable=False)

    objects = RetentionRuleQuerySet.as_manager()

    class Meta:
        verbose_name = _("retention rule")
        verbose_name_plural = _("retention rules")
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(condition=Q(days__gte=1, days__lte=MOST_DAYS), name="retention_has_a_bound"),
            models.CheckConstraint(
                condition=Q(scope=Scope.SITE, group=None, person=None)
                | Q(scope=Scope.GROUP, group__isnull=False, person=None)
                | Q(scope=Scope.PERSON, group=None, person__isnull=False),
                name="a_rule_is_for_what_its_scope_says",
            ),
            models.UniqueConstraint(fields=["scope"], condition=Q(scope=Scope.SITE), name="one_rule_for_the_site"),
        ]

    def __str__(self) -> str:
        if self.group is not None:
            return str(_("Group %(name)s") % {"name": self.group.name})
        if self.person is not None:
            return str(_("Person %(name)s") % {"name": self.person.get_username()})
        return str(_("The whole site"))

    @property
    def target(self) -> Q:
        """Which conversations it is for."""
        if self.scope == Scope.SITE:
            return Q()
        if self.scope == Scope.PERSON:
            return Q(owner=self.person_id)
        members = get_user_model().groups.through.objects.filter(group=self.group_id)
        return Q(owner__in=members.values("user"))

    def reaches(self, now: datetime) -> Q:
        """What is true of a conversation that is to go by this rule alone. For one that was imported, the days count
        from then at the earliest: a person has them to see what came."""
        since = now - timedelta(days=self.days)
        is_seen = Q(imported_at=None) | Q(imported_at__lte=since)
        return self.target & Q(touched_at__lte=since) & is_seen

    def change(self, days: int | None, *, by: AbstractBaseUser, reason: Reason, address: str = "") -> None:
        """Delete after so many days from now on, None: by no rule of this scope. Recorded with who did so and why.

        Raises TooWide for the site's where the environment says fewer days, TooManyRules.
        """
        self.refuse(days)
        with transaction.atomic():
            before = type(self).objects.select_for_update().filter(pk=self.pk).first()
            said = f"retention of {self._subject}: {_said(before and before.days)} → {_said(days)}"
            if days is None:
                type(self).objects.filter(pk=self.pk).delete()
            else:
                self.days, self.changed_by_id, self.changed_at = days, by.pk, timezone.now()
                self.save()
            owner_id = self.person_id
            ReadRecord.append(Act.SETTING, reader=by, reason=reason, address=address, owner_id=owner_id, subject=said)

    @property
    def _subject(self) -> str:
        if self.group is not None:
            return f"group {self.group.name}"
        return f"person {self.person.get_username()}" if self.person is not None else "the site"

    def refuse(self, days: int | None) -> None:
        """Raises what `change` would."""
        widest = settings.CHAT_RETENTION_DAYS
        if days is not None and self.scope == Scope.SITE and widest and days > widest:
            raise refusals.TooWide(widest)
        if self._state.adding and type(self).objects.count() >= MOST_RULES:
            raise refusals.TooManyRules(MOST_RULES)


def by_environment() -> list[RetentionRule]:
    """The rule of the site that the environment gives, which no row makes longer."""
    days = settings.CHAT_RETENTION_DAYS
    return [RetentionRule(scope=Scope.SITE, days=days)] if days else []


def days_for(person: AbstractBaseUser) -> int | None:
    """After how many days without a message a conversation of this person's is deleted; None: by no rule."""
    given = RetentionRule.objects.applying_to(person).values_list("days", flat=True)
    return min([*given, *(rule.days for rule in by_environment())], default=None)


def reached(rules: Iterable[RetentionRule], now: datetime) -> Q:
    """What is true of a conversation that is to go by one of these rules."""
    found = Q(pk__in=())
    for rule in rules:
        found |= rule.reaches(now)
    return found


def _said(days: Any) -> str:
    return "no rule" if days is None else f"{days} days"

"""Work that comes again and again: when it is due, and which process does it now."""

from collections.abc import Collection
from datetime import timedelta
from typing import Any, Self

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from conversations.models import clock

LEASE = timedelta(seconds=60)  # renewed after each step, which takes some hundred milliseconds


class JobQuerySet(models.QuerySet["Job"]):
    def due(self) -> Self:
        return self.filter(Q(due_at__lte=Now()) | Q(is_wanted=True))

    def free(self) -> Self:
        """Those that nobody does, or somebody who is gone."""
        return self.filter(Q(lease_until=None) | Q(lease_until__lt=Now()))

    def make(self, names: Collection[str]) -> None:
        """Write the rows that are missing; what is new is due at once."""
        known = set(self.filter(pk__in=names).values_list("pk", flat=True))
        self.bulk_create([self.model(name=name) for name in names if name not in known], ignore_conflicts=True)


class Job(models.Model):
    """One row per job, by its name. Whoever has the lease does it; a row of a name that no process knows rests."""

    name = models.CharField(max_length=40, primary_key=True)
    due_at = models.DateTimeField(db_default=Now())
    is_wanted = models.BooleanField(default=False, db_default=False)  # at once, whenever it is due
    runner = models.CharField(max_length=64, blank=True, default="", db_default="")
    lease_until = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)  # when it last came to its end
    failures = models.PositiveIntegerField(default=0, db_default=0)  # in a row
    error_reference = models.CharField(max_length=32, blank=True, default="", db_default="")  # of the last of these

    objects = JobQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name

    @classmethod
    def want(cls, name: str) -> None:
        """Let it be done at the next look, also where it is under way and may have passed by what there is to do."""
        cls.objects.filter(pk=name).update(is_wanted=True)

    # Transitions. Each is one conditional update: whoever changed the row has won.

    def take(self, *, runner: str) -> bool:
        """From here on `runner` does it, for a LEASE. False where it is not due, or somebody else does it."""
        free = type(self).objects.filter(pk=self.pk).due().free()
        columns = {"runner": runner, "lease_until": clock.after(LEASE), "due_at": Now(), "is_wanted": False}
        return free.update(**columns) == 1

    def keep(self, *, runner: str) -> bool:
        """Renew the lease. False: it is lost, and somebody else may do it; stop."""
        return self._update(runner, lease_until=clock.after(LEASE))

    def leave(self, *, runner: str) -> bool:
        """Stop before its end; it stays due, and whoever looks next goes on."""
        return self._let_go(runner)

    def done(self, *, runner: str, again_in: timedelta) -> bool:
        """It came to its end."""
        ended = {"ended_at": Now(), "failures": 0, "error_reference": ""}
        return self._let_go(runner, due_at=clock.after(again_in), **ended)

    def failed(self, *, runner: str, again_in: timedelta, reference: str) -> bool:
        """It failed, as the log says at `reference`, and is tried again."""
        failed = {"failures": F("failures") + 1, "error_reference": reference}
        return self._let_go(runner, due_at=clock.after(again_in), **failed)

    def _let_go(self, runner: str, **columns: Any) -> bool:
        return self._update(runner, **columns, runner="", lease_until=None)

    def _update(self, runner: str, /, **columns: Any) -> bool:
        return type(self).objects.filter(pk=self.pk, runner=runner).update(**columns) == 1

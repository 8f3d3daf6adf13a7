"""A file with chats that a person hands in: what it holds until it is read, how far that has come, and its report."""

import uuid
from datetime import timedelta
from typing import Any, Self

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db import IntegrityError, models, transaction
from django.db.models import Case, F, Q, Value, When
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from conversations import refusals
from conversations.models import clock
from conversations.models.job import Job

JOB = "imports"
LONGEST_NAME = 200  # characters, of a file's
TOLD = 500  # chats that a report names; of others it has the number
KEPT = 20  # imports of a person, the newest
ATTEMPTS = 5  # at a chat, until it is left out
LATEST = timedelta(minutes=10)  # in which a file has arrived, or never will


class State(models.TextChoices):
    ARRIVING = "arriving", _("arriving")
    WAITING = "waiting", _("in progress")
    DONE = "done", _("done")
    REFUSED = "refused", pgettext_lazy("an import", "refused")
    STOPPED = "stopped", pgettext_lazy("an import", "stopped")
    LOST = "lost", _("lost on the way")


UNFINISHED = (State.ARRIVING, State.WAITING)


class Outcome(models.TextChoices):
    """What became of a chat of the file: each counts in the column of its name."""

    MADE = "made", _("new")
    THERE = "there", _("here already")
    DIFFERENT = "different", _("here already, and changed")
    DELETED = "deleted", _("deleted here")
    REFUSED = "refused", _("refused")


class ImportQuerySet(models.QuerySet["Import"]):
    def for_user(self, user: AbstractBaseUser | AnonymousUser) -> Self:
        return self.filter(owner_id=user.pk) if user.pk is not None else self.none()

    def waiting(self) -> Self:
        """Those that are all here, in the order in which they came; one that fails lets the others go before."""
        return self.filter(state=State.WAITING).order_by("attempts", "pk")

    def give_up_late(self) -> None:
        """Let those go whose file has not arrived in time, and what came of it since."""
        for late in self.filter(state=State.ARRIVING, created_at__lt=clock.after(-LATEST)):
            late.lose()
        ImportPart.objects.exclude(of__state__in=UNFINISHED).delete()


class Import(models.Model):
    uuid = models.UUIDField(_("id"), default=uuid.uuid4, unique=True, editable=False)
    # Without a constraint: a process of the version before, which knows no imports, may delete the person.
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, verbose_name=_("owner"), related_name="+", db_constraint=False
    )
    name = models.CharField(_("file"), max_length=LONGEST_NAME, blank=True)
    brings_back = models.BooleanField(_("brings deleted chats back"), default=False)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.ARRIVING)
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)

    size = models.PositiveIntegerField(default=0, db_default=0)  # bytes of the file; 0 where nobody has told
    read = models.PositiveIntegerField(default=0, db_default=0)  # of these, about
    position = models.PositiveIntegerField(default=0)  # chats of the file that are done
    attempts = models.PositiveSmallIntegerField(default=0, db_default=0)  # at the next one
    made = models.PositiveIntegerField(default=0)
    there = models.PositiveIntegerField(default=0)
    different = models.PositiveIntegerField(default=0)
    deleted = models.PositiveIntegerField(default=0)
    refused = models.PositiveIntegerField(default=0)
    report = models.JSONField(
        default=list
    )  # [{"outcome", "place", "title", "code"}] of the first TOLD that were left out

    objects = ImportQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["owner"], condition=Q(state__in=UNFINISHED), name="one_import_of_a_person_at_a_time"
            ),
            models.CheckConstraint(condition=Q(state__in=State.values), name="state_of_an_import_is_known"),
        ]

    def __str__(self) -> str:
        return str(self.uuid)

    @property
    def is_unfinished(self) -> bool:
        return self.state in UNFINISHED

    @classmethod
    def begin(cls, owner: AbstractBaseUser, *, name: str, size: int = 0, brings_back: bool = False) -> "Import":
        """A file that is about to arrive. Raises ImportRunning while another one of this person is not done."""
        cls.objects.for_user(owner).give_up_late()
        try:
            with transaction.atomic():
                name = name[:LONGEST_NAME]
                return cls.objects.create(owner_id=owner.pk, name=name, size=size, brings_back=brings_back)
        except IntegrityError as error:
            raise refusals.ImportRunning from error

    def keep_part(self, place: int, data: bytes) -> None:
        ImportPart.objects.create(of=self, place=place, data=data)

    def arrived(self) -> None:
        """The whole file is here: from now on it is read. Raises ImportLost where it was given up or stopped before."""
        if not self._update(State.ARRIVING, state=State.WAITING):
            raise refusals.ImportLost
        Job.want(JOB)

    def lose(self) -> None:
        """The file did not arrive. Older imports than the newest KEPT go."""
        with transaction.atomic():
            self._update(State.ARRIVING, state=State.LOST, ended_at=Now())
            self._drop_parts()  # also what came after it was given up
            self._drop_older()

    def attempt(self) -> None:
        """Somebody begins to read at `position`, and may be killed by it: noted before, and taken back by `note`."""
        self._update(State.WAITING, attempts=F("attempts") + 1)

    def note(self, position: int, outcome: Outcome, *, place: str = "", title: str = "", code: str = "") -> bool:
        """What became of the chat at `position`, inside the transaction that writes it. False where somebody else has
        noted it."""
        columns: dict[str, Any] = {"position": F("position") + 1, "attempts": 0, outcome.value: F(outcome.value) + 1}
        if code and len(self.report) < TOLD:
            line = {
                "outcome": outcome.value,
                "place": place[:LONGEST_NAME],
                "title": title[:LONGEST_NAME],
                "code": code,
            }
            self.report = columns["report"] = [*self.report, line]
        here = type(self).objects.filter(pk=self.pk, state=State.WAITING, position=position)
        return here.update(**columns) == 1

    def come_to(self, read: int) -> None:
        """So many bytes of the file are read."""
        self._update(State.WAITING, read=read)

    def end(self) -> None:
        """All of the file is read. It was refused where all that was in it was; where nothing was, it is done."""
        all_refused = When(refused=F("position"), refused__gt=0, then=Value(State.REFUSED))
        self._end(State.WAITING, Case(all_refused, default=Value(State.DONE)))

    def stop(self) -> None:
        """Go no further; what was imported stays. After the end it changes nothing."""
        for state in UNFINISHED:
            self._end(state, State.STOPPED)

    def _end(self, state: State, ended: State | Case) -> None:
        """The file is not kept, nor are older imports than the newest KEPT."""
        with transaction.atomic():
            if self._update(state, state=ended, ended_at=Now()):
                self._drop_parts()
                self._drop_older()

    def _drop_older(self) -> None:
        theirs = type(self).objects.filter(owner_id=self.owner_id)
        kept = theirs.values_list("pk", flat=True)[:KEPT]
        theirs.exclude(pk__in=list(kept)).delete()

    def _drop_parts(self) -> None:
        ImportPart.objects.filter(of=self).exclude(of__state__in=UNFINISHED).delete()

    def _update(self, state: State, /, **columns: Any) -> bool:
        return type(self).objects.filter(pk=self.pk, state=state).update(**columns) == 1


class ImportPart(models.Model):
    """A stretch of the file. It is in the database, as the process that reads it may have no other place in common with
    the one that took it."""

    of = models.ForeignKey(Import, models.CASCADE, related_name="parts")
    place = models.PositiveIntegerField()
    data = models.BinaryField()

    class Meta:
        ordering = ["place"]
        constraints = [models.UniqueConstraint(fields=["of", "place"], name="one_part_of_an_import_at_a_place")]

    def __str__(self) -> str:
        return f"{self.of_id}/{self.place}"

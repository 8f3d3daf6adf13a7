"""The record of what administrators read: appended to, chained by hash, never changed.

What it protects against, and what not, stands in docs/privacy.md.
"""

import logging
from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any, NoReturn, Self
from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser
from django.db import IntegrityError, models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from conversations import refusals
from conversations.models import chain

log = logging.getLogger(__name__)

LONGEST_REASON = 1_000  # characters
TRIES = 200  # each round one of those who write at one moment gets through


class Act(models.TextChoices):
    OPEN = "open", _("opened a transcript")
    SEARCH = "search", _("searched texts")
    EXPORT = "export", _("exported a transcript")
    SETTING = "setting", _("changed a setting")
    BLANK = "blank", _("blanked personal fields")
    HOLD = "hold", _("placed a legal hold")
    RELEASE = "release", _("released a legal hold")


class Category(models.TextChoices):
    REPORT = "report", _("A report or a flag")
    SUPPORT = "support", _("Help that the person asked for")
    MISUSE = "misuse", _("Suspected misuse")
    QUALITY = "quality", _("Quality of the answers")
    LEGAL = "legal", _("A legal duty")
    OTHER = "other", _("Another reason")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why something is read or changed, in the words of whoever does it."""

    category: str
    text: str

    @property
    def label(self) -> str:
        return str(Category(self.category).label)


class AppendOnly(TypeError):
    """Somebody tried to change or remove a record."""

    def __init__(self) -> None:
        super().__init__("Read records are appended, and never changed or removed.")


class ReadRecordQuerySet(models.QuerySet["ReadRecord"]):
    def readings_of(self, conversation: UUID) -> Self:
        """Those by which somebody saw the conversation's text, newest first."""
        return self.filter(conversation=conversation, act__in=(Act.OPEN, Act.EXPORT)).order_by("-sequence")

    def told(self) -> Self:
        """Those of which the owner may know by now."""
        return self.filter(told_at__lte=timezone.now())

    def update(self, **_kwargs: Any) -> NoReturn:
        raise AppendOnly

    def delete(self) -> NoReturn:
        raise AppendOnly


class ReadRecord(models.Model):
    """Who did what to whose text, when, why and from where. It outlives the people and conversations that it names:
    it has their keys, and no relation to them."""

    sequence = models.PositiveBigIntegerField(_("number"), unique=True, editable=False)  # from 1, without gaps
    at = models.DateTimeField(_("when"), editable=False)
    act = models.CharField(_("act"), max_length=10, choices=Act.choices, editable=False)
    category = models.CharField(_("kind of reason"), max_length=10, choices=Category.choices, editable=False)
    reader_id = models.BigIntegerField(_("reader’s number"), editable=False)
    conversation = models.UUIDField(_("conversation"), null=True, editable=False)
    owner_id = models.BigIntegerField(_("owner’s number"), null=True, editable=False)
    found = models.PositiveIntegerField(_("conversations found"), null=True, editable=False)
    told_at = models.DateTimeField(_("owner told from"), null=True, editable=False)
    covers = models.JSONField(_("records blanked"), default=list, editable=False)  # [[number, field], …]

    reader_name = models.CharField(_("reader"), max_length=150, blank=True, editable=False)
    reason = models.TextField(_("reason"), blank=True, editable=False)
    subject = models.TextField(_("what for"), blank=True, editable=False)  # the words searched, the setting's change
    address = models.CharField(_("from where"), max_length=64, blank=True, editable=False)
    seals = models.JSONField(default=dict, editable=False)  # {"reason": {"salt", "digest"}, …}; blanked: no salt

    previous = models.CharField(_("hash before"), max_length=64, blank=True, editable=False)
    hash = models.CharField(_("hash"), max_length=64, editable=False)

    objects = ReadRecordQuerySet.as_manager()

    class Meta:
        verbose_name = _("read record")
        verbose_name_plural = _("read records")
        ordering = ["-sequence"]
        indexes = [models.Index(fields=["conversation", "-sequence"], name="readings_of_a_conversation")]

    def __str__(self) -> str:
        return str(self.sequence)

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise AppendOnly
        super().save(*args, **kwargs)

    def delete(self, *_args: Any, **_kwargs: Any) -> NoReturn:
        raise AppendOnly

    @property
    def head(self) -> str:
        """What names the chain up to here, as the log has it: 17:<hash>."""
        return f"{self.sequence}:{self.hash}"

    @classmethod
    def append(
        cls,
        act: Act,
        *,
        reader: AbstractBaseUser,
        reason: Reason,
        address: str = "",
        told_after: timedelta | None = None,
        **columns: Any,
    ) -> "ReadRecord":
        """Write the next record; its head goes to the log with the commit. `told_after` is when its owner may know.

        Writers at one moment are put into a row by the number's unique constraint. Raises Busy where too many come.
        """
        now = timezone.now()
        record = cls(
            at=now,
            act=act,
            category=reason.category,
            reason=reason.text,
            reader_id=reader.pk,
            reader_name=reader.get_username(),
            address=address,
            told_at=None if told_after is None else now + told_after,
            **columns,
        )
        record.seals = {name: chain.sealed(getattr(record, name)) for name in chain.PERSONAL}
        for _try in range(TRIES):
            try:
                with transaction.atomic():
                    record._follow(cls.objects.order_by("-sequence").first())
                    record.save(force_insert=True)
            except IntegrityError:
                continue  # another one has the number
            transaction.on_commit(partial(_log, record))
            return record
        raise refusals.Busy

    @classmethod
    def blank_owner(cls, owner_id: int, *, by: AbstractBaseUser, reason: Reason) -> int:
        """Blank the reasons of readings of one person's conversations. How many there were; a record tells of it, and
        the chain still verifies. (A search belongs to nobody: blank its record by its number.)"""
        return cls._blank_all(cls.objects.filter(owner_id=owner_id), ("reason", "subject"), by=by, reason=reason)

    @classmethod
    def blank_reader(cls, reader_id: int, *, by: AbstractBaseUser, reason: Reason) -> int:
        """Blank the name and the address of one reader. How many records had them; as above."""
        return cls._blank_all(cls.objects.filter(reader_id=reader_id), ("reader_name", "address"), by=by, reason=reason)

    @classmethod
    def blank_records(cls, sequences: Collection[int], *, by: AbstractBaseUser, reason: Reason) -> int:
        """Blank the words in these records: reasons, and what was searched for. As above."""
        return cls._blank_all(cls.objects.filter(sequence__in=sequences), ("reason", "subject"), by=by, reason=reason)

    @classmethod
    @transaction.atomic
    def _blank_all(
        cls, records: ReadRecordQuerySet, names: Collection[str], *, by: AbstractBaseUser, reason: Reason
    ) -> int:
        blanked = {record.sequence: record._blank(names) for record in records.order_by("sequence")}
        covers = [[sequence, name] for sequence, filled in blanked.items() for name in filled]
        if covers:
            cls.append(Act.BLANK, reader=by, reason=reason, covers=covers)
        return sum(map(bool, blanked.values()))

    @classmethod
    def verify(cls, *, heads: Collection[str] = ()) -> chain.Verdict:
        """What `chain.verify` says of all records; it reads each of them."""
        return chain.verify(cls.objects.order_by("sequence").iterator(chunk_size=500), heads=heads)

    def _follow(self, last: "ReadRecord | None") -> None:
        self.sequence = last.sequence + 1 if last else 1
        self.previous = last.hash if last else ""
        self.hash = chain.hash_of(self)

    def _blank(self, names: Collection[str]) -> list[str]:
        """Those of these fields that there were to blank."""
        seals = {name: chain.seal_of(self, name) for name in names}
        filled = {name: {**seal, "salt": ""} for name, seal in seals.items() if seal.get("salt")}
        if filled:
            plain: models.QuerySet[ReadRecord] = models.QuerySet(type(self))  # its update is the one that there is
            plain.filter(pk=self.pk).update(seals=self.seals | filled, **dict.fromkeys(filled, ""))
        return list(filled)


def _log(record: ReadRecord) -> None:
    log.info("read record written: %s, head %s", record.act, record.head)

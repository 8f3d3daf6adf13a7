"""Where its owner has put a conversation: among the chats, pinned there or not, in the archive or in the bin; and the
temporary ones, which are in no list."""

import math
import time
from datetime import timedelta
from typing import Any, Self
from uuid import UUID

from django.conf import settings
from django.db import models, transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from conversations.models.legal_hold import holds
from conversations.models.message import Message
from conversations.models.origin import Origin
from conversations.models.tag import Tag

TEMPORARY_LASTS = timedelta(hours=24)  # after the last message
SWEPT = 20  # conversations that are removed in a step of the job, at most
STEP = 0.3  # seconds after which a step ends, with the conversation under way
PAUSE = 0.1  # seconds between two steps: whoever waits for SQLite's lock looks for it at least so often


class Place(models.TextChoices):
    CHATS = "chats", _("chats")
    ARCHIVE = "archive", _("archive")
    BIN = "bin", _("bin")
    TEMPORARY = "temporary", _("temporary")


class PlacedQuerySet(models.QuerySet[Any]):
    """The verbs that move conversations change those alone that can be moved so, all of them or none, and give the ids
    of what they changed: what is undone later."""

    def kept(self) -> Self:
        """Those that its owner keeps: neither in the bin nor temporary."""
        return self.filter(binned_at=None, is_temporary=False)

    def current(self) -> Self:
        """Those that are kept and not archived: what the lists show."""
        return self.kept().filter(archived_at=None)

    def pinned(self) -> Self:
        """The current ones that are pinned, the last pinned first."""
        return self.current().filter(pinned_at__isnull=False).order_by("-pinned_at", "-pk")

    def unpinned(self) -> Self:
        """The current ones that are not pinned."""
        return self.current().filter(pinned_at=None)

    def at(self, place: str) -> Self:
        """Those in this Place."""
        if place == Place.TEMPORARY:
            return self.filter(is_temporary=True)
        if place == Place.BIN:
            return self.filter(binned_at__isnull=False, is_temporary=False)
        return self.kept().filter(archived_at__isnull=False) if place == Place.ARCHIVE else self.current()

    def tagged(self, tag: Tag | None) -> Self:
        """Those with this tag; all of them where it is None."""
        return self if tag is None else self.filter(tags=tag)

    def on_hold(self) -> Self:
        return self.filter(holds())

    def free(self) -> Self:
        """Those under no legal hold: what may be removed for good."""
        return self.exclude(holds())

    def pin(self) -> list[UUID]:
        return self.unpinned()._put(pinned_at=timezone.now())

    def unpin(self) -> list[UUID]:
        return self.pinned()._put(pinned_at=None)

    def archive(self) -> list[UUID]:
        """Out of the lists. What was pinned is pinned again when it comes back."""
        return self.current()._put(archived_at=timezone.now())

    def unarchive(self) -> list[UUID]:
        return self.at(Place.ARCHIVE)._put(archived_at=None)

    def bin(self) -> list[UUID]:
        """Into the bin, where nothing new is written. An answer that is still written is the caller's to stop."""
        return self.kept()._put(binned_at=timezone.now())

    def restore(self) -> list[UUID]:
        """Out of the bin, to where they were before."""
        return self.at(Place.BIN)._put(binned_at=None)

    def keep(self) -> list[UUID]:
        """Among the chats, and temporary no longer."""
        return self.at(Place.TEMPORARY)._put(is_temporary=False)

    def unkeep(self) -> list[UUID]:
        """Temporary again: those that could have become so by `keep` alone, with neither pin nor tag, and that would
        not be removed at once."""
        recent = self.unpinned().filter(touched_at__gte=timezone.now() - TEMPORARY_LASTS)
        return recent.exclude(tags__isnull=False)._put(is_temporary=True)

    def expired_in_bin(self) -> Self:
        """Those that are longer in the bin than the site keeps them there."""
        return self.at(Place.BIN).filter(binned_at__lt=timezone.now() - timedelta(days=settings.CHAT_BIN_DAYS))

    def expired_temporary(self) -> Self:
        """The temporary ones whose last message is older than TEMPORARY_LASTS, and is no answer that still runs."""
        running = Message.objects.running().filter(conversation=OuterRef("pk"))
        old = self.at(Place.TEMPORARY).filter(touched_at__lt=timezone.now() - TEMPORARY_LASTS)
        return old.filter(~Exists(running))

    def sweep_some(self) -> bool:
        """A step of a job: whether there may be more to remove."""
        return self.sweep() > 0

    def sweep(self, *, most: int = SWEPT) -> int:
        """Remove for good what has expired, in the bin and of the temporary ones, at most `most` and for about STEP:
        how many. Called again and again; what was restored or touched meanwhile stays."""
        until = time.monotonic() + STEP
        binned = self.expired_in_bin().order_by("binned_at")._remove_first(most, until=until)
        return len(binned) + len(
            self.expired_temporary().order_by("touched_at")._remove_first(most - len(binned), until=until)
        )

    def remove_each(self, *, most: int, within: float = math.inf) -> list[UUID]:
        """Remove for good the first `most` that no legal hold keeps, with all their messages: those that went, in about
        `within` seconds. Each in a short transaction of its own, and only as long as it is among these; others write
        between them."""
        return self._remove_first(most, until=time.monotonic() + within)

    def _remove_first(self, most: int, *, until: float) -> list[UUID]:
        """At least one of them, where there is one, and none after the moment `until` of the monotonic clock."""
        free, gone = self.free(), []
        step_ends_at = time.monotonic() + STEP
        for pk, uuid in list(free.values_list("pk", "uuid")[:most]):
            if free._remove(pk):
                gone.append(uuid)
            if time.monotonic() >= until:
                break
            if time.monotonic() >= step_ends_at:
                time.sleep(PAUSE)
                step_ends_at = time.monotonic() + STEP
        return gone

    @transaction.atomic
    def _remove(self, pk: int) -> bool:
        # What begins meanwhile waits, and finds it gone. What this waited for, as a hold, the next query alone sees:
        # PostgreSQL asks nothing anew of a row that was locked and not changed.
        row = self.model._default_manager.select_for_update().filter(pk=pk).first()
        if row is None or not self.filter(pk=pk).exists():
            return False
        tags = list(row.tags.values_list("pk", flat=True))
        if not row.is_temporary:  # which is in no export
            Origin.objects.forget(row)
        row.delete()
        if tags:
            Tag.objects.filter(pk__in=tags).drop_unused()
        return True

    @transaction.atomic
    def _put(self, **columns: Any) -> list[UUID]:
        moved = dict(self.order_by("pk").select_for_update().values_list("pk", "uuid"))
        self.model._default_manager.filter(pk__in=moved).update(**columns)
        return list(moved.values())

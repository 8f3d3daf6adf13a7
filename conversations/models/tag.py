"""A tag: a word under which a person keeps conversations together. One that is on nothing goes away by itself."""

import unicodedata
from typing import TYPE_CHECKING, Any, Self
from uuid import UUID, uuid4

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db import models, transaction
from django.db.models import Count, Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from conversations import refusals, titles

if TYPE_CHECKING:
    from conversations.models.conversation import ConversationQuerySet

MOST_TAGS = 100  # of one person
MOST_ON_ONE = 20  # conversation
LONGEST_NAME = 40


class TagQuerySet(models.QuerySet["Tag"]):
    def for_user(self, user: AbstractBaseUser | AnonymousUser) -> Self:
        return self.filter(owner_id=user.pk) if user.pk is not None else self.none()

    def on(self, conversation: models.Model) -> Self:
        return self.filter(conversations=conversation.pk)

    def used_in(self, conversations: "ConversationQuerySet") -> Self:
        """Those that are on one of these."""
        return self.filter(Exists(conversations.filter(tags=OuterRef("pk"))))

    def seen_from(self, conversation: models.Model) -> Self:
        """Each with `is_on`: whether it is on this conversation."""
        on = Tag.conversations.through.objects.filter(tag=OuterRef("pk"), conversation=conversation.pk)
        return self.annotate(is_on=Exists(on))

    def drop_unused(self) -> None:
        """Delete those that are on nothing. In a transaction, in which the rows are held first: nobody puts one of them
        on something meanwhile."""
        held = list(self.order_by("pk").select_for_update().values_list("pk", flat=True))
        Tag.objects.filter(pk__in=held, conversations=None).delete()


class Tag(models.Model):
    uuid = models.UUIDField(_("id"), default=uuid4, unique=True, editable=False)
    # Without constraints: a process of the version before, which knows no tags, may delete what they name.
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, verbose_name=_("owner"), related_name="tags", db_constraint=False
    )
    name = models.CharField(_("name"), max_length=LONGEST_NAME)
    folded = models.CharField(max_length=200, editable=False)  # the name in one case, in every script
    conversations: "models.ManyToManyField[Any, Any]" = models.ManyToManyField(
        "Conversation", related_name="tags", verbose_name=_("conversations"), db_constraint=False
    )

    objects = TagQuerySet.as_manager()

    class Meta:
        verbose_name = _("tag")
        verbose_name_plural = _("tags")
        ordering = ["folded", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["owner", "folded"], name="one_tag_of_a_name"),
            models.CheckConstraint(condition=~Q(name=""), name="a_tag_has_a_name"),
        ]

    def __str__(self) -> str:
        return str(self.uuid)

    @classmethod
    @transaction.atomic
    def put(cls, name: str, chosen: "ConversationQuerySet") -> list[UUID]:
        """Put the tag of this name, in any case, on those of `chosen`, all one person's, that are kept and lack it;
        their ids. Raises Invalid where there is no name, or no room: nothing is done then."""
        named, owner_id = _named(name), _owner_of(chosen)
        if owner_id is None:
            return []
        # Who puts two at once puts one by one; messages, which name their owner, are written meanwhile.
        if get_user_model().objects.select_for_update(no_key=True).filter(pk=owner_id).first() is None:
            return []
        rows = list(
            chosen.kept().exclude(tags__folded=fold(named)).order_by("pk").select_for_update(of=("self",), no_key=True)
        )
        if not rows:
            return []
        full = cls.conversations.through.objects.filter(conversation__in=[row.pk for row in rows])
        if full.values("conversation").annotate(number=Count("pk")).filter(number__gte=MOST_ON_ONE).exists():
            sentence = ngettext("A chat has %(most)d tag at most.", "A chat has %(most)d tags at most.", MOST_ON_ONE)
            raise refusals.Invalid(sentence % {"most": MOST_ON_ONE})
        tag = cls.objects.select_for_update().filter(owner_id=owner_id, folded=fold(named)).first()
        (tag or cls._make(named, owner_id)).conversations.add(*rows)
        return [row.uuid for row in rows]

    @classmethod
    @transaction.atomic
    def take(cls, name: str, chosen: "ConversationQuerySet") -> list[UUID]:
        """Take the tag of this name off those of `chosen`, all one person's, that have it; their ids."""
        theirs = cls.objects.filter(owner_id=_owner_of(chosen), folded=fold(_named(name)))
        rows = list(chosen.filter(tags__in=theirs).order_by("pk").select_for_update(of=("self",), no_key=True))
        for tag in theirs:
            tag.conversations.remove(*rows)
        theirs.drop_unused()
        return [row.uuid for row in rows]

    @classmethod
    def _make(cls, name: str, owner_id: int) -> Self:
        if cls.objects.filter(owner_id=owner_id).count() >= MOST_TAGS:
            sentence = ngettext(
                "You have %(most)d tag, which is all there can be.",
                "You have %(most)d tags, which is all there can be.",
                MOST_TAGS,
            )
            raise refusals.Invalid(sentence % {"most": MOST_TAGS})
        return cls.objects.create(owner_id=owner_id, name=name, folded=fold(name))


def _owner_of(chosen: "ConversationQuerySet") -> int | None:
    return chosen.order_by().values_list("owner_id", flat=True).first()


def fold(name: str) -> str:
    """The name as names are compared."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def _named(name: str) -> str:
    """One line, as titles are."""
    named = titles.given(name, longest=LONGEST_NAME)
    if not named:
        raise refusals.Invalid(_("Give the tag a name."))
    return named

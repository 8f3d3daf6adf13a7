"""A conversation: a tree of messages, of which one branch is shown."""

import uuid
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Self, Unpack

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db import IntegrityError, models, transaction
from django.db.models import Count, Exists, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from conversations import prompts, refusals, search, titles, tokens
from conversations.models import branches, loose, tag
from conversations.models.indexed_text import has_patterns
from conversations.models.message import Message, Role
from conversations.models.places import Place, PlacedQuerySet
from conversations.models.retention_rule import RetentionRule, reached
from conversations.models.settings import NAMES, Chosen, Settings
from conversations.models.written import Beside
from conversations.paths import path_of

MOST_MODELS = 1_000  # whose names are compared
KEPT_BY_A_FORK = ("owner_id", "title_source", "is_temporary", *NAMES)


def titled(title: str) -> dict[str, str]:
    """The columns of a title."""
    return {"title": title, "folded_title": search.fold(title)}


class TitleSource(models.TextChoices):
    FIRST_WORDS = "first_words", _("first words")
    MODEL = "model", _("model")
    PERSON = "person", _("person")


class ConversationQuerySet(PlacedQuerySet):
    def for_user(self, user: AbstractBaseUser | AnonymousUser) -> Self:
        return self.filter(owner_id=user.pk) if user.pk is not None else self.none()

    def named(self, uuids: Collection[uuid.UUID]) -> Self:
        return self.filter(uuid__in=uuids)

    def expired(self, now: datetime, *, by: Sequence[RetentionRule] | None = None) -> Self:
        """Those that are to go by a rule of retention, or by these, wherever their owners have put them: none under a
        legal hold, and none in which an answer runs. It reads the rules at once."""
        rules = RetentionRule.objects.shortest_first() if by is None else by
        running = Message.objects.running().filter(conversation=OuterRef("pk"))
        return self.filter(reached(rules, now)).free().exclude(Exists(running))

    def newest_first(self) -> Self:
        return self.order_by("-touched_at", "-pk")

    def outlined(self) -> Self:
        """What lists show of each, without what may be long: its system prompt, and its title as searches read it."""
        return self.only("uuid", "title", "touched_at", "pinned_at", "archived_at", "binned_at")

    def counted(self) -> Self:
        """Each with the `count` of its messages, looked up for the rows that are read alone."""
        messages = Message.objects.filter(conversation=OuterRef("pk")).order_by().values("conversation")
        counted = Subquery(messages.annotate(number=Count("pk")).values("number"))
        return self.annotate(count=Coalesce(counted, 0))

    def older_than(self, conversation: "Conversation") -> Self:
        """What stands behind `conversation` in the order of `newest_first`."""
        at, pk = conversation.touched_at, conversation.pk
        return self.filter(Q(touched_at__lt=at) | Q(touched_at=at, pk__lt=pk))

    def newer_than(self, conversation: "Conversation") -> Self:
        """What stands before `conversation` in that order."""
        at, pk = conversation.touched_at, conversation.pk
        return self.filter(Q(touched_at__gt=at) | Q(touched_at=at, pk__gt=pk))

    def matching(self, query: search.Query) -> Self:
        """Those of whose titles the query has all terms, and none of the excluded."""
        return self.filter(has_patterns(query.terms, query.excluded, of="folded_title"))

    def within(self, query: search.Query) -> Self:
        """Those that the query's filters on conversations let through; its words and days are another matter."""
        found = self
        if query.model:
            named = _named(query.model)
            answered = Message.objects.filter(named, conversation=OuterRef("pk"))
            found = found.filter(named | Exists(answered))
        if query.is_pinned:
            found = found.filter(pinned_at__isnull=False)
        if query.is_archived:
            found = found.filter(archived_at__isnull=False)
        if query.tag:
            found = found.filter(tags__folded=tag.fold(query.tag))
        return found


def _named(model: str) -> Q:
    """Whose model has this in its name, in any case and without marks. Two queries: SQLite's LIKE folds ASCII alone."""
    asked = search.unmarked(model)
    names = {name for rows in (Conversation, Message) for name in loose.values(rows, "model", most=MOST_MODELS)}
    return Q(model__icontains=model) | Q(model__in=[name for name in names if asked in search.unmarked(name)])


class Conversation(Settings):
    uuid = models.UUIDField(_("id"), default=uuid.uuid4, unique=True, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, verbose_name=_("owner"), related_name="conversations"
    )
    title = models.CharField(_("title"), max_length=titles.LONGEST, blank=True)
    folded_title = models.TextField(null=True, editable=False)  # noqa: DJ001 - NULL is not yet made; for the search
    title_source = models.CharField(max_length=12, choices=TitleSource.choices, default=TitleSource.FIRST_WORDS)
    leaf = models.ForeignKey("Message", models.SET_NULL, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    touched_at = models.DateTimeField(_("last message"), default=timezone.now, editable=False)

    imported_at = models.DateTimeField(null=True, editable=False)  # the other times are those of the file

    # Where its owner has put it. One in the bin is shown nowhere but there; a temporary one is in no list at all.
    pinned_at = models.DateTimeField(_("pinned"), null=True, blank=True, editable=False)
    archived_at = models.DateTimeField(_("archived"), null=True, blank=True, editable=False)
    binned_at = models.DateTimeField(_("in the bin since"), null=True, blank=True, editable=False)
    is_temporary = models.BooleanField(_("temporary"), default=False, db_default=False, editable=False)

    objects = ConversationQuerySet.as_manager()

    class Meta(Settings.Meta):
        verbose_name = _("conversation")
        verbose_name_plural = _("conversations")
        ordering = ["-touched_at", "-pk"]
        indexes = [
            models.Index(fields=["owner", "-touched_at", "-id"], name="conversations_of_a_person"),
            models.Index(fields=["-touched_at", "-id"], name="conversations_newest_first"),
            models.Index(fields=["model", "-touched_at", "-id"], name="conversations_of_a_model"),
            models.Index(
                fields=["owner", "-touched_at", "-id"],
                condition=Q(binned_at=None, archived_at=None, is_temporary=False),
                name="current_conversations",
            ),
            models.Index(
                fields=["owner", "-pinned_at"], condition=Q(pinned_at__isnull=False), name="pinned_conversations"
            ),
            models.Index(
                fields=["owner", "-touched_at", "-id"],
                condition=Q(archived_at__isnull=False) | Q(binned_at__isnull=False),
                name="conversations_put_away",
            ),
            models.Index(fields=["binned_at"], condition=Q(binned_at__isnull=False), name="conversations_in_the_bin"),
            models.Index(fields=["touched_at"], condition=Q(is_temporary=True), name="temporary_conversations"),
            models.Index(fields=["id"], condition=Q(folded_title=None), name="titles_not_indexed"),
        ]
        permissions = [("view_text", _("Can read titles and texts of conversations"))]

    def __str__(self) -> str:
        return str(self.uuid)

    def get_absolute_url(self) -> str:
        return path_of("conversation", self.uuid)

    @property
    def is_in_bin(self) -> bool:
        return self.binned_at is not None

    @property
    def leaves_bin_at(self) -> datetime | None:
        """When one in the bin is removed for good, unless it is restored before; None for others."""
        return self.binned_at and self.binned_at + timedelta(days=settings.CHAT_BIN_DAYS)

    @property
    def place(self) -> Place:
        if self.is_temporary:
            return Place.TEMPORARY
        if self.is_in_bin:
            return Place.BIN
        return Place.CHATS if self.archived_at is None else Place.ARCHIVE

    # What begins an answer: one transaction writes all of it, and the same key gives the same answer.

    @classmethod
    def begin(
        cls,
        owner: AbstractBaseUser,
        *,
        text: str,
        model: str,
        chosen: Mapping[str, Any] | None = None,
        is_temporary: bool = False,
        key: str = "",
        fingerprint: str = "",
    ) -> Message:
        """A new conversation with its first message; its pending answer. A replayed key gives the answer it began.

        `chosen` are its settings, by name. Raises NoRoom for a system prompt that leaves no room for a message.
        """
        beside = Beside.of(text)  # before the transaction

        def write() -> Message:
            columns = {**(chosen or {}), "model": model, "is_temporary": is_temporary}
            conversation = cls(owner_id=owner.pk, **titled(titles.first_words(text)), **columns)
            conversation.refuse_without_room()
            conversation.save(force_insert=True)
            return conversation._ask(None, text, beside, model, key=key, fingerprint=fingerprint)

        return _once(owner.pk, key, fingerprint, write)

    def send(self, text: str, *, parent: Message | None, model: str, key: str = "", fingerprint: str = "") -> Message:
        """A user's message under `parent`, the childless end of a branch; its pending answer.

        Raises AnswerRunning while another answer is written, MovedOn where `parent` is missing or has children, InBin.
        """
        beside = Beside.of(text)  # before the transaction

        def write() -> Message:
            self._lock_open()
            self._refuse_while_running()
            if parent is None or parent.conversation_id != self.pk or parent.children.exists():
                raise refusals.MovedOn
            return self._ask(parent, text, beside, model, key=key, fingerprint=fingerprint)

        return _once(self.owner_id, key, fingerprint, write)

    def edit(self, question: Message, text: str, *, model: str, key: str = "", fingerprint: str = "") -> Message:
        """Another version of a user's message, beside `question`, which stays; its pending answer.

        Raises AnswerRunning while another answer is written, Invalid for what is no user's message, InBin.
        """
        beside = Beside.of(text)  # before the transaction

        def write() -> Message:
            self._lock_open()
            self._refuse_while_running()
            if question.is_answer:
                raise refusals.Invalid(_("Only what you wrote yourself can be edited."))
            return self._ask(question.parent, text, beside, model, key=key, fingerprint=fingerprint)

        return _once(self.owner_id, key, fingerprint, write)

    def answer_again(
        self, answer: Message, *, model: str, key: str = "", fingerprint: str = "", continues: bool = False
    ) -> Message:
        """Another answer to the same message: a pending sibling of `answer`; it begins as a copy if it continues.

        Raises AnswerRunning while another answer is written, InBin.
        """

        def write() -> Message:
            self._lock_open()
            self._refuse_while_running()
            question = answer.parent
            if question is None or (continues and not answer.was_cut):
                raise refusals.Invalid
            question.conversation = self
            new = Message.begin_answer(
                question, model=model, key=key, fingerprint=fingerprint, continues=answer if continues else None
            )
            self._show(new)
            return new

        return _once(self.owner_id, key, fingerprint, write)

    def fork(self, message: Message, *, key: str = "", fingerprint: str = "") -> Message:
        """A new conversation with the branch down to `message`: the copy of that message, which is its end. A replayed
        key gives the end of the conversation that it made.

        Raises AnswerRunning where `message` is still being written, NotFound where the conversation is deleted, InBin.
        """

        def write() -> Message:
            self._lock_open()
            if message.is_running:
                raise refusals.AnswerRunning
            fork = type(self).objects.create(
                **titled(titles.next_of(self.title)), **{name: getattr(self, name) for name in KEPT_BY_A_FORK}
            )
            end = self.messages.filter(pk__in=branches.up_to(message.pk)).copy_branch(fork)[-1]
            Message.objects.filter(pk=end.pk).update(key=key or None, fingerprint=fingerprint)
            fork._show(end)
            return end

        return _once(self.owner_id, key, fingerprint, write)

    # What a person changes.

    def rename(self, title: str) -> None:
        """Give the title that the person wants; an empty one lets the first words stand again."""
        given = titles.given(title)
        first = self.messages.filter(parent=None).order_by("pk").values_list("text", flat=True).first()
        self._change(
            **titled(given or titles.first_words(first or "")),
            title_source=TitleSource.PERSON if given else TitleSource.FIRST_WORDS,
        )

    def keep_proposed_title(self, title: str) -> bool:
        """Take the model's title, unless the person has set one. False where nothing was changed."""
        unset = type(self).objects.filter(pk=self.pk, title_source=TitleSource.FIRST_WORDS)
        return unset.update(**titled(title), title_source=TitleSource.MODEL) == 1

    def configure(self, **chosen: Unpack[Chosen]) -> None:
        """Change these settings; those that are not named stay as they are.

        Raises NoRoom for a system prompt that leaves no room for a message.
        """
        type(self)(**{**self.chosen, **chosen}).refuse_without_room()
        self._change(**chosen)

    def remove(self) -> None:
        """Delete the conversation with all its messages, for good. One that is gone already stays gone.

        Raises OnHold where a legal hold keeps it.
        """
        rows = type(self).objects.filter(pk=self.pk)
        if not rows.remove_each(most=1) and rows.on_hold().exists():
            raise refusals.OnHold

    def expire(self, now: datetime) -> bool:
        """As `remove`, if it is to go by a rule of retention. False where it is not, or not any more."""
        return type(self).objects.expired(now).filter(pk=self.pk).remove_each(most=1) != []

    @property
    def wants_title(self) -> bool:
        return self.title_source == TitleSource.FIRST_WORDS

    # What is shown.

    def running_answer(self) -> Message | None:
        return self.messages.running().first()

    def show(self, message: Message) -> None:
        """Show the branch on which something was last written below `message`. Raises AnswerRunning."""
        with transaction.atomic():
            self.hold()
            self._refuse_while_running()
            type(self).objects.filter(pk=self.pk).update(leaf_id=branches.newest_end(message.pk))

    # What is sent to the model.

    def prompt(self, branch: Sequence[prompts.Said], *, model: str, continues: str = "") -> prompts.Prompt:
        """The prompt for the last message of `branch`, by this conversation's settings. Raises prompts.DoesNotFit.

        What was learnt of the model decides which turns go along; it never refuses a message by itself.
        """
        build = partial(
            prompts.build,
            system=self.system_prompt or settings.CHAT_SYSTEM_PROMPT,
            budget=self.budget,
            continues=continues,
        )
        try:
            return build(branch, turns=self.turns, estimate=lambda text: tokens.estimate(text, model=model))
        except prompts.DoesNotFit:
            return build(branch, turns=0, estimate=tokens.estimate)

    def _refuse_too_long(self, text: str, model: str) -> None:
        try:
            self.prompt([prompts.Said(key="", role="user", text=text)], model=model)
        except prompts.DoesNotFit as error:
            raise refusals.PromptTooLong from error

    def _ask(
        self, parent: Message | None, text: str, beside: Beside, model: str, *, key: str, fingerprint: str
    ) -> Message:
        self._refuse_too_long(text, model)
        question = Message.objects.create(
            conversation=self, owner_id=self.owner_id, parent=parent, role=Role.USER, text=text
        )
        beside.write(question)
        answer = Message.begin_answer(question, model=model, key=key, fingerprint=fingerprint)
        self.model = model
        self._show(answer)
        return answer

    def _lock_open(self) -> None:
        """As `hold`, for what goes on with the conversation. Raises InBin where it is in the bin."""
        if self.hold().is_in_bin:
            raise refusals.InBin

    def hold(self) -> Self:
        """The row as it is, held to the end of the transaction: two senders are held apart where the database lets them
        in together. Raises NotFound where it is deleted."""
        row: Self | None = type(self).objects.select_for_update().filter(pk=self.pk).first()
        if row is None:
            raise refusals.NotFound
        return row

    def _change(self, **columns: Any) -> None:
        for name, value in columns.items():
            setattr(self, name, value)
        if not type(self).objects.filter(pk=self.pk).update(**columns):
            raise refusals.NotFound

    def _show(self, leaf: Message) -> None:
        type(self).objects.filter(pk=self.pk).update(leaf=leaf, model=self.model, touched_at=timezone.now())

    def _refuse_while_running(self) -> None:
        if self.messages.running().exists():
            raise refusals.AnswerRunning


def _once(owner_id: int, key: str, fingerprint: str, write: Callable[[], Message]) -> Message:
    replayed = partial(Message.objects.replayed, owner_id=owner_id, key=key, fingerprint=fingerprint)
    try:
        with transaction.atomic():
            return write()
    except (IntegrityError, refusals.Refusal) as error:
        # Another request came before: it had the same key, or began another answer.
        if answer := replayed():
            return answer
        if isinstance(error, IntegrityError):
            raise refusals.AnswerRunning from error
        raise

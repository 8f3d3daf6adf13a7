"""A message of a conversation. An assistant's message is the record of its own generation."""

import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, fields
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db import connection, models, transaction
from django.db.models import Case, FilteredRelation, OuterRef, Q, Subquery, Sum, Value, When
from django.db.models.fields.json import KT
from django.db.models.functions import Cast, Coalesce, Left, Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from conversations import provider, refusals
from conversations.models import clock
from conversations.models.flag import Source
from conversations.models.indexed_text import IndexedText
from conversations.models.written import Beside

if TYPE_CHECKING:
    from conversations.models.conversation import Conversation

LEASE = timedelta(seconds=15)  # renewed about once a second while an answer is generated
BEGINNING = 200  # characters by which a message is named
MOST_UNFINISHED = 30  # answers of one person that run or wait for their turn, in all processes together


class Role(models.TextChoices):
    USER = "user", _("User")
    ASSISTANT = "assistant", _("Assistant")


class Status(models.TextChoices):
    PENDING = "pending", _("pending")
    STREAMING = "streaming", _("streaming")
    COMPLETE = "complete", _("complete")
    STOPPED = "stopped", _("stopped")
    FAILED = "failed", _("failed")
    INTERRUPTED = "interrupted", _("interrupted")


RUNNING = (Status.PENDING, Status.STREAMING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How an answer ended: all that is written with its last transition."""

    status: Status
    text: str
    reasoning: str = ""
    finish_reason: str = ""
    error_code: str = ""
    error_detail: str = ""
    error_reference: str = ""
    answered_by: str = ""
    usage: dict[str, int] = field(default_factory=dict)
    first_delta_ms: int | None = None
    total_ms: int | None = None


ENDING = tuple(column.name for column in fields(Ending))
NOT_COPIED = ("id", "uuid", "conversation", "runner", "lease_until", "stop_requested", "key", "fingerprint")
SENTENCES = {
    "internal": _("Something went wrong on this site while the answer was written."),
    "not_saved": _("The end of this answer could not be saved. Copy what you need before you leave this page."),
}
LABELS = {  # by status, else by finish reason
    Status.FAILED: _("This answer failed."),
    Status.STOPPED: _("You stopped this answer."),
    Status.INTERRUPTED: _("The site was restarted while this answer was written; this is what was kept."),
    "length": _("Cut at the length limit."),
    "content_filter": _("The provider’s content filter ended this answer."),
}


class Checkpoint(NamedTuple):
    """The text of a running answer so far, by who generates it."""

    pk: int
    runner: str
    text: str
    reasoning: str


def _lease() -> Any:
    return clock.after(LEASE)


class MessageQuerySet(models.QuerySet["Message"]):
    def for_user(self, user: AbstractBaseUser | AnonymousUser) -> Self:
        return self.filter(owner_id=user.pk) if user.pk is not None else self.none()

    def answers(self) -> Self:
        return self.filter(role=Role.ASSISTANT)

    def questions(self, uuids: Collection[str]) -> "models.QuerySet[Message]":
        """The users' messages among these, oldest first, each with its `beginning` in place of its whole text."""
        found = self.filter(role=Role.USER, uuid__in=uuids).annotate(beginning=Left("text", BEGINNING)).order_by("pk")
        return found.select_related("conversation").only("uuid", "conversation__uuid")

    def tokens(self) -> int:
        """What they took, prompts and answers together, as far as the providers told."""
        return int(self.aggregate(number=Sum(tokens_told()))["number"] or 0)

    def running(self) -> Self:
        return self.filter(status__in=RUNNING)

    def ended(self) -> Self:
        return self.exclude(status__in=RUNNING)

    def abandoned(self) -> Self:
        """Running answers whose lease has run out: whoever generated them is gone."""
        return self.running().filter(lease_until__lt=Now())

    @transaction.atomic
    def checkpoint(self, texts: Collection[Checkpoint]) -> dict[int, bool]:
        """Keep these texts and renew their leases: of each that is still its runner's, whether somebody wants its end.

        Three statements, however many there are. A row that somebody else holds at the moment is not waited for: the
        next checkpoint keeps its text. No other row is, either: who deletes a chat or a person holds those first.
        """
        asked = {each.pk: each for each in texts}
        rows = self.filter(pk__in=asked, status=Status.STREAMING)
        wishes = ("pk", "runner", "stop_requested")
        free = rows.select_for_update(skip_locked=True).values_list(*wishes)
        kept = {pk: wish for pk, runner, wish in free if runner == asked[pk].runner}
        if kept:
            self._keep([asked[pk] for pk in kept])
        if len(kept) < len(asked):
            held = rows.exclude(pk__in=kept).values_list(*wishes)
            kept |= {pk: wish for pk, runner, wish in held if runner == asked[pk].runner}
        return kept

    def _keep(self, texts: Collection[Checkpoint]) -> None:
        # One statement, as the ORM has none for it. Not two: PostgreSQL checks the foreign keys of a row that its own
        # transaction has changed before, and for that waits for whoever deletes the chat, who waits for this row. Not
        # `executemany`, which its driver sends as a pipeline: a process that is paused in one holds its rows, and no
        # timeout of the server's ends that.
        table = self.model._meta.db_table
        compiler = self.query.get_compiler(connection=connection)
        lease, values = compiler.compile(_lease().resolve_expression(self.query))
        rows = ", ".join(["(%s, %s, %s)"] * len(texts))
        with connection.cursor() as cursor:
            cursor.execute(
                f"UPDATE {table} SET text = kept.column2, reasoning = kept.column3, lease_until = {lease}"  # noqa: S608
                f" FROM (VALUES {rows}) AS kept WHERE {table}.id = kept.column1",
                [*values, *(value for each in texts for value in (each.pk, each.text, each.reasoning))],
            )

    def opinions(self) -> "models.QuerySet[Message, tuple[Any, ...]]":
        """What the owner says of each: its key, the verdict, why, and why it was reported; None where nothing is."""
        report = FilteredRelation("flags", condition=Q(flags__source=Source.PERSON))
        said = ("feedback__verdict", "feedback__reason", "report__reason")
        return self.annotate(report=report).values_list("pk", *said)

    def copy_branch(self, to: "Conversation") -> list["Message"]:
        """Write copies of these messages, a branch without its versions, into the new conversation `to`."""
        originals = list(self.order_by("pk"))
        copies = Message.objects.bulk_create([message.copied_to(to) for message in originals])
        IndexedText.copy(originals, copies)
        # A copy's parent is known once it is written: until then it is the old one, as an answer must have one.
        written = Message.objects.filter(conversation=to)
        before = written.filter(pk__lt=OuterRef("pk")).order_by("-pk")
        written.exclude(parent=None).update(parent=Subquery(before.values("pk")[:1]))
        return copies

    def replayed(self, *, owner_id: int, key: str, fingerprint: str) -> "Message | None":
        """The answer that this key began before, or None. Raises KeyReused if it was for another request."""
        if not key:
            return None
        answer = self.filter(owner_id=owner_id, key=key).select_related("conversation", "parent").first()
        if answer is not None and answer.fingerprint != fingerprint:
            raise refusals.KeyReused
        if answer is not None:
            answer.was_replayed = True
        return answer

    def interrupt(self, *, but: Collection[int] = ()) -> int:
        """End every one of these that runs, except those `but`, with the text that it has: as stopped where somebody
        asked for that, else as interrupted. How many there were.

        A row that somebody holds is left for the next time: whoever holds it may be gone, or may be renewing its lease.
        Each has its own short transaction, outside of which the rules look at its text.
        """
        found = self.running().exclude(pk__in=but)
        return sum(found.filter(pk=pk)._interrupt_one() for pk in list(found.values_list("pk", flat=True)))

    def _interrupt_one(self) -> bool:
        answer = self.only("conversation_id", "owner_id", "text").first()
        if answer is None:
            return False
        beside = Beside.of(answer.text)
        asked = When(stop_requested=True, then=Value(Status.STOPPED))
        status = Case(asked, default=Value(Status.INTERRUPTED))
        held = self.select_related("conversation").only("conversation__id")
        with transaction.atomic():
            # Whoever goes on with it meanwhile renews its lease: then it is not found any more.
            free = held.select_for_update(skip_locked=True, of=("self", "conversation")).first()
            ended = free is not None and self.update(status=status, lease_until=None, ended_at=timezone.now()) == 1
            if ended:
                beside.write(answer)
        return ended

    def keep_waiting(self, pks: Collection[int]) -> int:
        """Renew the leases of those that wait for their turn; how many still do."""
        return self.filter(pk__in=pks, status=Status.PENDING).update(lease_until=_lease())


def tokens_told() -> Any:
    """The tokens of a message's prompt and answer, as a database counts them."""
    told = [
        Coalesce(Cast(KT(f"usage__{name}_tokens"), models.BigIntegerField()), 0) for name in ("prompt", "completion")
    ]
    return told[0] + told[1]


class Message(models.Model):
    uuid = models.UUIDField(_("id"), default=uuid.uuid4, unique=True, editable=False)
    conversation = models.ForeignKey(
        "Conversation", models.CASCADE, verbose_name=_("conversation"), related_name="messages"
    )
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, verbose_name=_("owner"), related_name="+")
    parent = models.ForeignKey(
        "self", models.CASCADE, verbose_name=_("message before it"), null=True, blank=True, related_name="children"
    )
    role = models.CharField(_("role"), max_length=10, choices=Role.choices)
    text = models.TextField(_("text"), blank=True)
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)

    # What follows is the record of a generation; a user's message is complete and leaves it empty.
    status = models.CharField(_("state"), max_length=12, choices=Status.choices, default=Status.COMPLETE)
    reasoning = models.TextField(_("reasoning"), blank=True)
    model = models.CharField(_("model"), max_length=200, blank=True)
    answered_by = models.CharField(_("model's own name"), max_length=200, blank=True)  # as the provider reported it
    finish_reason = models.CharField(_("finish reason"), max_length=40, blank=True)
    error_code = models.CharField(_("error"), max_length=40, blank=True)
    error_detail = models.TextField(_("error detail"), blank=True)
    error_reference = models.CharField(_("reference"), max_length=32, blank=True)
    usage = models.JSONField(_("tokens"), default=dict, blank=True)
    sent = models.JSONField(_("what was sent"), default=dict, blank=True)
    first_delta_ms = models.PositiveIntegerField(_("time to the first delta (ms)"), null=True, blank=True)
    total_ms = models.PositiveIntegerField(_("total time (ms)"), null=True, blank=True)
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)

    runner = models.CharField(max_length=64, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    stop_requested = models.BooleanField(default=False)
    key = models.CharField(max_length=128, null=True, blank=True)  # noqa: DJ001 - NULL is what a unique constraint skips
    fingerprint = models.CharField(max_length=64, blank=True)

    html = models.TextField(blank=True)  # the rendered text, a cache
    html_version = models.PositiveIntegerField(default=0)  # of the renderer that made `html`; 0: not rendered

    was_replayed = False  # whether this object was found by the key of a repeated request, and not written by it

    objects = MessageQuerySet.as_manager()

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        ordering = ["pk"]
        indexes = [
            models.Index(fields=["lease_until"], condition=Q(status__in=RUNNING), name="running_by_lease"),
            models.Index(fields=["conversation", "parent", "id"], name="versions_of_a_message"),
            models.Index(fields=["status", "-id"], name="messages_in_a_state"),
            models.Index(fields=["model", "-id"], name="messages_of_a_model"),
            models.Index(fields=["created_at"], name="messages_by_date"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["conversation"], condition=Q(status__in=RUNNING), name="one_running_answer_per_conversation"
            ),
            models.UniqueConstraint(fields=["owner", "key"], name="one_answer_per_key"),
            models.CheckConstraint(condition=Q(role__in=Role.values), name="role_is_known"),
            models.CheckConstraint(condition=Q(status__in=Status.values), name="status_is_known"),
            models.CheckConstraint(
                condition=Q(role=Role.ASSISTANT) | Q(status=Status.COMPLETE), name="only_answers_are_generated"
            ),
            models.CheckConstraint(
                condition=Q(role=Role.USER) | Q(parent__isnull=False), name="an_answer_answers_something"
            ),
            models.CheckConstraint(
                condition=~Q(status__in=RUNNING) | Q(lease_until__isnull=False), name="a_running_answer_has_a_lease"
            ),
        ]

    def __str__(self) -> str:
        return str(self.uuid)

    @property
    def is_answer(self) -> bool:
        return self.role == Role.ASSISTANT

    @property
    def is_running(self) -> bool:
        return self.status in RUNNING

    @property
    def was_cut(self) -> bool:
        """Whether there is an answer that could go on: stopped, interrupted, failed or cut at the length limit."""
        return bool(self.text) and (
            self.status in {Status.STOPPED, Status.INTERRUPTED, Status.FAILED} or self.finish_reason == "length"
        )

    @property
    def failure(self) -> dict[str, str] | None:
        """What is known of a failed answer, for `told_of` to put into words; None where nothing failed."""
        if not self.error_code:
            return None
        known = {"model": self.model, "detail": self.error_detail}
        return {"code": self.error_code, "reference": self.error_reference, **known}

    @property
    def error(self) -> dict[str, str] | None:
        """What the person is told of a failed answer: {"code", "message", "reference"}; None where nothing failed."""
        return told_of(self.failure) if self.failure else None

    @property
    def label(self) -> str:
        """How an answer ended, where that is not simply with its last word; else empty."""
        if self.error:
            return self.error["message"]
        return str(LABELS.get(self.status) or LABELS.get(self.finish_reason) or "")

    @classmethod
    def begin_answer(
        cls, to: "Message", *, model: str, key: str = "", fingerprint: str = "", continues: "Message | None" = None
    ) -> "Message":
        """Write the pending answer to the user's message `to`, inside the caller's transaction.

        Raises TooManyAnswers where the person has MOST_UNFINISHED already.
        """
        if cls.objects.running().filter(owner_id=to.owner_id).count() >= MOST_UNFINISHED:
            raise refusals.TooManyAnswers
        return cls.objects.create(
            conversation=to.conversation,
            owner_id=to.owner_id,
            parent=to,
            role=Role.ASSISTANT,
            status=Status.PENDING,
            model=model,
            key=key or None,
            fingerprint=fingerprint,
            lease_until=_lease(),
            text=continues.text if continues else "",
            sent={"continues": str(continues.uuid)} if continues else {},
        )

    def copied_to(self, conversation: "Conversation") -> "Message":
        """A copy for another conversation, not written yet: what was said and how it came about, without what names it
        or runs it. Its parent is still the old one."""
        columns = [field for field in self._meta.concrete_fields if field.name not in NOT_COPIED]
        return Message(conversation=conversation, **{field.attname: getattr(self, field.attname) for field in columns})

    def hold_finished(self) -> None:
        """Hold its conversation's row to the end of the transaction, so that a deletion leaves nothing that is written
        beside this answer. Raises Invalid for what is no answer, AnswerRunning while it is written, NotFound once it
        is deleted.
        """
        if not self.is_answer:
            raise refusals.Invalid(_("Only answers can be rated and reported."))
        if self.is_running:
            raise refusals.AnswerRunning(_("This answer is still being written. Wait for its end."))
        if not self._hold():
            raise refusals.NotFound

    # Transitions. Each is one conditional update: whoever changed the row has won.

    def claim(self, *, runner: str, sent: dict[str, Any]) -> bool:
        """pending → streaming: from here on `runner` generates this answer. False if somebody else ended or took it.

        Claiming again is harmless: the reply to a claim may have been lost.
        """
        free = Q(status=Status.PENDING) | Q(status=Status.STREAMING, runner=runner)
        return self._update(free, status=Status.STREAMING, runner=runner, lease_until=_lease(), sent=sent)

    def checkpoint(self, *, runner: str, text: str, reasoning: str) -> bool:
        """Keep the text so far and renew the lease. False: the row is deleted or lost; write nothing more."""
        return self.pk in type(self).objects.checkpoint([Checkpoint(self.pk, runner, text, reasoning)])

    def end(self, ending: Ending, *, runner: str) -> bool:
        """streaming → its end, with all that is known; from then on the search finds it. False: the row is deleted or
        lost."""
        columns = {name: getattr(ending, name) for name in ENDING}
        beside = Beside.of(ending.text, finish_reason=ending.finish_reason, error_code=ending.error_code)
        ended = self._end(Q(status=Status.STREAMING, runner=runner), beside, **columns)
        if ended:
            self.take(ending)
        return ended

    def take(self, ending: Ending) -> None:
        """Show this ending on the object, without writing it."""
        for name in ENDING:
            setattr(self, name, getattr(ending, name))

    def ask_to_stop(self) -> None:
        """End the answer where nobody has begun it; else ask its runner to end it, who alone has the whole text.

        Also where its lease is gone: the database may have been away for longer. Recovery ends what has no runner.
        """
        if not self._end(Q(status=Status.PENDING), Beside.of(self.text), status=Status.STOPPED):
            self._update(Q(status=Status.STREAMING), stop_requested=True)

    def keep_html(self, html: str, version: int) -> None:
        """Cache what the finished text renders to. The text is part of the condition: it must be what was rendered."""
        self._update(Q(text=self.text) & ~Q(status__in=RUNNING), html=html, html_version=version)

    def _end(self, condition: Q, beside: Beside, **columns: Any) -> bool:
        with transaction.atomic():
            # The conversation first: whoever deletes it takes the rows in this order.
            columns |= {"lease_until": None, "ended_at": timezone.now()}
            ended = self._hold() and self._update(condition, **columns)
            if ended:
                beside.write(self)
        return ended

    def _hold(self) -> bool:
        here = type(self).objects.select_related("conversation").only("conversation__id").filter(pk=self.pk)
        return here.select_for_update(of=("conversation",)).first() is not None

    def _update(self, condition: Q, **columns: Any) -> bool:
        return type(self).objects.filter(condition, pk=self.pk).update(**columns) == 1


def told_of(failure: Mapping[str, str]) -> dict[str, str]:
    """The error of a `failure` as a person is told of it, in the language and the time zone of now."""
    code = failure["code"]
    sentence = SENTENCES.get(code) or provider.sentence(
        code, model=failure.get("model", ""), detail=failure.get("detail", "")
    )
    return {"code": code, "message": str(sentence), "reference": failure["reference"]}

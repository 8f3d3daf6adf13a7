"""A conversation's shown branch as the templates take it: the messages of one page, each with all that it needs."""

import json
import uuid
from collections import defaultdict
from dataclasses import dataclass

from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe

from conversations import database, live, markdown, provider, text
from conversations.models import Conversation, Message

PAGE = 60  # messages
OTHER_MODELS = 3  # that are offered where another one may answer


@dataclass(frozen=True, slots=True)
class Sibling:
    """Where a message stands among the versions of itself."""

    position: int
    count: int
    previous: uuid.UUID | None
    next: uuid.UUID | None


@dataclass(frozen=True, slots=True)
class Growing:
    """An answer that is still written: the HTML of its finished blocks, the text behind them, and for the page's script
    the whole text as JSON (HTML would not keep every character) and how much of it the blocks are, in UTF-16 units."""

    html: SafeString
    tail: str
    source: str
    drawn: int


@dataclass(frozen=True, slots=True)
class Shown:
    """A message as templates show it; what is not here is taken from the row. A finished answer has a body, one that is
    still written grows."""

    row: Message
    body: SafeString | None
    growing: Growing | None
    sibling: Sibling | None

    def __getattr__(self, name: str) -> object:
        return getattr(self.row, name)

    @property
    def url(self) -> str:
        return reverse("message", args=[self.row.uuid])

    @property
    def events_url(self) -> str:
        return reverse("message-events", args=[self.row.uuid])

    @property
    def stop_url(self) -> str:
        return reverse("message-stop", args=[self.row.uuid])

    @property
    def cursor(self) -> str:
        return live.Cursor(
            reasoning=text.units(self.row.reasoning),
            text=text.units(self.row.text),
            blocks=self.growing.drawn if self.growing else 0,
            ended=not self.row.is_running,
        ).encode(self.row.uuid)

    @property
    def key_for_another(self) -> str:
        """A new key for each form that asks for another answer: pressed twice, it asks once."""
        return uuid.uuid4().hex

    @property
    def other_models(self) -> tuple[str, ...]:
        """The models to offer where this one was refused and another may answer."""
        if self.row.error_code not in provider.REFUSED_MODEL:
            return ()
        return tuple(name for name in provider.models() if name != self.row.model)[:OTHER_MODELS]

    @property
    def fewer_turns(self) -> int | None:
        """How many earlier turns to offer where what was sent was too long; None where that is no help."""
        sent = self.row.sent.get("turns", 0)
        if self.row.error_code != provider.ContextTooLong.code or not 0 < sent <= self.row.conversation.turns:
            return None
        return int(sent) // 2


@dataclass(frozen=True, slots=True)
class Transcript:
    """One page of a branch, oldest first."""

    messages: list[Shown]
    older_url: str | None


def transcript(conversation: Conversation, *, before: Message | None = None) -> Transcript:
    """The newest messages of the shown branch, or those before one of it. Three queries, however long it is."""
    parents = conversation.parents()
    branch = conversation.branch_in(parents, conversation.leaf_id)
    end = branch.index(before.pk) if before is not None and before.pk in branch else len(branch)
    keys = branch[max(0, end - PAGE) : end]
    rows = conversation.messages.in_bulk(keys)
    siblings = _siblings(parents, keys)
    shown = [_shown(rows[pk], siblings.get(pk)) for pk in keys if pk in rows]
    older = (
        reverse("conversation-messages", args=[conversation.uuid]) + f"?before={shown[0].row.uuid}" if shown else None
    )
    return Transcript(shown, older if end > PAGE else None)


def shown(message: Message) -> Shown:
    """One message alone, as on its conversation's page."""
    parents = message.conversation.parents()
    return _shown(message, _siblings(parents, [message.pk]).get(message.pk))


def _shown(message: Message, sibling: Sibling | None) -> Shown:
    return Shown(
        message,
        body=body(message) if message.is_answer and not message.is_running else None,
        growing=growing(message) if message.is_running else None,
        sibling=sibling,
    )


def body(message: Message) -> SafeString:
    """The message's rendered Markdown, from its row where this renderer has rendered it before."""
    if message.html_version == markdown.RENDERER_VERSION:
        return mark_safe(message.html)  # noqa: S308 - made by the renderer below
    database.let_go()  # it may take seconds until its turn has come
    rendered = markdown.render(message.text)
    if rendered.is_final:
        message.keep_html(rendered.html, markdown.RENDERER_VERSION)
    return rendered.html


def growing(answer: Message) -> Growing:
    """The running answer as far as its row has it; its finished blocks are rendered."""
    database.let_go()  # as above
    text_so_far = markdown.Growing()
    blocks = text_so_far.draw() if text_so_far.feed(answer.text) else []
    return Growing(
        html=mark_safe("".join(block.html for block in blocks)),  # noqa: S308 - made by the renderer
        tail=text_so_far.rest,
        source=json.dumps(answer.text),
        drawn=sum(text.units(block.source) for block in blocks),
    )


def _siblings(parents: dict[int, int | None], keys: list[int]) -> dict[int, Sibling]:
    """Only for messages that have siblings."""
    children = defaultdict(list)
    for pk, parent in sorted(parents.items()):
        children[parent].append(pk)
    families = {pk: children[parents[pk]] for pk in keys if pk in parents and len(children[parents[pk]]) > 1}
    names = dict(
        Message.objects.filter(pk__in={pk for family in families.values() for pk in family}).values_list("pk", "uuid")
    )
    return {pk: _sibling(family, family.index(pk), names) for pk, family in families.items()}


def _sibling(family: list[int], index: int, names: dict[int, uuid.UUID]) -> Sibling:
    return Sibling(
        position=index + 1,
        count=len(family),
        previous=names.get(family[index - 1]) if index > 0 else None,
        next=names.get(family[index + 1]) if index + 1 < len(family) else None,
    )

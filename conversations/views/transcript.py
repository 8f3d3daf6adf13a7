"""A conversation's shown branch as the templates take it: the messages of one page, each with all that it needs."""

import json
import logging
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlencode

from django.db import OperationalError
from django.utils.formats import number_format
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from conversations import database, live, markdown, provider, text
from conversations.models import Conversation, Message, branches
from conversations.paths import path_of

log = logging.getLogger(__name__)

PAGE = 16  # messages
ABOVE = 4  # messages that are shown above the one at which a page opens
MENU = 30  # models that an answer's menu lists
OTHER_MODELS = 3  # that are offered where another one may answer


@dataclass(frozen=True, slots=True)
class Sibling:
    """Where a message stands among the versions of itself."""

    position: int
    count: int
    previous: uuid.UUID | None
    next: uuid.UUID | None


@dataclass(frozen=True, slots=True)
class Opinion:
    """What its owner says of an answer: up or down, and why; and why it was reported. Blank where nothing is said."""

    verdict: str = ""
    reason: str = ""
    report: str = ""


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
    uuid: SafeString
    url: SafeString
    body: SafeString | None
    growing: Growing | None
    sibling: Sibling | None
    opinion: Opinion

    def __getattr__(self, name: str) -> object:
        return getattr(self.row, name)

    @property
    def events_url(self) -> str:
        return path_of("message-events", self.row.uuid)

    @property
    def stop_url(self) -> str:
        return path_of("message-stop", self.row.uuid)

    @property
    def cursor(self) -> str:
        return live.Cursor(
            reasoning=text.units(self.row.reasoning),
            text=text.units(self.row.text),
            blocks=self.growing.drawn if self.growing else 0,
            ended=not self.row.is_running,
        ).encode(self.row.uuid)

    @property
    def figures(self) -> list[str]:
        """What the answer took, for those who want to know: tokens where the provider counted them, and seconds."""
        tokens, took = self.row.usage.get("completion_tokens"), self.row.total_ms
        counted = (
            ngettext("%s token", "%s tokens", tokens) % number_format(tokens, force_grouping=True) if tokens else ""
        )
        timed = _("%s\u00a0s") % number_format(took / 1000, decimal_pos=1) if took and took >= 100 else ""
        return [figure for figure in (counted, timed) if figure]

    @property
    def key_for_another(self) -> str:
        """A new key for each form that asks for another answer: pressed twice, it asks once."""
        return uuid.uuid4().hex

    @property
    def models(self) -> tuple[str, ...]:
        """The models that may answer the same message again."""
        return provider.models()[:MENU]

    @property
    def other_models(self) -> tuple[str, ...]:
        """The models to offer where this one was refused and another may answer."""
        if self.row.error_code not in provider.REFUSED_MODEL:
            return ()
        return tuple(name for name in provider.models() if name != self.row.model)[:OTHER_MODELS]

    @property
    def may_retry(self) -> bool:
        """Whether the same model may yet answer; one that is unknown is only asked again where there is no other."""
        return self.row.error_code != provider.UnknownModel.code or not self.other_models

    @property
    def is_misconfigured(self) -> bool:
        """Whether the site's access to the model is what failed: staff are told where to look."""
        return self.row.error_code in provider.MISCONFIGURED

    @property
    def fewer_turns(self) -> int | None:
        """How many earlier turns to offer where what was sent was too long; None where that is no help."""
        sent = self.row.sent.get("turns", 0)
        if self.row.error_code != provider.ContextTooLong.code or not 0 < sent <= self.row.conversation.turns:
            return None
        return int(sent) // 2


@dataclass(frozen=True, slots=True)
class Transcript:
    """One page of a branch, oldest first; `is_end` where the branch ends with it."""

    messages: list[Shown]
    older_url: str | None
    newer_url: str | None
    is_end: bool
    is_another_branch: bool  # than the one that is shown


def transcript(
    conversation: Conversation,
    *,
    before: Message | None = None,
    at: Message | None = None,
    through: Message | None = None,
) -> Transcript:
    """The newest messages of the shown branch, or of the one `through` a message; or those before one; or those around
    `at`, on its own branch where it is not on the shown one. Four queries, one more `through` a message, and two for
    another branch, however large the tree is."""
    shown_end = branches.newest_end(through.pk) if through else conversation.leaf_id
    end = before.parent_id if before else shown_end
    branch = branches.up_to(end) if at else branches.up_to(end, most=PAGE + 1)
    is_another_branch = at is not None and at.pk not in branch
    if at and is_another_branch:
        branch = branches.up_to(branches.newest_end(at.pk))
    first, behind = _page_of(branch, at)
    rows = conversation.messages.in_bulk(branch[first:behind])
    siblings, opinions = _siblings(branch[first:behind]), _opinions(branch[first:behind])
    messages = [_shown(rows[pk], siblings.get(pk), opinions.get(pk)) for pk in branch[first:behind] if pk in rows]
    is_end = before is None and behind == len(branch)
    return Transcript(
        messages=messages,
        older_url=_older_url(conversation, messages[0].row) if messages and first > 0 else None,
        newer_url=place_of(messages[-1].row) if messages and not is_end else None,
        is_end=is_end,
        is_another_branch=is_another_branch,
    )


def place_of(message: Message, found: Iterable[str] = ()) -> str:
    """Where its conversation's page opens at the message, on its branch; `found` is marked there."""
    query = urlencode([("at", message.uuid), *(("found", words) for words in found)])
    return f"{message.conversation.get_absolute_url()}?{query}#message-{message.uuid}"


def _page_of(branch: list[int], at: Message | None) -> tuple[int, int]:
    newest = max(0, len(branch) - PAGE)
    if at is None or at.pk not in branch[:newest]:
        return newest, len(branch)
    first = max(0, branch.index(at.pk) - ABOVE)
    return first, first + PAGE


def _older_url(conversation: Conversation, first: Message) -> str:
    return f"{path_of('conversation-messages', conversation.uuid)}?before={first.uuid}"


def shown(message: Message) -> Shown:
    """One message alone, as on its conversation's page."""
    return _shown(message, _siblings([message.pk]).get(message.pk), _opinions([message.pk]).get(message.pk))


def _shown(message: Message, sibling: Sibling | None, opinion: Opinion | None) -> Shown:
    return Shown(
        message,
        uuid=SafeString(message.uuid),  # which stands in a dozen places of it
        url=path_of("message", message.uuid),
        body=body(message) if message.is_answer and not message.is_running else None,
        growing=growing(message) if message.is_running else None,
        sibling=sibling,
        opinion=opinion or Opinion(),
    )


def opinion_of(answer: Message) -> Opinion:
    """What its owner says of the answer by now. One query."""
    return _opinions([answer.pk]).get(answer.pk, Opinion())


def body(message: Message) -> SafeString:
    """The message's rendered Markdown, from its row where this renderer has rendered it before."""
    if message.html_version == markdown.RENDERER_VERSION:
        return mark_safe(message.html)  # noqa: S308 - made by the renderer below
    database.let_go()  # it may take seconds until its turn has come
    rendered = markdown.render(message.text)
    if rendered.is_final:
        try:
            message.keep_html(rendered.html, markdown.RENDERER_VERSION)
        except OperationalError as error:  # as of a lock: it is rendered again next time
            log.warning("what was rendered could not be kept: %s", error)
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


def _siblings(keys: list[int]) -> dict[int, Sibling]:
    """Only of messages that have siblings. One query."""
    places = branches.places(keys)
    return {pk: Sibling(position, count, *around) for pk, position, count, *around in places if count > 1}


def _opinions(keys: list[int]) -> dict[int, Opinion]:
    """Of each message, blank where nothing is said of it. One query."""
    said = Message.objects.filter(pk__in=keys).opinions()
    return {pk: Opinion(*(each or "" for each in opinion)) for pk, *opinion in said}

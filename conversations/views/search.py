"""The search as the pages show it: chats, the best first, with the places where the words stand."""

import re
from dataclasses import dataclass
from itertools import islice
from typing import Any
from urllib.parse import urlencode

from django.db.models.functions import Left
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from conversations import search, text
from conversations.models import Conversation, Message
from conversations.models.finding import TOGETHER, Find, Finding, find
from conversations.search.folding import MOST_BYTES
from conversations.views import requests
from conversations.views.transcript import place_of

PAGE = 20  # chats
LONGEST = 200  # characters of a query
MARKED = 5  # different words that are marked where a hit leads to
MOST_READ, LEAST_READ = 500_000, 2_000  # characters of the texts of a page, and of each where there are more
_MARKS = re.compile(  # of Markdown, which an excerpt does without; between two Latin letters a sign is none
    r"^ {0,3}(?:```\S*|#{1,6} |> ?|\|?[-:| ]{3,}$)|^\||\|$"
    r"|(?<![\w*])\*++(?=\S)|(?<=[^\s*])\*++(?!\w)"
    r"|(?<![A-Za-z0-9*])\*{2}\**+|(?<!\*)\*{2}\**+(?![A-Za-z0-9])"
    r"|(?<![A-Za-z0-9`])`++|(?<!`)`++(?![A-Za-z0-9])",
    re.MULTILINE,
)


EXCLUDED = "-"  # beside the names of filters: why one with a minus is none
UNDERSTOOD = {
    EXCLUDED: _("filters cannot be excluded."),
    **dict.fromkeys(("before", "after"), _("a date is written %(day)s, %(month)s or %(year)s.")),
    "model": _("a model’s name follows, as in model:gpt."),
    "tag": _("a tag’s name follows, as in tag:travel."),
    "is": _("only is:pinned is understood."),
    "in": _("only in:archive is understood."),
}


@dataclass(frozen=True, slots=True)
class Note:
    """A filter as it was typed, and why it is none."""

    said: str
    why: str


@dataclass(frozen=True, slots=True)
class Hit:
    """A message that fits: where its chat opens at it, and the place in its text."""

    message: Message
    url: str
    excerpt: list[search.Excerpt]


@dataclass(frozen=True, slots=True)
class Result:
    """A chat that fits, by its title or by what was said in it."""

    conversation: Conversation
    title: list[search.Excerpt]
    hits: list[Hit]

    @property
    def url(self) -> str:
        return self.hits[0].url if self.hits else self.conversation.get_absolute_url()


def asked_in(request: HttpRequest) -> str:
    """What `?q=` asks for; what is too long for a query is cut."""
    return text.storable(request.GET.get("q", ""))[:LONGEST].strip()


def results(request: HttpRequest, asked: str) -> dict[str, Any]:
    """One page of what fits `asked` among all that the person keeps. `next_url` leads on, first to the rest of those
    that were ranked together, then to older ones."""
    theirs = Conversation.objects.for_user(request.user).kept()
    before = requests.identified(request, "before", Message.objects.for_user(request.user))
    query = search.parsed(asked)
    page = _page_number(request)
    finding = find(theirs, query, owner_id=request.user.pk, before=before.pk if before else None) if query else None
    finds = finding.finds if finding else []
    return {
        "words": asked,
        "notes": notes_on(query),
        "means_something": bool(query),
        "results": _results(finds[page * PAGE : (page + 1) * PAGE], query),
        "is_first": page == 0 and before is None,
        "next_url": _next_url(asked, page, before, finding) if finding else None,
        "url": f"{reverse('conversations')}?{urlencode({'q': asked})}",
        "has_more_titles": bool(finding and finding.has_more_titles),
    }


def notes_on(query: search.Query) -> list[Note]:
    """What the page says of filters that were not understood: of each one the first."""
    first: dict[str, str] = {}
    for misread in query.misread:
        first.setdefault(EXCLUDED if misread.is_excluded else misread.filter, misread.text)
    today = timezone.localdate().isoformat()
    example = {"day": today, "month": today[:-3], "year": today[:-6]}
    return [Note(said, str(UNDERSTOOD[why]) % example) for why, said in first.items()]


def _page_number(request: HttpRequest) -> int:
    number = request.GET.get("page", "")[:3]
    return min(int(number), TOGETHER) if number.isdecimal() and number.isascii() else 0


def _next_url(asked: str, page: int, before: Message | None, finding: Finding) -> str | None:
    further: dict[str, Any] = {"q": asked}
    if (page + 1) * PAGE < len(finding.finds):
        further |= {"page": page + 1} | ({"before": before.uuid} if before else {})
    elif finding.older_than:
        last = Message.objects.filter(pk=finding.older_than).values_list("uuid", flat=True).first()
        if last is None:  # it was deleted meanwhile
            return None
        further["before"] = last
    else:
        return None
    return f"{reverse('conversations')}?{urlencode(further)}"


def _results(finds: list[Find], query: search.Query) -> list[Result]:
    """Two queries. Of very long texts only the first few are looked through for the best place."""
    conversations = Conversation.objects.in_bulk([found.conversation for found in finds])
    keys = [key for found in finds for key in found.messages]
    # Texts may be long; what is indexed of them is enough to show a place in them.
    texts = Message.objects.annotate(beginning=Left("text", MOST_BYTES)).defer("text", "html", "reasoning")
    messages = texts.in_bulk(keys)
    read, results = 0, []
    for found in finds:
        if conversation := conversations.get(found.conversation):
            hits = []
            for message in (messages[key] for key in found.messages if key in messages):
                beginning = message.beginning if read < MOST_READ else message.beginning[:LEAST_READ]  # type: ignore[attr-defined]
                read += len(beginning)
                hits.append(_hit(message, beginning, conversation, query))
            results.append(Result(conversation, search.excerpt(conversation.title, query), hits))
    return results


def _hit(message: Message, beginning: str, conversation: Conversation, query: search.Query) -> Hit:
    message.conversation = conversation
    excerpt = search.excerpt(_MARKS.sub("", beginning), query)
    found = {part.text: None for part in excerpt if part.is_found}  # each once, in their order
    return Hit(message, place_of(message, islice(found, MARKED)), excerpt)

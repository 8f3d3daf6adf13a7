"""What somebody who types a query wants to find."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date
from functools import partial
from typing import Any

from conversations.search.folding import BEGINNINGS, fold, is_unparted

# After a name and its colon nothing need follow: that is a filter without a value.
_PIECE = re.compile(r'(?P<not>-?)(?:(?P<name>[A-Za-z]+):)?(?:"(?P<phrase>[^"]*)"|(?P<word>\S+|(?<=:)))')
_QUOTES = str.maketrans("“”„«»", '"' * 5)  # what telephones and other languages write
_YEARS = range(1900, 3000)
_DATE = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?")


@dataclass(frozen=True, slots=True)
class Term:
    """Words that stand one behind the other, each folded; the last may be the beginning of a longer one."""

    words: tuple[str, ...]
    is_beginning: bool

    @property
    def pattern(self) -> str:
        """What a folded text with a blank at both ends has in it where it has this term."""
        return f" {' '.join(self.words)}{'' if self.is_beginning else ' '}"

    @property
    def is_phrase(self) -> bool:
        return len(self.words) > 1


@dataclass(frozen=True, slots=True)
class Misread:
    """A filter, by its name, that was not understood in `text`, which is as it was typed."""

    filter: str
    text: str
    is_excluded: bool


@dataclass(frozen=True, slots=True)
class Query:
    """All of `terms` and none of `excluded` are in one text; the rest says of which conversations. Blank where nothing
    is asked. What was `misread` is among the words, and makes no other query."""

    terms: tuple[Term, ...] = ()
    excluded: tuple[Term, ...] = ()
    model: str = ""
    tag: str = ""
    before: date | None = None  # said on an earlier day
    after: date | None = None  # said on this day or later
    is_pinned: bool = False
    is_archived: bool = False
    misread: tuple[Misread, ...] = field(default=(), compare=False)

    @property
    def is_about_conversations(self) -> bool:
        return bool(self.is_pinned or self.is_archived or self.tag or self.model)

    def __bool__(self) -> bool:
        return self != Query()


def parsed(asked: str) -> Query:
    """What `asked` means. Every text means something; what is no filter is looked for as words. `-word` excludes, but
    where nothing else is asked, it is a word like others, such as `-vu`."""
    query = Query()
    for piece in _PIECE.finditer(asked.translate(_QUOTES)):
        query = _filtered(query, piece) or _with_words(_noted(query, piece, asked), piece)
    if query == Query(excluded=query.excluded):
        return replace(query, terms=query.excluded, excluded=())
    return query


def _filtered(query: Query, piece: re.Match[str]) -> Query | None:
    """The query with the filter that this piece is; None where it is none."""
    value = (piece["phrase"] or piece["word"] or "").strip()
    read = FILTERS.get((piece["name"] or "").casefold())
    if piece["not"] or not value or not read:
        return None
    changed = read(value)
    return replace(query, **changed) if changed else None


def _noted(query: Query, piece: re.Match[str], asked: str) -> Query:
    """The query, which tells of this piece where that has the name of a filter."""
    name = (piece["name"] or "").casefold()
    if name not in FILTERS:
        return query
    misread = Misread(name, asked[piece.start() : piece.end()], is_excluded=bool(piece["not"]))
    return replace(query, misread=(*query.misread, misread))


def _on_day(name: str, value: str) -> dict[str, Any]:
    day = _day(value)
    return {name: day} if day else {}


FILTERS: dict[str, Callable[[str], dict[str, Any]]] = {
    "model": lambda value: {"model": value},
    "tag": lambda value: {"tag": value},
    "before": partial(_on_day, "before"),
    "after": partial(_on_day, "after"),
    "is": lambda value: {"is_pinned": True} if value.casefold() == "pinned" else {},
    "in": lambda value: {"is_archived": True} if value.casefold() == "archive" else {},
}


def _day(value: str) -> date | None:
    """The day, or the first one of a month or year."""
    found = _DATE.fullmatch(value)
    try:
        day = date(*(int(number or 1) for number in found.groups())) if found else None
    except ValueError:
        return None
    return day if day and day.year in _YEARS else None


def _with_words(query: Query, piece: re.Match[str]) -> Query:
    is_quoted = piece["phrase"] is not None
    text = piece["phrase"] if is_quoted else piece["word"]
    term = _term(f"{piece['name'] or ''} {text}", is_quoted=is_quoted)
    if term is None:
        return query
    if piece["not"]:
        return replace(query, excluded=_with(query.excluded, replace(term, is_beginning=_is_cut(term.words))))
    return replace(query, terms=_with(query.terms, term))


def _with(terms: tuple[Term, ...], term: Term) -> tuple[Term, ...]:
    """Each once: texts are read anew for each phrase."""
    return terms if term in terms else (*terms, term)


def _term(text: str, *, is_quoted: bool) -> Term | None:
    words = fold(text).split()
    if len(words) > 1 and is_unparted(words[-1]) and len(words[-2]) == 2 and words[-2][-1] == words[-1]:
        words.pop()  # the last sign of a row, which may go on in the text
    if not words:
        return None
    may_go_on = not is_quoted and len(words[-1]) >= BEGINNINGS.start
    return Term(tuple(words), is_beginning=may_go_on or _is_cut(tuple(words)))


def _is_cut(words: tuple[str, ...]) -> bool:
    """Whether the last one is a single sign of a script without blanks, which is indexed at the beginning of pairs."""
    return len(words[-1]) == 1 and is_unparted(words[-1])

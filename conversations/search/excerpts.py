"""The part of a text that shows why it was found."""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from conversations.search.folding import LONGEST_WORD, MOST_BYTES, UNPARTED, by_signs, fold, is_unparted
from conversations.search.queries import Query, Term

LENGTH = 220  # signs that are shown
BEFORE = 60  # of these, before the first word that was found
_PIECE = 400  # signs that are looked at together
_OVERLAP = 100
_FURTHER = 10_000  # signs behind the best so far in which a better one is looked for
_BETWEEN = rf"\s{UNPARTED}"  # what may stand beside a word


class Excerpt(NamedTuple):
    """A stretch of text, and whether it is what was looked for."""

    text: str
    is_found: bool


def excerpt(text: str, query: Query) -> list[Excerpt]:
    """About LENGTH signs of `text` where most terms of the query stand close together, or of its beginning where none
    does; blanks and ends of lines are one blank each. It reads the text until all terms are found, and not much further
    than where some are."""
    text = " ".join(text[:MOST_BYTES].split())
    first, last = _best_piece(text, query.terms)
    found = sorted((first + start, first + end) for start, end in _places(text[first:last], query.terms))
    start = _word_start(text, found[0][0] - BEFORE) if found else 0
    end = _word_end(text, start + LENGTH)
    shown = list(_parts(text, found, start, end))
    return [Excerpt("… ", False)] * (start > 0) + shown + [Excerpt(" …", False)] * (end < len(text))


def _best_piece(text: str, terms: tuple[Term, ...]) -> tuple[int, int]:
    best, most, enough = (0, 0), 0, len(text)
    for start, end in _pieces(text):
        folded = f" {fold(text[start:end])} "
        count = sum(term.pattern in folded for term in terms)
        if count > most:
            best, most, enough = (start, end), count, end + _FURTHER
        if most == len(terms) or end > enough:
            break
    return best


def _pieces(text: str) -> Iterator[tuple[int, int]]:
    """Where they begin and end: between words, and over each other, so that words in a row are together in one."""
    start = end = 0
    while end < len(text):
        end = _word_end(text, start + _PIECE)
        yield start, end
        start = _word_start(text, end - _OVERLAP)


def _word_start(text: str, place: int) -> int:
    """Where the word at `place` begins, or `place` itself in a row without blanks."""
    blank = text.rfind(" ", max(0, place - LONGEST_WORD), max(0, place))
    return blank + 1 if blank >= 0 else max(0, place)


def _word_end(text: str, place: int) -> int:
    blank = text.find(" ", place, place + LONGEST_WORD)
    return blank if blank >= 0 else min(place, len(text))


def _places(piece: str, terms: tuple[Term, ...]) -> Iterator[tuple[int, int]]:
    folded, origins = by_signs(piece)
    for term in terms:
        for found in _expression(term).finditer(folded):
            yield origins[found.start()], origins[found.end() - 1] + 1


@lru_cache(maxsize=100)
def _expression(term: Term) -> re.Pattern[str]:
    """Finds a term in a text that is folded sign by sign."""
    written = _joined(term.words)
    words = r"\s*".join(re.escape(word) for word in written)
    before = "" if is_unparted(written[0][0]) else f"(?<![^{_BETWEEN}])"
    return re.compile(f"{before}{words}{_behind(term, written[-1][-1])}")


def _behind(term: Term, last: str) -> str:
    if is_unparted(last):
        return ""
    return f"[^{_BETWEEN}]*" if term.is_beginning else f"(?![^{_BETWEEN}])"


def _joined(words: tuple[str, ...]) -> list[str]:
    """The words with rows of pairs made whole again."""
    joined = [words[0]]
    for word in words[1:]:
        if is_unparted(word[0]) and joined[-1][-1] == word[0] and is_unparted(joined[-1]):
            joined[-1] += word[1:]
        else:
            joined.append(word)
    return joined


def _parts(text: str, found: list[tuple[int, int]], start: int, end: int) -> Iterator[Excerpt]:
    """What is shown from `start` to `end`, cut at what was found."""
    place = start
    for found_from, found_to in found:
        first, last = max(found_from, place), min(found_to, end)
        if place < first < last:
            yield Excerpt(text[place:first], is_found=False)
        if first < last:
            yield Excerpt(text[first:last], is_found=True)
            place = last
    if place < end:
        yield Excerpt(text[place:end], is_found=False)

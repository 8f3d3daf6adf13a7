"""The words that the site's rules look for in what is written."""

import re
from functools import lru_cache

from django.conf import settings

from conversations import search

# Scripts that put no blanks between their words: each of their signs counts as a word, and several as a row of them.
UNPARTED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
WORD = re.compile(rf"[{UNPARTED}]|[^\W_{UNPARTED}]+")
PIECE = re.compile(r"\S{1,200}")  # which is folded at a time: a long text must not hold up other threads


def found_in(text: str) -> list[str]:
    """Those of REVIEW_WORDS that stand in `text`: whole words, also several in a row, in any case, with or without
    accents. Nothing is looked at where there are none; else some 0.3 s for each MB."""
    if not settings.REVIEW_WORDS:
        return []
    said = _row(text)
    return [asked for asked in settings.REVIEW_WORDS if _row_of(asked) in said]


@lru_cache(maxsize=200)
def _row_of(asked: str) -> str:
    return _row(asked)


def _row(text: str) -> str:
    """The folded words of `text`, each between two blanks."""
    words = (word for piece in PIECE.finditer(text) for word in WORD.findall(search.fold(piece[0])))
    return f" {' '.join(words)} "

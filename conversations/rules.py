"""The words that the site's rules look for in what is written."""

import re
from functools import lru_cache

from django.conf import settings

from conversations import search

# Scripts that put no blanks between their words: each of their signs counts as a word, and several as a row of them.
UNPARTED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
WORD = re.compile(rf"[{UNPARTED}]|[^\W_{UNPARTED}]+")
# What nobody sees, of Unicode's Default_Ignorable_Code_Point: soft hyphens, blanks without width, fillers, …
UNSEEN = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]+"
)
# What is folded at a time: a long text must not hold up other threads, though ﷺ grows.
PIECE = re.compile(r".{1,30}", re.DOTALL)


def found_in(text: str) -> list[str]:
    """Those of REVIEW_WORDS that stand in `text`: whole words, also several in a row, in any case, with or without
    accents and what nobody sees. Nothing is looked at where there are none; else some 0.3 s for each MB."""
    if not settings.REVIEW_WORDS:
        return []
    said = _row(text)
    return [asked for asked in settings.REVIEW_WORDS if is_phrase(asked) and _row_of(asked) in said]


def is_phrase(text: str) -> bool:
    """Whether there is a word in it that could be found."""
    return not _row_of(text).isspace()


@lru_cache(maxsize=200)
def _row_of(asked: str) -> str:
    return _row(asked)


def _row(text: str) -> str:
    """The folded words of `text`, each between two blanks."""
    folded = "".join(UNSEEN.sub("", search.unmarked(piece[0])) for piece in PIECE.finditer(text))
    return f" {' '.join(word[0] for word in WORD.finditer(folded))} "

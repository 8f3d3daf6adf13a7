"""What is the same to somebody who searches: one folding for what is written and for what is asked."""

import unicodedata
from collections.abc import Iterable

_ALIKE = str.maketrans({"ı": "i", "ł": "l", "ø": "o", "đ": "d"})  # no marks of their own to take off
_LONGEST = 600  # signs: three for each of a title's, which no language needs, while ﷺ alone is 18


def has_words(text: str, words: Iterable[str]) -> bool:
    """Whether each of `words`, as `words_of` gives them, stands somewhere in `text`."""
    folded = fold(text)
    return all(word in folded for word in words)


def words_of(asked: str) -> list[str]:
    """What is looked for, folded; the last word is perhaps not yet typed to its end."""
    return fold(asked).split()


def fold(text: str) -> str:
    """The text in one case and without marks, so that ёлка is елка and Ünal is unal."""
    if text.isascii():
        return text.lower()
    signs = unicodedata.normalize("NFKD", text.casefold())[:_LONGEST]
    return "".join(sign for sign in signs if not unicodedata.combining(sign)).translate(_ALIKE)

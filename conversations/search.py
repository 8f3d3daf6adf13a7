"""What is the same to somebody who searches: one folding for what is written and for what is asked."""

import unicodedata

_ALIKE = str.maketrans({"ı": "i", "ł": "l", "ø": "o", "đ": "d"})  # no marks of their own to take off


def fold(text: str) -> str:
    """The text in one case and without marks, so that ёлка is елка and Ünal is unal."""
    if text.isascii():
        return text.lower()
    bare = "".join(sign for sign in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(sign))
    return bare.translate(_ALIKE)


def has_words(text: str, words: str) -> bool:
    """Whether each of `words` stands somewhere in `text`, the last one perhaps not yet typed to its end."""
    folded = fold(text)
    return all(word in folded for word in fold(words).split())

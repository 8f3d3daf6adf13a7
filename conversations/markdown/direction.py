"""Which way the parts of a text are read.

A page shows each paragraph, heading and item the way its own first letter says. What stands around several of them, a
list with its marks, a quote with its bar, a table with its order of columns, has one direction, that of its first
letter. It is said here where it is another than that of what is around it; the whole goes from left to right, or a
block would look another way with each text that stands before it. Code and formulas, which are read from left to right
in every language, say nothing of the text that they stand in.
"""

import re
import unicodedata
from collections.abc import Iterator
from typing import Final, Literal

from markdown_it.rules_core import StateCore
from markdown_it.token import Token

Direction = Literal["ltr", "rtl"]

LETTERS: Final[dict[str, Direction]] = {"L": "ltr", "R": "rtl", "AL": "rtl"}  # by their class in Unicode
CONTAINERS: Final = ("blockquote", "bullet_list", "ordered_list", "table")
OPEN: Final = frozenset(f"{name}_open" for name in CONTAINERS)
CLOSE: Final = frozenset(f"{name}_close" for name in CONTAINERS)
NO_WORDS: Final = frozenset({"code_inline", "formula"})
_RIGHT_TO_LEFT: Final = re.compile(
    "[\u0590-\u08ff\u200f\ufb1d-\ufdff\ufe70-\ufeff\U00010800-\U00010fff\U0001e800-\U0001efff]"
)


def say_directions(state: StateCore) -> None:
    """Give `dir` to the containers that need it: a core rule of the parser."""
    if not _RIGHT_TO_LEFT.search(state.src):
        return
    directions = _directions(state.tokens)
    around: list[Direction] = ["ltr"]
    for place, token in enumerate(state.tokens):
        if token.type in OPEN:
            own = directions.get(place, around[-1])
            if own != around[-1]:
                token.attrs["dir"] = own
            around.append(own)
        elif token.type in CLOSE:
            around.pop()


def _directions(tokens: list[Token]) -> dict[int, Direction]:
    """That of each container that has a letter, by the place of the token that opens it."""
    found: dict[int, Direction] = {}
    opened: list[int] = []
    for place, token in enumerate(tokens):
        if token.type in OPEN:
            opened.append(place)
        elif token.type in CLOSE:
            opened.pop()
        elif direction := _first(token):
            for container in opened:
                found.setdefault(container, direction)
    return found


def _first(token: Token) -> Direction | None:
    letters = (unicodedata.bidirectional(character) for text in _texts(token) for character in text)
    return next((LETTERS[letter] for letter in letters if letter in LETTERS), None)


def _texts(token: Token) -> Iterator[str]:
    return (child.content for child in token.children or () if child.type not in NO_WORDS)

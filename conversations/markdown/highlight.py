"""Code to HTML with Pygments' short token classes."""

from functools import cache
from html import escape
from itertools import groupby
from typing import Final

from pygments.lexers import find_lexer_class, get_all_lexers
from pygments.token import STANDARD_TYPES, _TokenType

LONGEST: Final = 20_000  # characters of one block; longer ones stay plain

_UNSTYLED: Final = frozenset({"", "w", "n", "p", "err"})  # half of all tokens; and half-written code is not an error
TOKEN_CLASSES: Final = frozenset(STANDARD_TYPES.values()) - _UNSTYLED

_LEXERS: Final = [(name, aliases) for name, aliases, _, _ in get_all_lexers(plugins=False) if aliases]
_NAMES: Final = {aliases[0]: name for name, aliases in _LEXERS}
_CANONICAL: Final = {alias.lower(): aliases[0] for _, aliases in reversed(_LEXERS) for alias in aliases}
LANGUAGES: Final = frozenset(_NAMES)
"""The languages that can be highlighted, each by Pygments' first alias."""


def language_of(info: str) -> str | None:
    """The language that a fence's info string begins with, if it is one of LANGUAGES."""
    words = info.split(maxsplit=1)
    return _CANONICAL.get(words[0].lower()) if words else None


def highlight(code: str, *, language: str) -> str:
    """`code` escaped, its tokens in `<span class="k">`; only escaped when it is too long or its lexer loses text."""
    if len(code) > LONGEST:
        return escape(code)
    lexer_class = find_lexer_class(_NAMES[language])
    assert lexer_class  # noqa: S101 - the name came from Pygments
    tokens = list(lexer_class(stripnl=False, ensurenl=False).get_tokens(code))
    if "".join(value for _, value in tokens) != code:
        return escape(code)
    runs = groupby(tokens, key=lambda token: _class_of(token[0]))
    return "".join(_span("".join(value for _, value in run), name) for name, run in runs)


@cache
def _class_of(kind: _TokenType) -> str:
    name = next(STANDARD_TYPES[ancestor] for ancestor in reversed(kind.split()) if ancestor in STANDARD_TYPES)
    return name if name in TOKEN_CLASSES else ""


def _span(text: str, name: str) -> str:
    return f'<span class="{name}">{escape(text)}</span>' if name else escape(text)

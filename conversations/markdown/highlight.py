"""Code to HTML, its tokens in the few classes that are drawn in ways of their own."""

from functools import cache
from html import escape
from itertools import groupby
from typing import Final

from pygments.lexers import find_lexer_class, get_all_lexers
from pygments.token import STANDARD_TYPES, _TokenType

LONGEST: Final = 20_000  # characters of one block; longer ones stay plain
LONG: Final = 4_000  # characters; longer ones are given fewer looks where these would make the HTML
DENSEST: Final = 2.5  # times as long: it is sent while the answer grows, and a page has to draw it

# One class for what looks alike, none for what looks like plain text: half the HTML of a class for each kind of token.
# Half-written code is not an error.
_LOOKS: Final = {
    "k": "k kc kd kn kp kr kt ow nt",  # keywords
    "s": "s sa sb sc dl sd s2 se sh si sx sr s1 ss ld",  # strings
    "m": "m mb mf mh mi il mo l no bp nl",  # numbers and constants
    "n": "na nb nc nd nf fm nn py",  # names with a meaning
    "c": "c ch cm c1 cs go",  # comments
    "cp": "cp cpf",  # directives
    "gi": "gi",  # inserted
    "gd": "gd gr gt",  # deleted, or wrong
    "gh": "gh gu",  # headings
    "gs": "gs",
    "ge": "ge",
}
_LEAST_TELLING: Final = ("n", "m", "k", "s", "c")  # in the order in which they are given up
_LOOK_OF: Final = {name: look for look, names in _LOOKS.items() for name in names.split()}
TOKEN_CLASSES: Final = frozenset(_LOOKS)

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
    """`code` escaped, its tokens in `<span class="k">` and such; only escaped when too long or its lexer loses text."""
    if len(code) > LONGEST:
        return escape(code)
    lexer_class = find_lexer_class(_NAMES[language])
    assert lexer_class  # noqa: S101 - the name came from Pygments
    tokens = list(lexer_class(stripnl=False, ensurenl=False).get_tokens(code))
    if "".join(value for _, value in tokens) != code:
        return escape(code)
    looks = set(_LOOKS)
    html = _in_spans(tokens, looks)
    for look in _LEAST_TELLING:
        if len(code) <= LONG or len(html) <= DENSEST * len(code):
            break
        looks.remove(look)
        html = _in_spans(tokens, looks)
    return html


def _in_spans(tokens: list[tuple[_TokenType, str]], looks: set[str]) -> str:
    runs = groupby(tokens, key=lambda token: _look_of(token[0]))
    return "".join(_span("".join(value for _, value in run), look if look in looks else "") for look, run in runs)


@cache
def _look_of(kind: _TokenType) -> str:
    name = next(STANDARD_TYPES[ancestor] for ancestor in reversed(kind.split()) if ancestor in STANDARD_TYPES)
    return _LOOK_OF.get(name, "")


def _span(text: str, look: str) -> str:
    escaped = escape(text, quote=False)
    return f'<span class="{look}">{escaped}</span>' if look else escaped

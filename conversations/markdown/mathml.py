"""Formulas of LaTeX to MathML within the policy."""

import re
from collections import Counter
from functools import cache
from html import escape, unescape
from typing import TYPE_CHECKING, Final
from unicodedata import normalize

from .policy import CLASSES, MATH_ATTRIBUTES, MATH_LEAVES, MATH_SPACES, MATH_TAGS

if TYPE_CHECKING:
    from math_core import LatexToMathML

LONGEST: Final = 2_000  # bytes of UTF-8 in one formula, which cannot nest so deep that the library's stack ends
LARGEST: Final = 50_000  # characters of what becomes of it
DEEPEST: Final = 60  # elements in each other: parsers stop nesting at 512, and Markdown may be around it
MOST_EXPANSIONS: Final = 50  # of the commands that a formula defines itself


class _Refused(Exception):
    """The library made something that the policy does not hold."""


def mathml(formula: str, *, is_display: bool) -> str | None:
    """The `<math>` element that shows `formula` (LaTeX without its delimiters, clean).

    None where there is none: the formula is too long, the library does not understand it or fails, or the element would
    hold what the policy does not, or not show every letter of the formula. Costs about 0.1 ms for an ordinary formula,
    and about 10 ms for the worst.
    """
    if len(formula.encode()) > LONGEST:
        return None
    try:
        made = _converter().convert_with_local_state(_prepared(formula, is_display=is_display), displaystyle=is_display)
        return _Element(made).html_showing(formula)
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException:  # any error of the library; a panic of its Rust is no Exception
        return None


@cache
def _converter() -> "LatexToMathML":
    from math_core import LatexToMathML  # noqa: PLC0415 - only where there is a formula

    return LatexToMathML(fancy_error=False, max_expansions=MOST_EXPANSIONS, allow_unreliable_rendering=True)


_PERCENT = re.compile(r"(\\.)|%", re.DOTALL)
_ROW_GAP = re.compile(r"(\\\\)\s*\[\s*-?[\d.]+\s*[a-z]{2}\s*\]")
_NUMBERED = re.compile(r"\\(begin|end)\{(align|equation|flalign|gather|multline)\}")
_ALONE = re.compile(r"\s*\\begin\{(align|equation|flalign|gather|multline)\*\}")


def _prepared(formula: str, *, is_display: bool) -> str:
    """`formula` as models mean it: a percent sign is one, no row is counted, and two backslashes begin another row."""
    formula = _PERCENT.sub(lambda found: found[1] or r"\%", formula)  # to LaTeX it begins a comment
    formula = _ROW_GAP.sub(r"\1", formula)  # the library shows it
    formula = _NUMBERED.sub(r"\\\1{\2*}", formula)  # each would have number 1
    rows = _rows_around(formula) if is_display else ""
    return rf"\begin{{{rows}}}{formula}\end{{{rows}}}" if rows else formula


def _rows_around(formula: str) -> str:
    """The environment that `formula` needs around it to have rows, or a tag or label."""
    has_tag = r"\tag" in formula or r"\label" in formula
    has_rows = r"\\" in formula and r"\begin" not in formula
    if has_rows and "&" in formula:
        return "align*" if has_tag else "aligned"
    if has_rows:
        return "gather*" if has_tag else "gathered"
    return "equation*" if has_tag and not _ALONE.match(formula) else ""


# The library writes one line of XML, with the entities of HTML.
_PART = re.compile(
    r'<(?P<end>/?)(?P<tag>[a-z]+)(?P<attributes>(?: [a-z]+="[^"<>]*")*)(?P<is_empty>/?)>|(?P<text>[^<>]+)'
)
_ATTRIBUTE = re.compile(r'([a-z]+)="([^"]*)"')
_LENGTH = re.compile(r"(\d*\.?\d+)r?em")

_AS_ROW: Final = frozenset({"menclose", "mpadded"})  # in MathML Core they are no more than that
_TEXT_STYLES: Final = frozenset({"b", "i", "em", "code", "s", "span", "u"})  # HTML, within <mtext>
# No `style` passes: what matters of it is a class, and the rest (colours, small shifts) is left out.
_STYLES: Final = {
    "text-align: left": "md-left",
    "text-align: right": "md-right",
    "padding-left: 0": "md-flush-left",
    "padding-right: 0": "md-flush-right",
    "padding-left:1em": "md-apart",
    "border-left: 0.05em solid currentcolor": "md-line-left",
    "border-left: 0.05em dashed currentcolor": "md-line-left",
    "border-right: 0.05em solid currentcolor": "md-line-right",
    "border-right: 0.05em dashed currentcolor": "md-line-right",
    "border-top: 0.05em solid currentcolor": "md-line-top",
    "border-top: 0.05em dashed currentcolor": "md-line-top",
    "width: 100%": "md-wide",
    "width: 50%": "md-gap",
}
_NOTATIONS: Final = {"box": "md-boxed", "updiagonalstrike": "md-struck", "downdiagonalstrike": "md-struck"}


class _Element:
    """What the library made, taken apart and put together again from what the policy allows; raises _Refused."""

    def __init__(self, made: str) -> None:
        if len(made) > LARGEST:
            raise _Refused
        self._open: list[str] = []
        self._html: list[str] = []
        self._text: list[str] = []
        end = 0
        for part in _PART.finditer(made):
            self._take(part, is_next=part.start() == end)
            end = part.end()
        if end != len(made) or self._open:
            raise _Refused

    def html_showing(self, formula: str) -> str:
        if not "".join(self._text).strip() or not _letters_written(formula) <= _letters("".join(self._text)):
            raise _Refused
        return "".join(self._html)

    def _take(self, part: re.Match[str], *, is_next: bool) -> None:
        if not is_next:
            raise _Refused
        if part["text"]:
            self._add_text(unescape(part["text"]))
        elif part["tag"] in _TEXT_STYLES and self._open[-1:] == ["mtext"]:
            return
        elif part["end"]:
            self._close("mrow" if part["tag"] in _AS_ROW else part["tag"])
        else:
            self._begin(part["tag"], dict(_ATTRIBUTE.findall(part["attributes"])), is_empty=bool(part["is_empty"]))

    def _add_text(self, text: str) -> None:
        if self._open[-1:] == [] or self._open[-1] not in MATH_LEAVES:
            raise _Refused
        self._text.append(text)
        self._html.append(escape(text))

    def _begin(self, name: str, attributes: dict[str, str], *, is_empty: bool) -> None:
        tag = "mrow" if name in _AS_ROW else name
        if tag not in MATH_TAGS or (tag == "math") is bool(self._html) or len(self._open) == DEEPEST:
            raise _Refused
        if self._open and self._open[-1] in MATH_LEAVES:
            raise _Refused
        self._html.append(f"<{tag}{''.join(_attributes(tag, attributes))}>")
        self._open.append(tag)
        if is_empty:
            self._close(tag)

    def _close(self, tag: str) -> None:
        if not self._open or self._open.pop() != tag:
            raise _Refused
        self._html.append(f"</{tag}>")


def _attributes(tag: str, made: dict[str, str]) -> list[str]:
    values = {name: _space(value) if name == "width" else value for name, value in made.items()}
    allowed = MATH_ATTRIBUTES.get(tag, {})
    kept = [f' {name}="{value}"' for name, value in values.items() if value in allowed.get(name, ())]
    classes = [name for name in _classes(made) if name in CLASSES.get(tag, ())]
    return [*kept, f' class="{" ".join(classes)}"'] if classes else kept


def _classes(made: dict[str, str]) -> list[str]:
    styles = made.get("style", "").split(";")
    names = [_STYLES.get(style.strip()) for style in styles]
    names += [_NOTATIONS.get(notation) for notation in made.get("notation", "").split()]
    return [name for name in dict.fromkeys(names) if name]


def _space(width: str) -> str:
    """The next of the widths that are allowed."""
    length = _LENGTH.fullmatch(width)
    return MATH_SPACES[min(round(float(length[1]) * 18), len(MATH_SPACES) - 1)] if length else ""


# What of a formula is not written to be read: commands, and those arguments of theirs that are names or sizes.
_COMMAND = re.compile(
    r"\\begin\s*\{array\}\s*(\[\w*\])?\s*\{[^{}]*\}"
    r"|\\(begin|end|label|color|textcolor|hspace\*?)\s*\{[^{}]*\}"
    r"|\\[mh]?(kern|skip)\s*-?[\d.]+\s*[a-z]{2}"
    r"|\\\\\s*(\[[^\[\]]*\])?|\\[a-zA-Z]+|\\."
)


def _letters_written(formula: str) -> Counter[str]:
    return _letters(_COMMAND.sub(" ", formula))


def _letters(text: str) -> Counter[str]:
    """How often each letter and digit is in `text`, whatever its font."""
    return Counter(character for character in normalize("NFKD", text) if character.isalnum())

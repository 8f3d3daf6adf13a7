r"""Where formulas are: `$…$`, `$$…$$`, `\(…\)` and `\[…\]`, in a line or as a block of lines."""

import re
from typing import Final

from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline

CLOSERS: Final = {"$": "$", "$$": "$$", r"\(": r"\)", r"\[": r"\]"}
DISPLAYED: Final = frozenset({"$$", r"\["})
"""The openers of formulas that stand alone."""

# Glued to a word, neither US$5 nor an escaped a\[b\] begins a formula.
_DISPLAYS: Final = {
    "$$": re.compile(
        r"(?<![0-9A-Za-z$])\$\$(?![$)\],;:!?])(?P<tex>(?:[^\\$]|\\.|\$(?!\$))++)\$\$(?![0-9A-Za-z$])", re.DOTALL
    ),
    r"\[": re.compile(r"(?<![0-9A-Za-z])\\\[(?P<tex>(?:[^\\]|\\[^\]])++)\\\]"),
}
_FORMULAS: Final = {
    **_DISPLAYS,
    # As pandoc has it; and what could be an amount or a variable ($HOME/$USER) touches no word, which what begins with
    # a command or an exponent may (10$^\circ$C). No backtick is in a formula: `$5 in `sh$`` is a sum and code.
    "$": re.compile(
        r"(?:(?P<sure>(?<!\$)\$(?=[\\^]))|(?<![0-9A-Za-z$])\$(?![\s$]))"
        r"(?P<tex>(?:[^\\$`]|\\[^`])++)(?<!\s)\$(?(sure)(?![0-9$])|(?![0-9A-Za-z$]))"
    ),
    r"\(": re.compile(r"(?<![0-9A-Za-z])\\\((?P<tex>(?:[^\\]|\\[^)])++)\\\)"),
}
_SOMETHING: Final = {"$": re.compile(r"\S"), "\\": re.compile(r"\w")}


def formula(state: StateInline, silent: bool) -> bool:
    """A rule for a formula in a line of text, which goes before the one for escapes."""
    opener = _opener(state)
    match = _match(state, opener) if opener else None
    if opener is None or match is None:
        return False
    if not silent:
        token = state.push("formula", "math", 0)
        token.content, token.markup = match["tex"], opener
    state.pos = match.end()
    return True


def _opener(state: StateInline) -> str | None:
    two = state.src[state.pos : state.pos + 2]
    opener = two if two in CLOSERS else two[:1]
    return opener if opener in CLOSERS else None


def _match(state: StateInline, opener: str) -> re.Match[str] | None:
    known = f"no formula {opener}"
    text, end = state.env.get(known, ("", 0))
    if text is state.src and state.pos < end:
        return None
    match = _FORMULAS[opener].match(state.src, state.pos, state.posMax)
    if match and _says_something(opener, match["tex"]):
        return match
    if opener.startswith("\\"):  # what begins before that end fails as well: thousands would take their square
        state.env[known] = state.src, match.end() if match else state.posMax
    return None


def _says_something(opener: str, inside: str) -> bool:
    r"""Whether there is a formula: `\[\\\]` is three escapes, and `$$ $$` nothing."""
    return bool(_SOMETHING[opener[0]].search(inside))


def formula_block(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """A rule for a formula that has its lines to itself; no line of it is blank, so a paragraph of text stays one."""
    opener = _line(state, start)[:2]
    if opener not in DISPLAYED or state.is_code_block(start) or start < state.env.get(f"no block {opener}", 0):
        return False
    last = _closing_line(state, start, end, opener)
    source = state.getLines(start, last + 1, state.blkIndent, False).strip()
    match = _DISPLAYS[opener].fullmatch(source)
    if match is None or not _says_something(opener, match["tex"]):
        state.env[f"no block {opener}"] = last  # none of the lines between begins one, for the same reason
        return False
    if not silent:
        token = state.push("formula_block", "math", 0)
        token.block, token.map = True, [start, last + 1]
        token.content, token.markup = match["tex"], opener
        state.line = last + 1
    return True


def _closing_line(state: StateBlock, start: int, end: int, opener: str) -> int:
    """The first line from `start` on that holds the closer, or the last one that is not blank."""
    closer, first = CLOSERS[opener], len(opener)
    for line in range(start, end):
        if line > start and (state.isEmpty(line) or state.sCount[line] < state.blkIndent):
            return line - 1
        if _holds(_line(state, line)[first:], closer):
            return line
        first = 0
    return end - 1


def _holds(text: str, closer: str) -> bool:
    return closer in re.sub(r"\\\\", "  ", text)  # `\\]` breaks a line and is followed by a bracket


def _line(state: StateBlock, line: int) -> str:
    return state.src[state.bMarks[line] + state.tShift[line] : state.eMarks[line]]

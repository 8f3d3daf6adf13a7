"""Markdown to HTML that already keeps the policy, so that the sanitizers find nothing to do."""

import re
from collections.abc import Iterator
from functools import cache
from itertools import takewhile
from typing import Any, Final, NamedTuple

from markdown_it import MarkdownIt
from markdown_it.common.utils import mdTrim
from markdown_it.rules_block import StateBlock
from markdown_it.rules_block.table import escapedSplit, getLine, table
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

from .addresses import addresses
from .direction import say_directions
from .formulas import DISPLAYED, formula, formula_block
from .links import dress_links, show_unused_definitions
from .renderer import ChatRenderer

MAX_NESTING: Final = 100  # 20 silently drops the inner items of deep lists


LINE_BREAK: Final = re.compile(r"<br ?/?>", re.IGNORECASE)
CAN_GO_ON: Final = frozenset({"bullet_list_open", "ordered_list_open", "code_block"})  # also after a blank line


class Block(NamedTuple):
    """A top-level block: its HTML within the policy, and how many lines of the text end with it."""

    lines: int
    html: str


class TooDeep(Exception):
    """The parser would leave out what is nested deeper than MAX_NESTING."""


def grammar() -> MarkdownIt:
    """CommonMark with tables, strikethrough and task lists as their specifications have them; raw HTML is text."""
    return MarkdownIt("js-default", {"maxNesting": MAX_NESTING, "tasklists": True})


def to_html(text: str) -> str:
    """The HTML of the Markdown `text` (clean) within the policy; raises TooDeep."""
    return str(_chat().render(text))


def finished_blocks(text: str) -> list[Block]:
    """The blocks of `text` (clean, the beginning of a longer one) that nothing behind it can change; raises TooDeep.

    Together they are the beginning of what `to_html` gives for the whole, unless a definition behind them is what one
    of their links refers to. From the first definition on all is left to the end: only there is known what uses it.
    """
    text = _decided(text)
    env: dict[str, Any] = {}
    tokens = _chat().parse(text, env)
    if env.get("references"):
        first = min(reference["map"][0] for reference in env["references"].values())
        before = text.split("\n")[: first + 1]
        is_outside = before.pop().startswith("[")
        text = "".join(f"{line}\n" for line in before)
        return list(_finished(_chat().parse(text, env := {}), env, text, is_followed=is_outside))
    return list(_finished(tokens, env, text))


def _finished(tokens: list[Token], env: dict[str, Any], text: str, *, is_followed: bool = False) -> Iterator[Block]:
    lines = text.split("\n")
    groups = list(_top_level(tokens))
    for number, group in enumerate(groups, start=1):
        end = _end_of(group, lines)
        has_ended = number < len(groups) or is_followed or _is_closed(group[0], lines, end)
        if not has_ended or _may_be_in_formula(lines, end):
            return
        yield Block(end, str(_chat().renderer.render(group, _chat().options, env)))


def _decided(text: str) -> str:
    """Without a last line that is not whole, unless its first character ends whatever block stood before it."""
    before, _, last = text.rpartition("\n")
    is_after_blank = _is_blank(before.rpartition("\n")[2])
    starts_something = bool(last) and not last[0].isspace() and not last[0].isdigit()  # "2" may become an item's "2."
    return text if is_after_blank and starts_something else text[: len(text) - len(last)]


def _top_level(tokens: list[Token]) -> Iterator[list[Token]]:
    group: list[Token] = []
    for token in tokens:
        group.append(token)
        if token.level == 0 and token.nesting != 1:
            yield group
            group = []


def _end_of(group: list[Token], lines: list[str]) -> int:
    _, end = group[0].map or (0, 0)
    while end > 0 and _is_blank(lines[end - 1]):
        end -= 1
    return end


def _is_blank(line: str) -> bool:
    return not line.strip(" \t")  # any other space, an ideographic one too, is text to the parser


def _may_be_in_formula(lines: list[str], end: int) -> bool:
    """Whether what stands before line `end` may turn out to be the inside of a formula, which ends at a blank line."""
    if end + 1 < len(lines) and _is_blank(lines[end]):
        return False
    run = takewhile(lambda line: not _is_blank(line), reversed(lines[:end]))
    return any(opener in line for line in run for opener in DISPLAYED)


def _is_closed(token: Token, lines: list[str], end: int) -> bool:
    """Whether the last block, which begins with `token`, cannot go on in the lines to come."""
    if token.type == "fence":
        closing = rf" {{0,3}}{token.markup[0]}{{{len(token.markup)},}}[ \t]*"
        has_closing = end - 1 > (token.map or [0])[0] and re.fullmatch(closing, lines[end - 1])
        return bool(has_closing) and end < len(lines)
    if token.type in ("heading_open", "hr") and "|" not in lines[end - 1]:  # "# a | b" may be a table's first line
        return end < len(lines)
    return token.type not in CAN_GO_ON and end + 1 < len(lines) and _is_blank(lines[end])


@cache
def _chat() -> MarkdownIt:
    md = _Chat("js-default", grammar().options, renderer_cls=ChatRenderer)
    md.options.update(linkify=True, inline_definitions=True, store_labels=True)
    md.linkify = addresses()
    md.block.ruler.at("table", _whole_table, {"alt": ["paragraph", "reference"]})
    md.block.ruler.before("table", "formula_block", formula_block, {"alt": ["paragraph", "reference", "blockquote"]})
    md.inline.ruler.before("escape", "formula", formula)
    md.inline.ruler.at("html_inline", _line_break)
    md.core.ruler.after("block", "depth", _refuse_depth)
    md.core.ruler.after("inline", "definitions", show_unused_definitions)
    md.core.ruler.push("links", dress_links)
    md.core.ruler.push("directions", say_directions)
    return md


class _Chat(MarkdownIt):
    def validateLink(self, url: str) -> bool:  # noqa: N802 - the library's name
        return True  # decided later, where a link can still become its text

    def normalizeLinkText(self, url: str) -> str:  # noqa: N802 - likewise
        return url  # as written: a decoded punycode host may look like another


def _refuse_depth(state: StateCore) -> None:
    containers = ("blockquote_open", "list_item_open")
    if any(token.level >= MAX_NESTING - 1 and token.type in containers for token in state.tokens):
        raise TooDeep


def _line_break(state: StateInline, silent: bool) -> bool:
    """The one tag that is taken for what it means: a cell of a table has no other way to break its line."""
    found = LINE_BREAK.match(state.src, state.pos, state.posMax)
    if found is None:
        return False
    if not silent:
        state.push("hardbreak", "br", 0)
    state.pos = found.end()
    return True


def _whole_table(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """The library's rule, with classes for alignment, and with the cells beyond the header's that GFM drops."""
    first = len(state.tokens)
    found = table(state, start, end, silent)
    if found and not silent:
        tokens = state.tokens[first:]
        _align_by_class(tokens)
        _keep_excess_cells(state, tokens)
    return found


def _align_by_class(tokens: list[Token]) -> None:
    for token in tokens:
        if "style" in token.attrs:
            alignment = str(token.attrs.pop("style")).removeprefix("text-align:")
            token.attrs["class"] = f"md-{alignment}"


def _keep_excess_cells(state: StateBlock, tokens: list[Token]) -> None:
    width = sum(token.type == "th_open" for token in tokens)
    rows = [index for index, token in enumerate(tokens) if token.type == "tr_open"]
    for index in rows[1:]:
        line, _ = tokens[index].map or (0, 0)
        cells = _cells(getLine(state, line))
        if len(cells) > width:
            last = tokens[index + 3 * width - 1]  # each cell is open, inline, close
            last.content = " | ".join(cell.strip() for cell in cells[width - 1 :])


def _cells(line: str) -> list[str]:
    cells = escapedSplit(mdTrim(line))
    if cells and not cells[0]:
        cells = cells[1:]
    if cells and not cells[-1]:
        cells = cells[:-1]
    return cells

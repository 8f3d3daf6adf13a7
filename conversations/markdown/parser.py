"""Markdown to HTML that already keeps the policy, so that the sanitizers find nothing to do."""

from functools import cache
from typing import Final

from markdown_it import MarkdownIt
from markdown_it.common.utils import mdTrim
from markdown_it.rules_block import StateBlock
from markdown_it.rules_block.table import escapedSplit, getLine, table
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

from .addresses import addresses
from .links import dress_links, show_unused_definitions
from .renderer import ChatRenderer

MAX_NESTING: Final = 100  # 20 silently drops the inner items of deep lists


class TooDeep(Exception):
    """The parser would leave out what is nested deeper than MAX_NESTING."""


def grammar() -> MarkdownIt:
    """CommonMark with tables, strikethrough and task lists as their specifications have them; raw HTML is text."""
    return MarkdownIt("js-default", {"maxNesting": MAX_NESTING, "tasklists": True})


def to_html(text: str) -> str:
    """The HTML of the Markdown `text` (clean) within the policy; raises TooDeep."""
    return str(_chat().render(text))


@cache
def _chat() -> MarkdownIt:
    md = _Chat("js-default", grammar().options, renderer_cls=ChatRenderer)
    md.options.update(linkify=True, inline_definitions=True, store_labels=True)
    md.linkify = addresses()
    md.block.ruler.at("table", _whole_table, {"alt": ["paragraph", "reference"]})
    md.core.ruler.after("block", "depth", _refuse_depth)
    md.core.ruler.after("inline", "definitions", show_unused_definitions)
    md.core.ruler.push("links", dress_links)
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

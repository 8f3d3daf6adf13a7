"""Links to what the policy allows; every other link is its text."""

from collections.abc import Iterable, Iterator

from markdown_it.rules_core import StateCore
from markdown_it.token import Token

from .policy import FIXED_ATTRIBUTES, host_of


def dress_links(state: StateCore) -> None:
    """Take out links to what is not allowed, give the others their attributes, mark images that are in a link."""
    for block in state.tokens:
        if block.children:
            block.children = list(_dressed(block.children))


def _dressed(tokens: list[Token]) -> Iterator[Token]:
    is_in_link = False
    for token, following in zip(tokens, [*tokens[1:], None], strict=True):
        if token.type == "link_open":
            is_in_link = is_allowed(token)
            if is_in_link:
                token.attrs.update(FIXED_ATTRIBUTES["a"])
                yield token
                if following and following.type == "link_close":
                    yield _text(str(token.attrs["href"]))  # a link without text could not be seen
        elif token.type == "link_close":
            if is_in_link:
                yield token
            is_in_link = False
        else:
            if token.type == "image":
                token.meta["is_in_link"] = is_in_link
            yield token


def is_allowed(token: Token) -> bool:
    """Whether the policy lets this link or image lead where it wants to."""
    return host_of(str(token.attrs.get("href") or token.attrs.get("src"))) is not None


def show_unused_definitions(state: StateCore) -> None:
    """Turn reference definitions into paragraphs, except those that a link made use of.

    CommonMark shows none, and a model's `[Note]: something` or list of sources would vanish.
    """
    used = set(_used_labels(state.tokens))
    references = state.env.get("references", {})
    lines = state.src.split("\n")
    tokens: list[Token] = []
    for token in state.tokens:
        if token.type != "definition":
            tokens.append(token)
        elif token.meta["id"] not in used or references[token.meta["id"]]["map"] != token.map:
            tokens.extend(_paragraph(lines, token))
    state.tokens = tokens


def _used_labels(tokens: Iterable[Token]) -> Iterator[str]:
    for token in tokens:
        yield from _used_labels(token.children or ())
        if "label" in token.meta and token.type in ("link_open", "image") and is_allowed(token):
            yield token.meta["label"]


def _paragraph(lines: list[str], definition: Token) -> list[Token]:
    first, last = definition.map or (0, 0)
    source = "\n".join(lines[first:last])
    source = source[source.index("[") :]  # without the marks of quotes and lists before it
    opening = Token("paragraph_open", "p", 1, block=True, level=definition.level, map=definition.map)
    closing = Token("paragraph_close", "p", -1, block=True, level=definition.level)
    inline = Token("inline", "", 0, block=True, content=source, level=definition.level + 1, children=[_text(source)])
    return [opening, inline, closing]


def _text(content: str) -> Token:
    return Token("text", "", 0, content=content)

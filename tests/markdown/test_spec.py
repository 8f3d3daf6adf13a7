"""Our grammar, without the chat's own rules for links, images and code, is the one of the specifications."""

import re
from copy import deepcopy
from typing import Any
from xml.etree.ElementTree import Element

import pytest
from markdown_it import MarkdownIt

from conversations.markdown.addresses import addresses
from conversations.markdown.parser import grammar
from tests.markdown.corpora import items
from tests.markdown.trees import shape, tree

# Left out beside the examples with raw HTML, which is text here: index in the corpus, and why.
LEFT_OUT: dict[str, dict[int, str]] = {
    "commonmark_spec": {},
    "gfm_spec": {
        16: "linkify-it ends an address at an unbalanced parenthesis",
        17: "linkify-it does not take `&hl;` off an address",
        19: "ftp is never linked",
        20: "a bare mail address needs a known top-level domain",
        21: "a bare mail address needs a known top-level domain",
        22: "a bare mail address needs a known top-level domain",
        40: "one tilde strikes nothing: in `1~3, 5~7` it would",
        41: "one tilde strikes nothing",
        42: "addresses without a top-level domain, and ftp",
        43: "the corpus gives no expectation",
        46: "footnotes are not in the plan",
        47: "linkify-it takes `~~` into an address",
        61: "one tilde strikes nothing",
        62: "one tilde strikes nothing",
        64: "footnotes are not in the plan",
    },
    "cmark_regression": {
        12: "a byte order mark is taken off before parsing",
        19: "cmark alone reads the info string `language-r` as `r`",
        22: "markdown-it replaces noncharacters",
        **dict.fromkeys(range(26, 42), "smart punctuation is off"),
    },
}


@pytest.mark.parametrize("name", LEFT_OUT)
def test_grammar_renders_examples_as_specified(corpora: None, name: str) -> None:
    examples = {index: item for index, item in enumerate(items(name)) if not has_raw_html(item["markdown"])}

    wrong = [index for index, item in examples.items() if index not in LEFT_OUT[name] and ours(item) != theirs(item)]

    assert wrong == []


def test_grammar_leaves_out_no_example_that_passes(corpora: None) -> None:
    excused = [(name, index) for name, reasons in LEFT_OUT.items() for index in reasons]

    needless = [(name, index) for name, index in excused if ours(items(name)[index]) == theirs(items(name)[index])]

    # Of the smart punctuation, what has none to change is the same either way.
    assert needless == [("cmark_regression", 36), ("cmark_regression", 39), ("cmark_regression", 41)]


def ours(item: dict[str, Any]) -> tuple[object, ...]:
    md = grammar()
    if item.get("extension") == "autolink" or (item["section"] in ("Autolinks", "Interop") and "file" in item):
        md.options["linkify"] = True
        md.linkify = addresses()
    return normalized(md.render(item["markdown"]))


def theirs(item: dict[str, Any]) -> tuple[object, ...]:
    # A bare `www.` is taken as https.
    return normalized(re.sub(r'href="http://(?=www[.][^"]*">www[.])', 'href="https://', item["html"]))


def has_raw_html(text: str) -> bool:
    tokens = MarkdownIt("js-default", {"html": True}).parse(text)
    return any(token.type == "html_block" or "html_inline" in types(token.children) for token in tokens)


def types(tokens: Any) -> set[str]:
    return {token.type for token in tokens or ()}


BLOCKS = {"DOCUMENT_FRAGMENT", "p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "blockquote", "pre", "hr"}
BLOCKS |= {"table", "thead", "tbody", "tr", "th", "td", "br", "input"}


def normalized(html: str) -> tuple[object, ...]:
    """The tree without the space between blocks and without the names that implementations choose."""
    root = deepcopy(tree(html))  # shared with other tests
    for element in root.iter():
        normalize_names(element)
    normalize_space(root)
    return shape(root)


def normalize_names(element: Element) -> None:
    element.tag = {"s": "del"}.get(element.tag, element.tag)
    if element.tag in ("ul", "li", "input"):
        element.attrib.pop("class", None)  # of task lists
    if alignment := element.attrib.pop("style", "").removeprefix("text-align:"):
        element.attrib["align"] = alignment


def normalize_space(element: Element) -> None:
    """Take off the space beside the edges of blocks, which shows nowhere."""
    if element.tag == "pre":
        return
    edge = element.tag if element.tag in BLOCKS else ""
    marks = [edge, *(child.tag if child.tag in BLOCKS else "" for child in element), edge]
    element.text = stripped(element.text, marks[0], marks[1])
    for child, before, after in zip(element, marks[1:], marks[2:], strict=False):
        child.tail = stripped(child.tail, before, after)
        normalize_space(child)


def stripped(text: str | None, before: str, after: str) -> str:
    text = (text or "").lstrip() if before else text or ""
    return text.rstrip() if after else text

"""Every text of the corpora through the renderer with both engines, judged by html5lib."""

import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from typing import Any, get_args
from xml.etree.ElementTree import Element

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

from conversations.markdown.plain import clean
from conversations.markdown.rendering import render_here
from conversations.markdown.sanitizer import Engine, sanitize
from tests.markdown.corpora import NAMES, texts
from tests.markdown.trees import elements, shape, tree, visible

pytestmark = pytest.mark.usefixtures("corpora")

each_corpus = pytest.mark.parametrize("name", NAMES)
each_engine = pytest.mark.parametrize("engine", get_args(Engine))

# The policy once more, in the judge's own words.
TAGS = {
    *("h1", "h2", "h3", "h4", "h5", "h6", "p", "br", "hr", "blockquote", "ul", "ol", "li", "pre", "code", "figure"),
    *("figcaption", "table", "thead", "tbody", "tr", "th", "td", "div", "span", "em", "strong", "s", "a", "bdi"),
}
MATHML = "{http://www.w3.org/1998/Math/MathML}"
MATH_TAGS = {
    *("math", "mi", "mn", "mo", "mtext", "mspace", "mrow", "mfrac", "msqrt", "mroot", "msub", "msup", "msubsup"),
    *("munder", "mover", "munderover", "mmultiscripts", "mprescripts", "mtable", "mtr", "mtd"),
}
TAGS |= {MATHML + tag for tag in MATH_TAGS}
REL = "noopener noreferrer nofollow ugc"
CLASSES = {
    "a": r"md-image",
    "bdi": r"md-host",
    "code": r"language-[a-z0-9+_.-]+|md-math",
    "div": r"md-table|md-math",
    "figure": r"md-code( md-long)?",
    "li": r"md-task",
    "pre": r"plain",
    "span": r"md-open|md-done|md-math|md-math-line|[a-z][a-z0-9]{0,3}",
    "td": r"md-left|md-center|md-right",
    "th": r"md-left|md-center|md-right",
    MATHML + "mrow": r"md-boxed|md-struck",
    MATHML + "mtable": r"(md-(wide|line-left|line-top) ?)+",
    MATHML + "mtd": r"(md-(left|right|apart|gap|flush-left|flush-right|line-right|line-top) ?)+",
}
ATTRIBUTES = {
    "href": r"(https?://[^\s/?#@\\]+([/?#]\S*)?|mailto:[^\s@:]+@\S+)",
    "title": r"(?s).*",
    "target": r"_blank",
    "rel": REL,
    "start": r"\d{1,9}",
}
MATH_ATTRIBUTES = {
    "display": r"block",
    "mathvariant": r"normal",
    "form": r"prefix|infix|postfix",
    "linethickness": r"0",
    "scriptlevel": r"[012]",
    "width": r"\d(\.\d+)?em",
    **dict.fromkeys(("lspace", "rspace"), r"0(\.\d+em)?"),
    **dict.fromkeys(("minsize", "maxsize"), r"[12]\.\d+em"),
    **dict.fromkeys(("accent", "accentunder", "displaystyle", "stretchy", "symmetric"), r"true|false"),
    **dict.fromkeys(("largeop", "movablelimits"), r"true|false"),
}
OWNERS = {"href": "a", "title": "a", "target": "a", "rel": "a", "start": "ol"}


@each_corpus
@each_engine
def test_corpus_leaves_nothing_outside_the_policy(name: str, engine: Engine) -> None:
    found = {text: faults(tree(html)) for text, html in rendered(name, engine).items()}

    assert {text: fault for text, fault in found.items() if fault} == {}


@each_corpus
def test_corpus_gives_the_same_tree_with_both_engines(name: str) -> None:
    by_nh3, by_bleach = rendered(name, "nh3"), rendered(name, "bleach")

    different = [text for text in by_nh3 if shape(tree(by_nh3[text])) != shape(tree(by_bleach[text]))]

    assert different == []


@each_corpus
def test_corpus_shows_every_word(name: str) -> None:
    lost = {text: lost_words(text, html) for text, html in rendered(name, "nh3").items()}

    assert {text: words for text, words in lost.items() if words} == {}


@each_corpus
@each_engine
def test_corpus_is_not_changed_by_sanitizing_again(name: str, engine: Engine) -> None:
    pages = rendered(name, engine)

    changed = [text for text, page in pages.items() if shape(tree(sanitize(page, engine=engine))) != shape(tree(page))]

    assert changed == []


@each_corpus
@each_engine
def test_sanitizer_alone_leaves_nothing_outside_the_policy(name: str, engine: Engine) -> None:
    found = {text: tags_outside(tree(sanitize(clean(text), engine=engine))) for text in texts(name)}

    assert {text: tags for text, tags in found.items() if tags} == {}


@each_corpus
@each_engine
def test_sanitizer_alone_is_not_changed_by_sanitizing_again(name: str, engine: Engine) -> None:
    once = {text: sanitize(clean(text), engine=engine) for text in texts(name)}

    changed = [text for text, html in once.items() if shape(tree(sanitize(html, engine=engine))) != shape(tree(html))]

    assert changed == []


@cache
def rendered(name: str, engine: Engine) -> dict[str, str]:
    return {text: render_here(text, engine=engine) for text in texts(name)}


def faults(root: Element) -> list[str]:
    found = [str(element.tag) for element in elements(root) if element.tag not in TAGS]
    for element in elements(root):
        found += [f"{element.tag} {name}={value}" for name, value in element.items() if not is_allowed(element, name)]
        if element.tag == "a" and set(element.attrib) - {"class", "title"} != {"href", "target", "rel"}:
            found.append(f"a with {sorted(element.attrib)}")
    return found


def is_allowed(element: Element, name: str) -> bool:
    tag, value = str(element.tag), element.attrib[name]
    if name == "class":
        return bool(re.fullmatch(CLASSES.get(tag, ""), value))
    if tag.startswith(MATHML):
        return bool(re.fullmatch(MATH_ATTRIBUTES.get(name, ""), value))
    return OWNERS.get(name) == tag and bool(re.fullmatch(ATTRIBUTES[name], value, re.IGNORECASE))


def tags_outside(root: Element) -> list[str]:
    """As `faults`, for HTML that did not come from our parser: a link may have lost its target, a class its names."""
    found = [str(element.tag) for element in elements(root) if element.tag not in TAGS]
    names = {"href", "title", "target", "rel", "start", "class", *MATH_ATTRIBUTES}
    found += [f"{name}={value}" for element in elements(root) for name, value in element.items() if name not in names]
    targets = [element.get("href", "") for element in elements(root)]
    # bleach takes anything with a port for http; the parser never lets such a target through.
    found += [target for target in targets if re.match(r"\W*(javascript|data|vbscript):(?!\d)", target, re.I)]
    return found


# A word is a run of letters and digits of the source, markup and all, and each must be shown as often as it was
# written. What need not be shown as text, and why:
#   - an entity's name, the number of a list item, the `x` of a task: the character, the number, the mark is shown;
#   - the tag of a line break: the line is broken;
#   - a link's target and title: in the attributes of the link if it leads to an allowed place (both are compared), and
#     nowhere if it does not, since such a link is only its text;
#   - the target of an image inside a link: only its host is shown, because links do not nest;
#   - the labels that links and definitions meet by.
# A word that Markdown joins with its neighbour (`**f**oo`) is looked for in the joined word.

WORD = re.compile(r"[^\W_]+")
LIST_NUMBER = re.compile(r"(?<![^\s>*+-])(\d{1,9})[.)](?=\s|$)")
TASK = re.compile(r"\[([xX])\]\s")
LINE_BREAK = re.compile(r"<(br) ?/?>", re.IGNORECASE)
ENTITIES = re.compile(r"[^\W_]*(?:&#?\w+;[^\W_]*)+")
ALLOWED_TARGET = re.compile(r"https?://[a-z0-9-]+([.][a-z0-9-]+)*(:\d+)?([/?#]|$)|mailto:\w+@\w+", re.IGNORECASE)


def lost_words(text: str, html: str) -> list[str]:
    source, root = clean(text), tree(html)
    written, shown = Counter(WORD.findall(source)), Counter(WORD.findall(visible(root)))
    missing, joined = written - shown, " ".join(shown - written)
    if not missing:
        return []
    missing -= Counter(WORD.findall(" ".join(excuses(source, root))))
    labels = " ".join(labels_of(source))
    return [word for word in missing.elements() if word not in joined and word.lower().upper() not in labels]


def excuses(source: str, root: Element) -> Iterator[str]:
    targets = [part for token, is_inside in links_of(source) for part in hidden_parts(token, root, is_inside=is_inside)]
    yield from targets
    read = " ".join([visible(root), *targets])
    yield from (chunk for chunk in ENTITIES.findall(source) if re.search(decoded(chunk), read))
    if root.find(".//ol") is not None:
        yield from LIST_NUMBER.findall(source)
    if root.find(".//li[@class]") is not None:
        yield from TASK.findall(source)
    if root.find(".//br") is not None:
        yield from LINE_BREAK.findall(source)


def decoded(chunk: str) -> str:
    """A pattern for `chunk` with each entity decoded, to one or two characters, or left as it is."""
    parts = re.split(r"(&#?\w+;)", chunk)
    return "".join(f"(?s:.{{1,2}}|{re.escape(part)})" if part.startswith("&") else re.escape(part) for part in parts)


def hidden_parts(token: Token, root: Element, *, is_inside: bool) -> list[str]:
    target = str(token.attrs.get("href") or token.attrs.get("src") or "")
    title = str(token.attrs.get("title", ""))
    encoded = MarkdownIt().normalizeLink(target)
    kept = [link.get("title", "") for link in root.iter("a") if link.get("href") == encoded]
    is_hidden = title in kept or not ALLOWED_TARGET.match(encoded) or (is_inside and token.type == "image")
    return [target, title] if is_hidden else []


class Reader(MarkdownIt):
    """Keeps every target as it was written."""

    def validateLink(self, url: str) -> bool:  # noqa: N802
        return True

    def normalizeLink(self, url: str) -> str:  # noqa: N802
        return url


def links_of(source: str) -> Iterator[tuple[Token, bool]]:
    for block in Reader("js-default").parse(source):
        yield from _links(block.children or [])


def _links(tokens: list[Token], *, depth: int = 0) -> Iterator[tuple[Token, bool]]:
    for token in tokens:
        depth += token.nesting if token.tag == "a" else 0
        if token.type in ("link_open", "image"):
            yield token, depth > 0
        yield from _links(token.children or [], depth=1)


def labels_of(source: str) -> list[str]:
    env: dict[str, Any] = {}
    Reader("js-default").parse(source, env)
    return list(env.get("references", {}))

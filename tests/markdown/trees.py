"""HTML as a browser would read it, by html5lib: the judge of what the renderer makes."""

from collections.abc import Iterator
from functools import cache
from xml.etree.ElementTree import Element

import html5lib

_INLINE = {"a", "bdi", "code", "em", "s", "span", "strong", "del"}
_MATHML = "{http://www.w3.org/1998/Math/MathML}"


@cache
def tree(html: str) -> Element:
    """The fragment's elements under one root, `DOCUMENT_FRAGMENT`."""
    root: Element = html5lib.parseFragment(html, treebuilder="etree", namespaceHTMLElements=False)
    return root


def elements(root: Element) -> list[Element]:
    """Everything under `root`; a comment has a tag that is no string."""
    return list(root.iter())[1:]


def shape(element: Element) -> tuple[object, ...]:
    """The tree as nested tuples, equal for equal trees: tag, attributes, and what is inside."""
    inside = tuple((shape(child), child.tail or "") for child in element)
    return element.tag, tuple(sorted(element.attrib.items())), element.text or "", inside


def visible(root: Element) -> str:
    """The text that is shown, with a space where a block begins or ends."""
    return "".join(_texts(root))


def _texts(element: Element) -> Iterator[str]:
    yield element.text or ""
    for child in element:
        edge = "" if child.tag in _INLINE or str(child.tag).startswith(_MATHML) else " "
        yield edge
        yield from _texts(child)
        yield edge
        yield child.tail or ""

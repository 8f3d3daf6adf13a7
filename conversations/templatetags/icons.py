"""Icons, each drawn once for all: heroicons draws its own anew for each place of a page, at 70 µs apiece."""

from functools import lru_cache
from typing import Any

from django import template
from django.template.base import FilterExpression, Node, Parser, TextNode, Token
from django.utils.safestring import SafeString
from heroicons.templatetags import heroicons

register = template.Library()


@register.tag
def icon(parser: Parser, token: Token) -> Node:
    """`{% icon "outline" "check" 18 %}`: the heroicon of that style, name and size in pixels. It is hidden from screen
    readers: the name stands on what it is in. A name that is told is drawn as the template is compiled."""
    _, style, name, size = token.split_contents()
    if name.startswith('"'):
        return TextNode(_drawn(style.strip('"'), name.strip('"'), int(size)))
    return Icon(style.strip('"'), parser.compile_filter(name), int(size))


class Icon(Node):
    """One whose name only the page knows."""

    child_nodelists = ()

    def __init__(self, style: str, name: FilterExpression, size: int) -> None:
        self._style, self._name, self._size = style, name, size

    def render(self, context: Any) -> SafeString:
        return _drawn(self._style, self._name.resolve(context), self._size)


@lru_cache(maxsize=100)
def _drawn(style: str, name: str, size: int) -> SafeString:
    draw = getattr(heroicons, f"heroicon_{style}")
    return SafeString(draw(name, size=size, aria_hidden="true"))

"""Icons, drawn as their template is compiled: heroicons draws each anew for each place of a page, at 70 µs apiece."""

from django import template
from django.template.base import Parser, TextNode, Token
from heroicons.templatetags import heroicons

register = template.Library()


@register.tag
def icon(parser: Parser, token: Token) -> TextNode:
    """`{% icon "outline" "check" 18 %}`: the heroicon of that style, name and size in pixels. It is hidden from screen
    readers: the name stands on what it is in."""
    _, style, name, size = [part.strip('"') for part in token.split_contents()]
    draw = getattr(heroicons, f"heroicon_{style}")
    return TextNode(draw(name, size=int(size), aria_hidden="true"))

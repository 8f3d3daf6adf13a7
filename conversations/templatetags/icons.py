"""Icons, each drawn once for all: heroicons draws its own anew for each place of a page, at 70 µs apiece."""

from functools import lru_cache

from django import template
from django.utils.safestring import SafeString
from heroicons.templatetags import heroicons

register = template.Library()


@register.simple_tag
def icon(style: str, name: str, size: int) -> SafeString:
    """The heroicon, hidden from screen readers: the name stands on what it is in."""
    return _drawn(style, name, size)


@lru_cache(maxsize=100)
def _drawn(style: str, name: str, size: int) -> SafeString:
    draw = getattr(heroicons, f"heroicon_{style}")
    return SafeString(draw(name, size=size, aria_hidden="true"))

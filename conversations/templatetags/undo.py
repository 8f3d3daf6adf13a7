"""What takes an action back: a form that a notice brings along. Django's messages carry it, as signed tags."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import parse_qsl, urlencode

from django import template

register = template.Library()
MARK = "undo?"


@dataclass(frozen=True, slots=True)
class Undo:
    """The fields of the form, and where it is posted."""

    url: str
    fields: Sequence[tuple[str, str]]

    def __str__(self) -> str:
        return MARK + urlencode([("", self.url), *self.fields])

    @classmethod
    def read(cls, tags: str) -> Self | None:
        """What `str` has written; None for other tags."""
        if not tags.startswith(MARK):
            return None
        (_, url), *fields = parse_qsl(tags.removeprefix(MARK), keep_blank_values=True)
        return cls(url, fields)


@register.filter
def undo(message: Any) -> Undo | None:
    """What takes back what the message tells, if something does."""
    return Undo.read(message.extra_tags or "")

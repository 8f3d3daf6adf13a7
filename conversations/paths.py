"""Addresses of what a page has many of: Django's `reverse` looks for each one anew, which a list of thirty chats paid
a millisecond for."""

from functools import lru_cache
from uuid import UUID

from django.urls import get_script_prefix, reverse

ANY = UUID(int=0)


def path_of(name: str, uuid: UUID) -> str:
    """What `reverse(name, args=[uuid])` gives."""
    before, behind = _around(name, get_script_prefix())
    return f"{before}{uuid}{behind}"


@lru_cache(maxsize=20)
def _around(name: str, _prefix: str) -> tuple[str, str]:
    before, _, behind = reverse(name, args=[ANY]).partition(str(ANY))
    return before, behind

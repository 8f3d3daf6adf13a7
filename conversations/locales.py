"""The language and the time zone of now, for another thread or task: Django keeps both to where they were set."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import tzinfo
from typing import NamedTuple, Self

from django.utils import timezone, translation


class Locale(NamedTuple):
    language: str | None
    zone: tzinfo

    @classmethod
    def current(cls) -> Self:
        return cls(translation.get_language(), timezone.get_current_timezone())

    @contextmanager
    def active(self) -> Iterator[None]:
        """It holds inside the `with`, in this thread or task."""
        with translation.override(self.language), timezone.override(self.zone):
            yield

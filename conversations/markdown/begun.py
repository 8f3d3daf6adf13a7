"""What was drawn of texts while they grew, for the whole texts that begin with it."""

from collections.abc import Sequence
from typing import NamedTuple

from .plain import clean
from .recent import Recent

LENGTH = 100  # characters by which a whole finds its beginning
KEPT = 4_000_000  # characters, of sources and HTML


class Finished(NamedTuple):
    """A block that is finished: the stretch of the source that ends with it, and its sanitized HTML."""

    source: str
    html: str


class Begun:
    """One text, as far as it is drawn."""

    def __init__(self) -> None:
        self._blocks: list[Finished] = []
        self._characters = 0
        self._key = ""

    def add(self, blocks: Sequence[Finished], *, engine: str) -> None:
        self._blocks += blocks
        self._characters += sum(len(source) + len(html) for source, html in blocks)
        if len(self._key) < LENGTH:
            self._key = self.together().source[:LENGTH]
        if len(self._key) == LENGTH:
            _kept.keep((engine, self._key), self, self._characters)

    def together(self) -> Finished:
        """All that is drawn, as one block; its source is clean."""
        blocks = tuple(self._blocks)  # another thread may add to them
        return Finished(clean("".join(block.source for block in blocks)), "".join(block.html for block in blocks))


def beginning_of(text: str, *, engine: str) -> Finished | None:
    """What was drawn of `text` (clean) in this process, if it was, and LENGTH of it at least."""
    found = _kept.get((engine, text[:LENGTH]))
    begun = found.together() if found else None
    return begun if begun and text.startswith(begun.source) else None


def forget() -> None:
    _kept.clear()


_kept: Recent[Begun] = Recent(KEPT)

"""What was drawn of texts while they grew, for the rendering of the wholes that they became."""

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


class _Seen(NamedTuple):
    """A text so far: its finished blocks, and what stood behind them when they were seen to be finished."""

    blocks: tuple[Finished, ...] = ()
    rest: str = ""

    @property
    def source(self) -> str:
        return clean("".join(block.source for block in self.blocks))


class Begun:
    """One text, as far as it is drawn."""

    def __init__(self) -> None:
        self._seen = _Seen()
        self._key = ""
        self._characters = 0

    def add(self, blocks: Sequence[Finished], *, rest: str, engine: str) -> None:
        self._seen = _Seen((*self._seen.blocks, *blocks), rest)
        self._characters += sum(len(source) + len(html) for source, html in blocks)
        if len(self._key) < LENGTH:
            self._key = self._seen.source[:LENGTH]
        if len(self._key) == LENGTH:
            _kept.keep((engine, self._key), self._seen, self._characters + len(rest))


def beginning_of(text: str, *, engine: str) -> Finished | None:
    """The finished blocks of `text` (clean) as one, where it grew here and LENGTH of it was drawn; None elsewhere.

    A block is finished because of what follows it: so the text must begin with all that was there by then.
    """
    seen = _kept.get((engine, text[:LENGTH]))
    if seen is None or not text.startswith(clean("".join(block.source for block in seen.blocks) + seen.rest)):
        return None
    return Finished(seen.source, "".join(block.html for block in seen.blocks))


def forget() -> None:
    _kept.clear()


_kept: Recent[_Seen] = Recent(KEPT)

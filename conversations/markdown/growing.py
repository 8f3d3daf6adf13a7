"""Markdown that still grows, rendered block by block: each block once, when nothing behind it can change it any more.

The render process knows which blocks are finished; asking it costs a parse of all that is open. So the lines are looked
at here first, roughly and once: asking is worth it where a block seems to end. A wrong guess costs time and no more.
"""

import logging
import re
import time

from .begun import Begun, Finished
from .plain import clean, clean_inside
from .process import RenderFailed, chosen_engine, render_process

log = logging.getLogger(__name__)

PIECE = 25_000  # characters of one job, where a block ends in them: all of a long text would not be done in time

_FENCE = re.compile(r" {0,3}(`{3,}(?=[^`]*$)|~{3,})")
_ITEM = re.compile(r" {0,3}(?:[-+*]|\d{1,9}[.)])(?:[ \t]|$)")
_HEADING = re.compile(r" {0,3}#{1,6}(?:[ \t]|$)")
_NO_ITEM = re.compile(r"[^\s\d*+-]|\*\*")  # how a line begins that is surely none
_LINE_END = re.compile(r"\r\n|\r|\n")
_SPACE = " \t\r"  # to the parser any other, an ideographic one too, is text
_NEVER = float("inf")


class Growing:
    """The Markdown of an answer while it is written: `feed` it, and `draw` when that says so."""

    def __init__(self) -> None:
        self._begun = Begun()
        self._pieces: list[str] = []  # put together where it is looked at: a long answer comes in thousands
        self._length = 0  # characters of them
        self._lines = _Lines()
        self._is_at_start = True
        self._worth_from: float = 0  # characters of rest: after a vain question twice as many, so the sum is bounded

    @property
    def rest(self) -> str:
        """The source behind the last finished block."""
        self._pieces = ["".join(self._pieces)]
        return self._pieces[0]

    def feed(self, more: str) -> bool:
        """Add what was written meanwhile. Whether a block may be finished now."""
        self._pieces.append(more)
        self._length += len(more)
        # Of what comes as a whole only the end is looked at, as whoever calls it waits: asking is worth it anyway.
        may_have_ended = self._lines.feed(more[-PIECE:]) or len(more) > PIECE
        return may_have_ended and self._length >= self._worth_from

    def draw(self) -> list[Finished]:
        """The blocks that were finished since the last call; none where they could not be rendered.

        Blocks for each piece as long as `markdown.render`, raises for no text. Not to be called while `feed` is.
        """
        drawn: list[Finished] = []
        most, is_all = PIECE, False
        while not is_all:
            is_all = most >= self._length
            blocks = self._draw_piece(most)
            if blocks is None:
                break
            drawn += blocks
            most = PIECE if blocks else 2 * most
        if drawn:
            self._begun.add(drawn, rest=self.rest, engine=chosen_engine())
        return drawn

    def draw_until(self, moment: float) -> list[Finished]:
        """As `draw`, but only until then (of `time.monotonic`), and to the first block that is larger than PIECE."""
        drawn: list[Finished] = []
        while time.monotonic() < moment and (blocks := self._draw_piece(PIECE)):
            drawn += blocks
        return drawn

    def _draw_piece(self, most: int) -> list[Finished] | None:
        """The blocks that are finished in so many characters; None where they could not be rendered."""
        source = self.rest[:most].removesuffix("\r")
        ends = self._finished(source)
        if ends is None:
            return None
        blocks = list(self._cut(source, ends))
        self._drop(sum(len(block.source) for block in blocks))
        self._worth_from = 0 if blocks else 2 * len(source)
        return blocks

    def _finished(self, source: str) -> list[tuple[int, str]] | None:
        text = clean(source) if self._is_at_start else clean_inside(source)
        try:
            return render_process.finished(text, engine=chosen_engine())
        except RenderFailed as failure:
            log.warning("Markdown of %d characters is not shown while it grows: %s", len(source), failure)
            self._worth_from = 2 * self._length if failure.may_pass else _NEVER
            return None

    def _drop(self, characters: int) -> None:
        self._is_at_start = self._is_at_start and not characters
        self._pieces = [self.rest[characters:]]
        self._length = len(self._pieces[0])

    @staticmethod
    def _cut(source: str, blocks: list[tuple[int, str]]) -> list[Finished]:
        ends = [line.end() for line in _LINE_END.finditer(source)]
        starts = [0, *(ends[lines - 1] for lines, _ in blocks)]
        return [Finished(source[starts[number] : starts[number + 1]], html) for number, (_, html) in enumerate(blocks)]


class _Lines:
    """A rough look at the lines of a text that grows: does a block end here?"""

    def __init__(self) -> None:
        self._last: list[str] = []  # the line that is not whole yet, in the pieces in which it comes
        self._beginning = ""  # of that line
        self._fence = ""  # what opened the fence that is open
        self._is_in_list = False
        self._is_after_blank = True
        self._has_something = False  # since a block ended

    def feed(self, more: str) -> bool:
        first, *others = more.split("\n")
        self._last.append(first)
        self._beginning = (self._beginning + first[:2])[:2]
        seen = []
        for line in others:
            seen.append(self._see("".join(self._last)))
            self._last, self._beginning = [line], line[:2]
        return self._leaves_list_at_once() or any(seen)

    def _leaves_list_at_once(self) -> bool:
        """Whether the line's first characters say that the list before it is over: its end may be long in coming."""
        if self._fence or not (self._is_in_list and self._is_after_blank and _NO_ITEM.match(self._beginning)):
            return False
        self._is_in_list = False
        return True

    def _see(self, line: str) -> bool:
        if self._fence:
            return self._see_code(line)
        if not line.strip(_SPACE):
            return self._see_blank()
        is_item = _ITEM.match(line) is not None
        fence = _FENCE.match(line.lstrip() if self._is_in_list else line)
        is_heading = _HEADING.match(line) is not None
        may_leave = self._is_after_blank or is_heading or fence
        leaves = self._is_in_list and not is_item and line[0] not in _SPACE and bool(may_leave)
        interrupts = is_item and not self._is_in_list and self._has_something
        self._is_in_list = is_item or (self._is_in_list and not leaves)
        self._fence = fence[1] if fence else ""
        self._is_after_blank, self._has_something = False, True
        return leaves or interrupts or (is_heading and not self._is_in_list)

    def _see_code(self, line: str) -> bool:
        closing = line.strip()
        if len(closing) < len(self._fence) or closing.strip(self._fence[0]):
            return False
        self._fence = ""
        return not self._is_in_list

    def _see_blank(self) -> bool:
        ends = self._has_something and not self._is_in_list
        self._is_after_blank = True
        if ends:
            self._has_something = False
        return ends

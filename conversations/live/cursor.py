"""A cursor counts everything that a reader has of one answer, in UTF-16 units."""

import re
from typing import NamedTuple, Self
from uuid import UUID

_COUNT = r"(0|[1-9][0-9]{0,8})"
_FORM = re.compile(rf"([0-9a-f]{{32}})\.{_COUNT}\.{_COUNT}(?:\.{_COUNT})?\.([01])", re.ASCII)


class MalformedCursor(ValueError):
    """Not a cursor of ours, or one of another answer."""


class Cursor(NamedTuple):
    """How far a reader of one answer is: units of reasoning and of text, how many of the latter it has as finished
    blocks, and whether it saw the end."""

    reasoning: int = 0
    text: int = 0
    blocks: int = 0
    ended: bool = False

    @classmethod
    def parse(cls, raw: str, answer: UUID) -> Self:
        """The cursor that `encode` wrote for this answer (0.1.0 wrote no blocks). Raises MalformedCursor for others."""
        match = _FORM.fullmatch(raw)
        if match is None or match[1] != answer.hex or int(match[4] or 0) > int(match[3]):
            raise MalformedCursor(raw[:100])
        return cls(int(match[2]), int(match[3]), int(match[4] or 0), ended=match[5] == "1")

    def encode(self, answer: UUID) -> str:
        return f"{answer.hex}.{self.reasoning}.{self.text}.{self.blocks}.{int(self.ended)}"

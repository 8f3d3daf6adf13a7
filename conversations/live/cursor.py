"""A cursor counts everything that a reader has of one answer, in UTF-16 units."""

import re
from dataclasses import dataclass
from typing import Self
from uuid import UUID

_FORM = re.compile(r"([0-9a-f]{32})\.(0|[1-9][0-9]{0,8})\.(0|[1-9][0-9]{0,8})\.([01])", re.ASCII)


class MalformedCursor(ValueError):
    """Not a cursor of ours, or one of another answer."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far a reader of one answer is: units of reasoning and of text, and whether it saw the end."""

    reasoning: int = 0
    text: int = 0
    ended: bool = False

    @classmethod
    def parse(cls, raw: str, answer: UUID) -> Self:
        """The cursor that `encode` wrote for this answer. Raises MalformedCursor for anything else."""
        match = _FORM.fullmatch(raw)
        if match is None or match[1] != answer.hex:
            raise MalformedCursor(raw[:100])
        return cls(reasoning=int(match[2]), text=int(match[3]), ended=match[4] == "1")

    def encode(self, answer: UUID) -> str:
        return f"{answer.hex}.{self.reasoning}.{self.text}.{int(self.ended)}"

"""What is kept beside a text that somebody or a model wrote: flags that the rules want, and the search's index."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from conversations import search
from conversations.models.flag import Flag, Source
from conversations.models.indexed_text import IndexedText

if TYPE_CHECKING:
    from conversations.models.message import Message


@dataclass(frozen=True, slots=True)
class Beside:
    """It takes long for a long text: made before a transaction, written in it."""

    folded: str
    flags: Mapping[Source, str]

    @classmethod
    def of(cls, text: str, *, finish_reason: str = "", error_code: str = "") -> "Beside":
        """No query. `finish_reason` and `error_code` are those of an answer."""
        flags = Flag.wanted(text, finish_reason=finish_reason, error_code=error_code)
        return cls(folded=search.fold(text), flags=flags)

    def write(self, message: "Message") -> None:
        """Inside the transaction that ends the message."""
        IndexedText.write([message], [self.folded])
        Flag.raise_each(message, self.flags)

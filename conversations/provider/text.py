"""Model text made safe to keep: no lone surrogates, no NUL, no BOM; thinking between <think> tags set apart. Pure."""

import re

OPEN, CLOSE = "<think>", "</think>"
LONE_SURROGATES = re.compile("[\ud800-\udfff]")


class Cleaner:
    """Makes one stream of text safe: pairs of surrogates are joined, also over pieces; the rest, and NUL, become
    U+FFFD; a byte order mark at the very beginning goes."""

    def __init__(self) -> None:
        self._held = ""  # a high surrogate whose other half may come
        self._is_started = False

    def clean(self, piece: str) -> str:
        """The safe text of `piece`, which may be empty."""
        if not self._is_started and piece:
            self._is_started = True
            piece = piece.removeprefix("\ufeff")
        if "\0" in piece:
            piece = piece.replace("\0", "\ufffd")
        if piece.isascii() and not self._held:
            return piece
        piece = self._held + piece
        self._held = piece[-1] if "\ud800" <= piece[-1:] <= "\udbff" else ""
        return scalar(piece[: len(piece) - len(self._held)])

    def flush(self) -> str:
        """What is left at the end: U+FFFD for a half that stayed alone."""
        held, self._held = self._held, ""
        return "\ufffd" if held else ""


def scalar(text: str) -> str:
    """`text` with pairs of surrogates joined and lone ones replaced by U+FFFD, so that it can be encoded."""
    try:
        text.encode()
    except UnicodeEncodeError:
        joined = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")
        return LONE_SURROGATES.sub("\ufffd", joined)
    return text


def safe(text: str, length: int) -> str:
    """A short text of the provider's (a name, a reason): printable characters only, at most `length` of them."""
    return "".join(char for char in text[:length] if char.isprintable())


class ThinkSplitter:
    """Tells thinking from answer in models that write <think>…</think> at the beginning of their content."""

    def __init__(self) -> None:
        self._held = ""
        self._split = self._beginning

    def split(self, piece: str) -> tuple[str, str]:
        """(text, reasoning) that `piece` adds; what may yet become a tag is held."""
        return self._split(piece)

    def flush(self) -> tuple[str, str]:
        """What is held at the end."""
        held, self._held = self._held, ""
        return (held, "") if self._split == self._beginning else ("", held)

    def _beginning(self, piece: str) -> tuple[str, str]:
        seen = self._held + piece
        start = seen.lstrip()
        if len(start) < len(OPEN) and OPEN.startswith(start):
            self._held = seen
            return "", ""
        self._held = ""
        if not start.startswith(OPEN):
            self._split = self._answer
            return seen, ""
        self._split = self._thinking
        return self._thinking(start[len(OPEN) :])

    def _thinking(self, piece: str) -> tuple[str, str]:
        seen = self._held + piece
        thought, tag, rest = seen.partition(CLOSE)
        if tag:
            self._held = ""
            self._split = self._gap
            return self._gap(rest)[0], thought
        held = next((n for n in range(len(CLOSE) - 1, 0, -1) if seen.endswith(CLOSE[:n])), 0)
        self._held = seen[len(seen) - held :]
        return "", seen[: len(seen) - held]

    def _gap(self, piece: str) -> tuple[str, str]:
        """The empty lines between the thinking and the answer are neither."""
        text = piece.lstrip("\r\n")
        if text:
            self._split = self._answer
        return text, ""

    @staticmethod
    def _answer(piece: str) -> tuple[str, str]:
        return piece, ""

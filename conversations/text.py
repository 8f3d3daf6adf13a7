"""What every text is held to: characters that can be stored anywhere, how long it may be, and lengths as a browser
counts them."""

import re

MESSAGE_BYTES = 100_000  # of UTF-8, of what a person writes
ANSWER_BYTES = 1_000_000  # of what a model writes at once
SYSTEM_PROMPT_BYTES = 20_000

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
_SURROGATE_PAIR = re.compile("[\ud800-\udbff][\udc00-\udfff]")
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")


def storable(text: str) -> str:
    """`text` with surrogate pairs joined, and NUL and lone surrogates (which no database takes) as U+FFFD."""
    if _UNSTORABLE.search(text) is None:
        return text
    joined = _SURROGATE_PAIR.sub(lambda pair: pair[0].encode("utf-16-le", "surrogatepass").decode("utf-16-le"), text)
    return _UNSTORABLE.sub(REPLACEMENT, joined)


def units(text: str) -> int:
    """The length of `text` in UTF-16 units: what JavaScript calls its length."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le")) // 2


def after(text: str, offset: int) -> str:
    """What stands behind the first `offset` UTF-16 units of `text`. An offset inside a pair keeps the whole pair."""
    if text.isascii():
        return text[offset:]
    encoded = text.encode("utf-16-le")[2 * offset :]
    if encoded and 0xDC <= encoded[1] <= 0xDF:
        encoded = text.encode("utf-16-le")[2 * (offset - 1) :]
    return encoded.decode("utf-16-le")


def printable(text: str) -> str:
    """`text` with what is no visible character written as Python writes it: `\\n`, `\\x1b`."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)


def one_line(said: object) -> str:
    """What it says, however many lines a library or a server made of it, fit for a terminal."""
    return printable(" ".join(str(said).split()))

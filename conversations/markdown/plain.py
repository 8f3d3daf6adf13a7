"""Text as it is: freed of what no HTML may hold, and escaped."""

import html
import re
from typing import Final

REPLACEMENT: Final = "\ufffd"
BYTE_ORDER_MARK: Final = "\ufeff"
_PLAIN: Final = '<pre class="plain">'
_LINE_END = re.compile(r"\r\n?")
# Controls other than tab and line feed (HTML parsers and sanitizers each treat them in their own way), and lone
# surrogates, which are no characters and cannot be encoded.
_UNFIT = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


def clean(text: str) -> str:
    """`text` with line ends as LF, U+FFFD for each control character and lone surrogate, and no byte order mark."""
    return clean_inside(text.lstrip(BYTE_ORDER_MARK))


def clean_inside(text: str) -> str:
    """The same for what is not the beginning of its text: no byte order mark is one there."""
    return _UNFIT.sub(REPLACEMENT, _LINE_END.sub("\n", text))


def plain(text: str) -> str:
    """The HTML that shows `text`, already clean, exactly as it was written."""
    return f"{_PLAIN}{html.escape(text)}</pre>"


def is_plain(shown: str) -> bool:
    """Whether this is the HTML of `plain`; what Markdown makes never begins as it does."""
    return shown.startswith(_PLAIN)

"""Markdown of messages to sanitized HTML, in a process that is killed at its deadline.

This package alone imports markdown_it, pygments, math_core and the sanitizers, and only the render process does:
the server's own process never loads them.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .begun import Finished, beginning_of, forget
from .growing import PIECE, Growing
from .plain import BYTE_ORDER_MARK, clean, is_plain, plain
from .process import DeadlinePassed, RenderFailed, chosen_engine, render_process
from .recent import Recent

if TYPE_CHECKING:
    from django.utils.safestring import SafeString

__all__ = ["RENDERER_VERSION", "Finished", "Growing", "Rendered", "close", "render", "warm"]

RENDERER_VERSION = 5
"""Bumped whenever the HTML of some text changes; cached HTML of another version is stale."""

DEFINITION = "]:"  # what every definition of a link has in it, which changes blocks before it
TOGETHER = 1.0  # seconds for the pieces of a text that takes too long as a whole
RECENT = 4_000_000  # characters: when an answer ends, the page asks for its text, and then for the message

logger = logging.getLogger(__name__)
_recent: Recent[str] = Recent(RECENT)


@dataclass(frozen=True, slots=True)
class Rendered:
    """Sanitized HTML, and whether it is what this renderer will always make of that text."""

    html: SafeString
    is_final: bool


def render(text: str) -> Rendered:
    """The sanitized HTML fragment of the Markdown `text`.

    NUL, other control characters and lone surrogates become U+FFFD. When the text is too long (1 MB), takes more than
    500 ms of the processor, crashes the render process, or the process or the machine stays busy with others for 2 s,
    the result is the escaped text in `<pre class="plain">`; after a crash or where others were in the way it is not
    final, so do not keep it. What takes too long for its length alone is rendered block by block, for TOGETHER at the
    most. Blocks for 10 s at the most (a process that must be started first, 10 s more) and never raises for any text.
    May be called from several threads at once.
    """
    from django.utils.safestring import mark_safe  # noqa: PLC0415 - the render process imports this package without Django

    from conversations import metrics  # noqa: PLC0415 - nor does it count

    text = clean(text)
    engine, is_final = chosen_engine(), True
    html = _recent.get((engine, text))
    if html is None:
        try:
            html = _after_what_was_drawn(text, engine) or render_process.render(text, engine=engine)
            metrics.text_rendered()
            _recent.keep((engine, text), html, len(text) + len(html))
        except RenderFailed as failure:
            metrics.text_shown_plain()
            logger.warning("Markdown of %d characters is shown as plain text: %s", len(text), failure)
            html, is_final = _without(text, failure)
    return Rendered(mark_safe(html), is_final)  # noqa: S308 - sanitized by the policy, or escaped


def _after_what_was_drawn(text: str, engine: str) -> str | None:
    """The HTML of a text whose blocks were drawn while it grew: only what is behind them is rendered. None where that
    may be another than the HTML of the whole. Raises RenderFailed."""
    drawn = beginning_of(text, engine=engine)
    if drawn is None:
        return None
    rest = text.removeprefix(drawn.source)
    if DEFINITION in rest or rest.startswith(BYTE_ORDER_MARK):
        return None
    html = render_process.render(rest, engine=engine)
    return None if is_plain(html) else drawn.html + html  # what is nested too deep is shown plain as a whole


def _without(text: str, failure: RenderFailed) -> tuple[str, bool]:
    """What can be shown of a text that could not be rendered in one piece, and whether that is final."""
    if not isinstance(failure, DeadlinePassed) or len(text) <= PIECE:
        return plain(text), not failure.may_pass
    growing = Growing()
    growing.feed(text)
    blocks = "".join(block.html for block in growing.draw_until(time.monotonic() + TOGETHER))
    if len(growing.rest) > PIECE:  # one block is too much, or all of them are
        return blocks + plain(growing.rest), True
    try:
        return blocks + render_process.render(growing.rest, engine=chosen_engine()), True
    except RenderFailed as of_rest:
        return blocks + plain(growing.rest), not of_rest.may_pass


def warm() -> None:
    """Start the render process and return at once; without it, the first `render` waits for the start (about 0.3 s)."""
    render_process.warm(engine=chosen_engine())


def close() -> None:
    """End the render process, if there is one, and forget its work; a later `render` starts another."""
    render_process.close()
    _recent.clear()
    forget()

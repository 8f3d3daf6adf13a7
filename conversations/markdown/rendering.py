"""Markdown to sanitized HTML, in this process and without a deadline: what the render process runs."""

from .parser import Block, TooDeep, finished_blocks, to_html
from .plain import clean, clean_inside, plain
from .sanitizer import Engine, sanitize


def render_here(text: str, *, engine: Engine) -> str:
    """The sanitized HTML fragment of the Markdown `text`.

    A text that is nested deeper than the parser follows is shown plain. Costs about 1.5 ms per KB, can be made to
    cost minutes, and may raise what a library raises on a strange text (RecursionError): the server calls `render`.
    """
    text = clean(text)
    try:
        html = to_html(text)
    except TooDeep:
        return plain(text)
    return sanitize(clean(html), engine=engine)


def finished_here(text: str, *, engine: Engine) -> list[Block]:
    """The blocks of a growing text (clean) that are finished, sanitized: see `parser.finished_blocks`. None where it is
    nested too deep. Costs and raises as `render_here`."""
    try:
        found = finished_blocks(clean_inside(text))
    except TooDeep:
        return []
    return [Block(block.lines, sanitize(clean(block.html), engine=engine)) for block in found]

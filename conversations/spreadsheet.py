"""Tables for a spreadsheet, in which nothing that somebody wrote becomes a formula."""

import csv
import io
import re
from collections.abc import Iterable, Sequence

# What a spreadsheet takes for the beginning of a formula, full-width forms too, at the beginning of a cell or behind
# what may separate cells in another country's spreadsheet; blanks, quotes and marks that it may skip before.
FORMULA = re.compile(r"""(?P<before>(?:\A|[,;|\t\r\n"])[\s"'\ufeff\u200b\x00-\x1f]*)(?=[=+\-@＝＋－＠])""")


def written(rows: Iterable[Sequence[object]]) -> str:
    """The rows as CSV, every text between quotes; what would begin a formula has an apostrophe before it."""
    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\r\n").writerows(map(_safe, rows))
    return text.getvalue()


def _safe(row: Sequence[object]) -> list[object]:
    return [cell if isinstance(cell, int | float) else FORMULA.sub(r"\g<before>'", str(cell)) for cell in row]

"""Finding words again: one folding for what is written and for what is asked, what a query means, how well a text fits
it, and where. Pure: the index itself is the database's (`models.indexed_text`)."""

from conversations.search.excerpts import Excerpt, excerpt
from conversations.search.folding import BEGINNINGS, fold, unmarked
from conversations.search.queries import Misread, Query, Term, parsed
from conversations.search.ranking import LOOKED_AT, score

__all__ = [
    "BEGINNINGS",
    "LOOKED_AT",
    "Excerpt",
    "Misread",
    "Query",
    "Term",
    "excerpt",
    "fold",
    "parsed",
    "score",
    "unmarked",
]

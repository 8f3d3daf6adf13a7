"""How well a text fits a query."""

import math

from conversations.search.queries import Query, Term

LOOKED_AT = 4_000  # signs of a folded text: what stands further behind counts less than what it costs to read
USUAL_LENGTH = 600  # signs of a folded text
HALF_LIFE = 90.0  # days after which a text's youth counts half
_SATURATION = 1.2
_YOUTH = 0.3  # of the weight of one word


def score(query: Query, folded: str, *, age: float) -> float:
    """The higher the better: how often its terms are there, each less with each time, for the length of the text (as in
    Okapi BM25), whole words before beginnings; and a little for its youth (`age` in days)."""
    text = f" {folded[:LOOKED_AT].replace(' ', '  ')} "  # so that words side by side are counted each
    length = 0.4 + 0.6 * len(text) / USUAL_LENGTH
    found = sum(_weight(term, text, length) for term in query.terms)
    return found + _YOUTH * math.exp2(-max(age, 0.0) / HALF_LIFE)


def _weight(term: Term, text: str, length: float) -> float:
    words = "  ".join(term.words)
    whole = text.count(f" {words} ")
    beginnings = text.count(f" {words}") - whole if term.is_beginning else 0
    times = whole + beginnings / 2
    return len(term.words) * times / (times + _SATURATION * length)

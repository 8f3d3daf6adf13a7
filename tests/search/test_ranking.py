"""What is better than what."""

import pytest

from conversations.search import fold, parsed, score


def points(asked: str, text: str, age: float = 0.0) -> float:
    return score(parsed(asked), fold(text), age=age)


@pytest.mark.parametrize(
    ("asked", "better", "worse"),
    [
        ("cat", "cat cat dog", "cat dog dog"),
        ("cat", "a cat", "a category"),
        ("cat", "a short text of a cat", "a cat and " + "many other words " * 50),
        ("cat dog", "a cat, a dog", "a cat, dogma"),
        ('"cat dog"', "cat dog cat dog", "cat dog or cat"),
    ],
)
def test_a_text_fits_better(asked: str, better: str, worse: str) -> None:
    assert points(asked, better) > points(asked, worse)


def test_of_two_alike_the_younger_is_better() -> None:
    assert points("cat", "cat", age=1) > points("cat", "cat", age=100)


def test_a_clock_that_was_put_back_makes_nothing_younger_than_now() -> None:
    assert points("cat", "cat", age=-100_000) == points("cat", "cat", age=0)

from collections.abc import Iterator

import pytest

from conversations import tokens


@pytest.fixture(autouse=True)
def forgotten() -> Iterator[None]:
    tokens._corrections.clear()
    yield
    tokens._corrections.clear()


def test_estimate_counts_bytes_and_the_message_itself() -> None:
    assert [tokens.estimate(text) for text in ("", "abc", "äöü", "x" * 300)] == [4, 5, 6, 104]


def test_learning_moves_only_that_model_towards_what_it_reported() -> None:
    for _ in range(50):
        tokens.learn("terse", estimated=tokens.estimate("x" * 300, model="terse"), reported=52)

    assert tokens.estimate("x" * 300, model="terse") == pytest.approx(52, abs=3)
    assert tokens.estimate("x" * 300, model="other") == 104


def test_learning_is_bounded_whatever_is_reported() -> None:
    for _ in range(100):
        tokens.learn("mad", estimated=1, reported=10**9)

    assert tokens.estimate("x" * 300, model="mad") == 416


def test_nonsense_teaches_nothing() -> None:
    tokens.learn("model", estimated=0, reported=10)
    tokens.learn("model", estimated=10, reported=-1)

    assert tokens.estimate("x" * 300, model="model") == 104

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
        tokens.learn("terse", estimated=tokens.estimate("x" * 3000, model="terse"), reported=502)

    assert tokens.estimate("x" * 3000, model="terse") == pytest.approx(502, abs=20)
    assert tokens.estimate("x" * 3000, model="other") == 1004


def test_learning_is_bounded_whatever_is_reported() -> None:
    for _ in range(100):
        tokens.learn("mad", estimated=1004, reported=10**9)

    assert tokens.estimate("x" * 3000, model="mad") == 4016


def test_nonsense_teaches_nothing() -> None:
    tokens.learn("model", estimated=0, reported=10)
    tokens.learn("model", estimated=10, reported=-1)

    assert tokens.estimate("x" * 3000, model="model") == 1004


def test_a_short_prompt_teaches_nothing_as_the_models_own_template_outweighs_it() -> None:
    for _ in range(20):
        tokens.learn("model", estimated=20, reported=100)

    assert tokens.estimate("x" * 3000, model="model") == 1004

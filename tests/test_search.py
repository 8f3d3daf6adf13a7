"""Search: what is folded alike."""

import pytest

from conversations import search


@pytest.mark.parametrize(
    ("written", "asked"),
    [
        ("Plan B", "plan b"),
        ("ёлка", "елка"),
        ("Ελλάδα", "ελλαδα"),
        ("Işık", "isik"),
        ("Straße", "STRASSE"),
        ("Łódź", "lodz"),
        ("ﬁne", "fine"),  # a ligature
        ("Zoe\u0308", "zoë"),
    ],
)
def test_fold_makes_alike_what_people_take_for_the_same(written: str, asked: str) -> None:
    assert search.fold(written) == search.fold(asked)


def test_fold_keeps_apart_what_is_not_the_same() -> None:
    assert search.fold("Bär") != search.fold("Bor")


@pytest.mark.parametrize(
    ("words", "is_found"),
    [("back nightly", True), ("NIGHT", True), ("night daily", False), ("c++", False), ("", True)],
)
def test_has_words_asks_for_each_of_them_in_any_order(words: str, is_found: bool) -> None:
    assert search.has_words("The nightly backup", words) is is_found

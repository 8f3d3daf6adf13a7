"""Search: what is folded alike, and what that costs."""

import time

import pytest

from conversations import search
from conversations.models.conversation import LOOKED_THROUGH


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
        ("ＰＤＦ", "pdf"),  # full width
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
    assert search.has_words("The nightly backup", search.words_of(words)) is is_found


@pytest.mark.alone
@pytest.mark.parametrize(
    ("title", "words"),
    [
        ("A plan", "\ufdfa" * 200),
        ("\ufdfa" * 200, "plan"),
        ("\u0390" * 200, "\u0390 " * 100),
        ("각" * 200, "각 " * 100),
    ],
    ids=["long when folded", "titles long when folded", "three signs each", "many words"],
)
def test_looking_through_all_titles_is_quick_whatever_is_in_them(title: str, words: str) -> None:
    begun = time.process_time()

    asked = search.words_of(words)
    for number in range(LOOKED_THROUGH):
        search.has_words(f"{title[:190]} {number}", asked)

    assert time.process_time() - begun < 1.5

"""What is folded alike, and what that costs."""

import time

import pytest

from conversations import search
from conversations.search.folding import MOST_BYTES


@pytest.mark.parametrize(
    ("written", "asked"),
    [
        ("Plan B", "plan b"),
        ("ёлка", "елка"),
        ("Ελλάδα", "ελλαδα"),
        ("Οδός", "οδοσ"),
        ("Işık", "isik"),
        ("İstanbul", "istanbul"),
        ("Straße", "STRASSE"),
        ("Łódź", "lodz"),
        ("ﬁne", "fine"),  # a ligature
        ("Zoe\u0308", "zoë"),
        ("ＰＤＦ", "pdf"),  # full width
        ("ﾃｽﾄ", "テスト"),  # half width
        ("검색", "검색".encode().decode()),
        ("soft\u00adhyphen", "softhyphen"),
        ("ᾳ", "α"),
        ("مُحَمَّد", "محمد"),
    ],
)
def test_fold_makes_alike_what_people_take_for_the_same(written: str, asked: str) -> None:
    assert search.fold(written) == search.fold(asked)
    assert search.fold(written)


def test_fold_keeps_apart_what_is_not_the_same() -> None:
    assert search.fold("Bär") != search.fold("Bor")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("don’t, node.js; foo_bar", "don t node js foo bar"),
        ("c++ and C#, F# but a+b, #tag, ## Title, 1+", "c++ and c# f# but a b tag title 1"),
        ("今天天气很好", "今天 天天 天气 气很 很好 好"),
        ("ภาษาไทย", "ภา าษ ษา าไ ไท ทย ย"),
        ("検索するAPI", "検索 索す する る api"),
        ("검색을", "검색 색을 을"),
        ("हिंदी भाषा", "हिंदी भाषा".replace("\u0902", "\u0902")),
        ("party🎉🎉!", "party 🎉 🎉"),
        ("x" * 100, "x" * 64),
        ("", ""),
        (" \n\t—…", ""),
    ],
)
def test_fold_gives_words(text: str, words: str) -> None:
    assert search.fold(text) == words


def test_a_folded_text_is_folded_the_same_again_but_for_rows_of_signs() -> None:
    folded = search.fold("Ünal's C++ code: ﬁne, Straße, ёлка #1")

    assert search.fold(folded) == folded


@pytest.mark.alone
@pytest.mark.parametrize("part", ["word and other ", "天气很好", "é à ü wörd ", "ﷺ", "각 각", "x", "🎉", "\u0301"])
def test_a_text_of_any_length_is_folded_in_time_and_within_bounds(part: str) -> None:
    began = time.thread_time()

    folded = search.fold(part * 1_000_000)

    assert time.thread_time() - began < 1.5
    assert len(folded) <= 18 * MOST_BYTES / 3  # ﷺ is 18 signs


def test_what_stands_behind_the_bound_is_not_folded() -> None:
    assert search.fold("a " * (MOST_BYTES // 2) + "zebra").split().count("zebra") == 0
    assert search.fold("ä " * (MOST_BYTES // 3 - 10) + "zebra").endswith(" zebra")


def test_a_lone_surrogate_breaks_nothing() -> None:
    assert search.fold("one\ud800two") == "one two"

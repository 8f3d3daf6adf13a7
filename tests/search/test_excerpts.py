"""The place in a text that is shown."""

import time

import pytest

from conversations.search import excerpt, parsed
from conversations.search.excerpts import LENGTH


def marked(text: str, asked: str) -> str:
    return "".join(f"[{part.text}]" if part.is_found else part.text for part in excerpt(text, parsed(asked)))


@pytest.mark.parametrize(
    ("text", "asked", "shown"),
    [
        ("A plan for Köln.", "koln", "A plan for [Köln]."),
        ("A plan for\n\n  Kölner", "koln plan", "A [plan] for [Kölner]"),
        ("in Node.js, node js", "node.js", "in [Node.js], [node js]"),
        ("C++ and C", "c++", "[C++] and C"),
        ("a 1+1 b", "1+1", "a [1+1] b"),
        ("x#y, x y", "x#y", "[x#y], [x y]"),
        ("C++ and C", "c", "C++ and [C]"),
        ("été+hiver", '"été hiver"', "[été+hiver]"),
        ("year and early ear", "ear", "year and [early] [ear]"),
        ("the ear, earrings", "earring", "the ear, [earrings]"),
        ("今天天气很好 the weather", "天气", "今天[天气]很好 the weather"),
        ("今天天气", "天", "今[天][天]气"),
        ("검색을 했다", "검색", "[검색]을 했다"),
        ("ภาษาไทย", "ภาษา", "[ภาษา]ไทย"),
        ("Straße", "strasse", "[Straße]"),
        ("Zoe\u0308 came", "zoë", "[Zoe]\u0308 came"),
        ("🎉 party", "🎉", "[🎉] party"),
        ("no such thing", "zebra", "no such thing"),
        ("", "zebra", ""),
        ("a b a b", '"b a"', "a [b a] b"),
        ("one two", "one -two", "[one] two"),
        ("one", "is:pinned", "one"),
    ],
)
def test_what_was_found_is_marked(text: str, asked: str, shown: str) -> None:
    assert marked(text, asked) == shown


def test_the_place_where_most_terms_stand_is_shown() -> None:
    text = "apple " + "word " * 500 + "a pear beside an apple, " + "word " * 500

    shown = marked(text, "apple pear")

    assert "a [pear] beside an [apple]," in shown
    assert (shown[:2], shown[-2:]) == ("… ", " …")
    assert len(shown) < LENGTH + 80


def test_words_in_a_row_are_found_wherever_they_stand() -> None:
    for before in range(300, 700, 7):
        text = "x" * 10 + " y" * (before // 2) + " alpha beta " + "z " * 300

        assert "[alpha beta]" in marked(text, '"alpha beta"')


@pytest.mark.alone
@pytest.mark.parametrize("part", ["word ", "天气很好", "x", "é ", "🎉", "ﷺ "])
def test_the_longest_text_is_looked_through_in_time(part: str) -> None:
    began = time.thread_time()

    marked(part * (1_000_000 // len(part.encode())), "zebra lion")

    assert time.thread_time() - began < 1.5

"""The words that are looked for: what counts as one, and what looking costs."""

import time

import pytest
from django.conf import LazySettings

from conversations import rules

FOUND = [
    ("bomb", "How to build a bomb?"),
    ("bomb", "BOMB!"),
    ("bomb", "**bomb** and _bomb_"),
    ("Bömbe", "eine bombe"),
    ("bombe", "Eine BÖMBE"),
    ("Zoe\u0308", "zoë"),
    ("straße", "STRASSE"),
    ("ёлка", "Елка"),
    ("kill myself", "I want to kill\n  myself."),
    ("don't", "DON’T"),
    ("c4", "with C4, of course"),
    ("自殺", "彼は自殺した。"),
    ("ฆ่าตัวตาย", "อยากฆ่าตัวตายมาก"),
    ("b o m b", "b-o-m-b"),
    ("end", "x" * 10_000 + " end"),
    ("lion", "-" * 198 + "lion"),
    ("lion", "-" * 28 + "lion"),
    ("Zoë", "-" * 27 + "Zoe\u0308"),
    ("lion", "ﷺ" * 190 + "-lion"),
    ("bomb", "bo\u00admb"),
    ("bomb", "b\u200bo\u200dm\u2060b\ufeff"),
    ("bo\u00admb", "bomb"),
    ("bomb", "bo\u3164mb\ufe0f"),
]
NOT_FOUND = [
    ("bomb", "bombastic, firebomb, bombs, bomb2"),
    ("kill myself", "kill it myself"),
    ("kill myself", "myself kill"),
    ("自殺", "自己と殺人"),
    ("bomb", ""),
    ("bomb", "b o m b"),
    ("ﾞ", ""),
    ("ﾞ", "ﾞ!"),
    ("\u00ad", "…"),
]


@pytest.mark.parametrize(("asked", "text"), FOUND)
def test_what_people_take_for_the_same_word_is_found(settings: LazySettings, asked: str, text: str) -> None:
    settings.REVIEW_WORDS = ["zebra", asked]

    assert rules.found_in(text) == [asked]


@pytest.mark.parametrize(("asked", "text"), NOT_FOUND)
def test_only_whole_words_in_their_order_are_found(settings: LazySettings, asked: str, text: str) -> None:
    settings.REVIEW_WORDS = [asked]

    assert rules.found_in(text) == []


def test_all_that_are_there_are_found_in_the_order_of_the_setting(settings: LazySettings) -> None:
    settings.REVIEW_WORDS = ["two", "one", "three"]

    assert rules.found_in("One and two.") == ["two", "one"]


@pytest.mark.parametrize(("text", "is_one"), [("c4", True), ("—", False), ("ﾞ", False), ("\u3164", False), ("_", False)])
def test_a_phrase_has_something_that_could_be_found(text: str, is_one: bool) -> None:
    assert rules.is_phrase(text) == is_one


TEXTS = ["The fox, number nine. ", "Über die Größe. ", "日本語の文章。", "a", "e\u0301", "ﷺ", " ", "!@#$ "]


@pytest.mark.alone
@pytest.mark.parametrize("part", TEXTS)
def test_a_text_of_a_megabyte_is_looked_through_in_bearable_time(settings: LazySettings, part: str) -> None:
    settings.REVIEW_WORDS = [f"a row of words, number {number}" for number in range(200)]
    text = part * (1_000_000 // len(part.encode()))
    began = time.thread_time()

    assert rules.found_in(text) == []
    assert time.thread_time() - began < 4.0  # of ﷺ alone, which is 18 signs


@pytest.mark.alone
def test_nothing_is_looked_at_where_there_are_no_words(settings: LazySettings) -> None:
    settings.REVIEW_WORDS = []
    text = "The fox. " * 100_000
    began = time.thread_time()

    assert {tuple(rules.found_in(text)) for _ in range(1000)} == {()}
    assert time.thread_time() - began < 0.01

import json
from pathlib import Path

import pytest

from conversations import titles


@pytest.mark.parametrize(
    ("given", "title"),
    [
        ("Hello", "Hello"),
        ("  two\n\n lines ", "two lines"),
        ("one two three four five six seven eight nine", "one two three four five six seven eight…"),
        ("x" * 200, "x" * 79 + "…"),
        ("\u202eevil", "evil"),
        (" \u200b ", ""),
    ],
)
def test_first_words_are_one_short_line(given: str, title: str) -> None:
    assert titles.first_words(given) == title


@pytest.mark.parametrize(
    ("given", "title"),
    [
        ("A Quiet Garden", "A Quiet Garden"),
        ('"Quoted title."', "Quoted title"),
        ("# **Bold** heading", "Bold heading"),
        ("Title: Plans for May", "Plans for May"),
        ("<think>hm</think>\n\nReal title\nmore", "Real title"),
        ("<img src=x onerror=alert(1)>", ""),
        ("<think>never ends", ""),
    ],
)
def test_proposed_title_loses_its_clothes(given: str, title: str) -> None:
    assert titles.proposed(given) == title


def test_hostile_titles_become_one_bounded_line(corpora: Path) -> None:
    payloads = [item["payload"] for item in json.loads((corpora / "title_inputs.json").read_text())["items"]]

    made = [make(payload) for payload in payloads for make in (titles.first_words, titles.proposed, titles.given)]

    assert [title for title in made if len(title) > 80 or (not title.isprintable() and "\u200d" not in title)] == []


@pytest.mark.parametrize(
    ("title", "following"),
    [
        ("Plans", "Plans (2)"),
        ("Plans (2)", "Plans (3)"),
        ("Plans (9)", "Plans (10)"),
        ("Plans (b)", "Plans (b) (2)"),
        ("(2)", "(2) (2)"),
        ("", ""),
        ("x" * 80, "x" * 76 + " (2)"),
    ],
)
def test_a_copys_title_is_told_apart(title: str, following: str) -> None:
    assert titles.next_of(title) == following

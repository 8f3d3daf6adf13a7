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

    made = [
        (make(payload), longest)
        for payload in payloads
        for make, longest in ((titles.first_words, 80), (titles.proposed, 80), (titles.given, 200))
    ]

    assert [title for title, longest in made if len(title) > longest or not is_shown(title)] == []


def is_shown(title: str) -> bool:
    return title.isprintable() or "\u200d" in title


@pytest.mark.parametrize(
    ("title", "following"),
    [
        ("Plans", "Plans (2)"),
        ("Plans (2)", "Plans (3)"),
        ("Plans (9)", "Plans (10)"),
        ("Plans (b)", "Plans (b) (2)"),
        ("(2)", "(2) (2)"),
        ("", ""),
        ("x" * 200, "x" * 196 + " (2)"),
    ],
)
def test_a_copys_title_is_told_apart(title: str, following: str) -> None:
    assert titles.next_of(title) == following

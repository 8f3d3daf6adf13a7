import pytest

from conversations import text


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("plain", "plain"),
        ("a\0b", "a\ufffdb"),
        ("\ud83d\ude00", "\U0001f600"),
        ("a\ud83d", "a\ufffd"),
        ("\ude00\ud83d", "\ufffd\ufffd"),
        ("\u2028\u200b", "\u2028\u200b"),
    ],
)
def test_storable_joins_pairs_and_replaces_what_no_database_takes(given: str, kept: str) -> None:
    assert text.storable(given) == kept


@pytest.mark.parametrize(("given", "length"), [("", 0), ("abc", 3), ("äö", 2), ("a😀b", 4), ("👨‍👩‍👧", 8)])
def test_units_counts_as_javascript_does(given: str, length: int) -> None:
    assert text.units(given) == length


@pytest.mark.parametrize("given", ["", "abc", "äöü", "a😀b", "😀😀"])
def test_after_gives_what_a_reader_of_any_length_lacks(given: str) -> None:
    boundaries = [text.units(given[:index]) for index in range(len(given) + 1)]

    assert [text.after(given, offset) for offset in boundaries] == [given[index:] for index in range(len(given) + 1)]


def test_after_inside_a_pair_keeps_the_whole_pair() -> None:
    assert text.after("a😀b", 2) == "😀b"


def test_after_the_end_is_empty() -> None:
    assert text.after("ä", 9) == ""


def test_what_a_server_says_is_one_line_and_fit_for_a_terminal():
    assert text.one_line("ERR\n  \x1b[31mred\r\n") == "ERR \\x1b[31mred"

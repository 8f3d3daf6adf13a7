"""Tables for a spreadsheet: what others wrote stays text."""

import csv
import io

import pytest

from conversations import spreadsheet
from tests.markdown.corpora import texts

SKIPPED = ' \t\r\n"\ufeff\0\v'  # what a spreadsheet may not see before the beginning
BEGINNINGS = "=+-@＝＋－＠"


@pytest.mark.parametrize("file", ["csv_injection", "export_injection"])
def test_no_cell_begins_a_formula_whatever_separates_cells(file: str) -> None:
    found = [
        cell
        for payload in texts(file)
        for separator in (",", ";", "\t")
        for cell in cells(spreadsheet.written([["model", payload, 3]]), separator)
    ]

    assert [cell for cell in found if cell.strip(SKIPPED).startswith(tuple(BEGINNINGS))] == []
    assert any(cell.startswith("'=") for cell in found)


@pytest.mark.parametrize("said", ["gpt-5-mini", "a b", "naïve 文件", '"quoted"', "a,b", "two\nlines", "\N{SNOWMAN}"])
def test_what_begins_none_comes_back_as_it_was(said: str) -> None:
    assert list(csv.reader(io.StringIO(spreadsheet.written([[said, 1]]), newline=""))) == [[said, "1"]]


def test_numbers_stay_numbers() -> None:
    assert spreadsheet.written([["a", -1, 2.5]]) == '"a",-1,2.5\r\n'


def cells(text: str, separator: str) -> list[str]:
    return [cell for row in csv.reader(io.StringIO(text, newline=""), delimiter=separator) for cell in row]

"""The table of faults in docs/reliability.md answers to its rows and to the marks of the tests."""

import ast
import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from tests.faults.table import FAULTS, Fault

ROOT = Path(__file__).resolve().parents[2]
ROWS = [Fault(1, "Here", "It burns", "Water"), Fault(2, "There", "It floods", "Sand")]


@pytest.fixture(scope="module")
def faults() -> ModuleType:
    spec = importlib.util.spec_from_file_location("faults", ROOT / ".ci" / "faults.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_rows_are_numbered_without_a_gap() -> None:
    assert [fault.number for fault in FAULTS] == list(range(1, 62))


PARAMS = """
@pytest.mark.parametrize("a", [
    pytest.param(1, marks=pytest.mark.fault(3)),
    pytest.param(2, marks=[pytest.mark.slow, pytest.mark.fault(3)]),
])
def test_a(a): ...
"""
CASES = """
CASES = [pytest.param(1, marks=pytest.mark.fault(4))]
@pytest.mark.parametrize("a", CASES)
def test_a(a): ...
def test_b(): ...
"""


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("@pytest.mark.fault(1)\ndef test_a(): ...", [(1, "test_a")]),
        ("@pytest.mark.fault(2)\n@pytest.mark.fault(1)\nasync def test_a(): ...", [(2, "test_a"), (1, "test_a")]),
        (PARAMS, [(3, "test_a")]),
        (CASES, [(4, "test_a")]),
        ("pytestmark = [pytest.mark.fault(5)]\ndef test_a(): ...", [(5, "test_a")]),
        ("pytestmark = pytest.mark.fault(5)\nclass TestIt:\n    def test_a(self): ...", [(5, "test_a")]),
        ("@pytest.mark.fault(1)\ndef helper(): ...\ndef test_a(): ...", []),
    ],
)
def test_marks_are_found_wherever_pytest_finds_them(
    faults: ModuleType, source: str, found: list[tuple[int, str]]
) -> None:
    assert list(faults.marks(ast.parse(source))) == found


def test_tests_are_named_by_their_file(faults: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "test_it.py").write_text("@pytest.mark.fault(7)\ndef test_a(): ...\n")

    assert faults.marked(tmp_path) == {7: ["deep/test_it.py::test_a"]}


def test_table_has_a_part_for_each_group_and_its_tests(faults: ModuleType) -> None:
    made = faults.table(ROWS, {1: ["a.py::test_a", "b.py::test_b"]})

    head = "| # | what goes wrong | what then happens | tests |\n|--:|---|---|---|"
    here = f"### Here\n\n{head}\n| 1 | It burns | Water | `a.py::test_a`<br>`b.py::test_b` |\n"
    assert made == f"{here}\n### There\n\n{head}\n| 2 | It floods | Sand |  |\n"


def test_page_keeps_what_stands_around_the_table(faults: ModuleType) -> None:
    page = f"before\n{faults.BEGIN}\nold\n{faults.END}\nafter\n"

    assert faults.with_table(page, "new\n") == f"before\n{faults.BEGIN}\n\nnew\n\n{faults.END}\nafter\n"
    with pytest.raises(ValueError, match="markers"):
        faults.with_table("no markers", "new")


def test_what_is_missing_unknown_or_old_is_told(faults: ModuleType) -> None:
    tests = {1: ["a.py::test_a"], 62: ["b.py::test_b"]}
    page = faults.with_table(faults.BEGIN + faults.END, "old")

    assert faults.complaints(ROWS, tests, page) == [
        "row 2 has no test: It floods",
        "b.py::test_b is marked with 62, which is no row",
        "docs/reliability.md is not up to date (run `make faults`)",
    ]
    tests = {1: ["a.py::test_a"], 2: ["b.py::test_b"]}
    assert faults.complaints(ROWS, tests, faults.with_table(page, faults.table(ROWS, tests))) == []

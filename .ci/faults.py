"""Writes the table of faults with the tests of each row into docs/reliability.md; with --check, says what is wrong.

The rows are those of tests/faults/table.py. A test belongs to a row by `pytest.mark.fault(n)`: on the test, in a
`pytest.param` of it (also where these have a name of their own), or in the `pytestmark` of its file.
"""

import ast
import itertools
import runpy
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

PAGE = Path("docs/reliability.md")
BEGIN, END = "<!-- the table of faults: written by make faults -->", "<!-- the end of the table of faults -->"
Tests = dict[int, list[str]]


def rows(file: Path) -> list[Any]:
    return list(runpy.run_path(str(file))["FAULTS"])


def marked(folder: Path) -> Tests:
    """The tests under `folder` by the row that they are marked with, as `file::test`."""
    found: Tests = defaultdict(list)
    for file in sorted(folder.rglob("test_*.py")):
        for number, test in marks(ast.parse(file.read_text())):
            found[number].append(f"{file.relative_to(folder)}::{test}")
    return found


def marks(module: ast.Module) -> Iterator[tuple[int, str]]:
    """(row, test) of each test of one file, once each, in order."""
    names = {
        target.id: node.value
        for node in module.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    everywhere = list(numbers([names["pytestmark"]], names)) if "pytestmark" in names else []
    for node in ast.walk(module):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
            for number in dict.fromkeys([*everywhere, *numbers(node.decorator_list, names)]):
                yield number, node.name


def numbers(nodes: Iterable[ast.AST], names: dict[str, ast.expr]) -> Iterator[int]:
    """What the fault marks among `nodes` name, and among the values of the names that these use."""
    for node in itertools.chain.from_iterable(map(ast.walk, nodes)):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "pytest.mark.fault":
            yield ast.literal_eval(node.args[0])
        elif isinstance(node, ast.Name) and node.id in names:
            yield from numbers([names[node.id]], {name: value for name, value in names.items() if name != node.id})


def table(faults: list[Any], tests: Tests) -> str:
    lines = []
    for group, members in itertools.groupby(faults, key=lambda fault: fault.group):
        lines += [f"### {group}", "", "| # | what goes wrong | what then happens | tests |", "|--:|---|---|---|"]
        for fault in members:
            named = "<br>".join(f"`{test}`" for test in tests.get(fault.number, []))
            lines.append(f"| {fault.number} | {fault.fault} | {fault.behaviour} | {named} |")
        lines.append("")
    return "\n".join(lines)


def with_table(page: str, made: str) -> str:
    """`page` with `made` between its two markers. Raises ValueError where it lacks one."""
    before, _, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not end:
        raise ValueError(f"{PAGE} lacks its markers: {BEGIN} and {END}")
    return f"{before}{BEGIN}\n\n{made}\n{END}{after}"


def complaints(faults: list[Any], tests: Tests, page: str) -> list[str]:
    known = {fault.number: fault.fault for fault in faults}
    return [
        *(f"row {number} has no test: {fault}" for number, fault in known.items() if not tests.get(number)),
        *(
            f"{test} is marked with {number}, which is no row"
            for number in tests.keys() - known
            for test in tests[number]
        ),
        *([f"{PAGE} is not up to date (run `make faults`)"] if with_table(page, table(faults, tests)) != page else []),
    ]


def main() -> int:
    faults, tests, page = rows(Path("tests/faults/table.py")), marked(Path("tests")), PAGE.read_text()
    if "--check" not in sys.argv:
        PAGE.write_text(with_table(page, table(faults, tests)))
        return 0
    found = complaints(faults, tests, page)
    for line in found:
        print(line)  # noqa: T201 - this is a command
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())

"""The top of the tree is what the design names, and the locks answer to the lists that a person edits."""

import importlib.util
import re
import subprocess
from pathlib import Path
from types import ModuleType

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parent.parent
TOP = {
    *("manage.py", "chatsite", "conversations", "templates", "static", "tests", "requirements.txt"),
    *("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "LICENSE", "NOTICE.md"),
    *("Makefile", "pyproject.toml"),
    *("requirements.lock", "requirements-dev.txt", "requirements-dev.lock", ".gitignore"),
    *("requirements-extras.txt", "requirements-extras.lock"),
    *(".ci", "bench", "deploy", "docs", "locale"),
}


@pytest.fixture(scope="module")
def locks() -> ModuleType:
    spec = importlib.util.spec_from_file_location("locks", ROOT / ".ci" / "locks.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_top_of_the_tree_has_what_the_design_names():
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )

    assert {line.partition("/")[0] for line in listed.stdout.splitlines()} - TOP == set()


LINUX = {"sys_platform": "linux", "platform_system": "Linux", "os_name": "posix"}


def test_base_install_is_a_fifth_of_the_packages_of_others_and_has_no_drivers(locks: ModuleType):
    lines = re.findall(r"^[\w.-]+==[^\\\n]+", (ROOT / "requirements.lock").read_text(), re.MULTILINE)
    pinned = [Requirement(line.strip()) for line in lines]

    installed = {each.name for each in pinned if each.marker is None or each.marker.evaluate(LINUX)}
    drivers = locks.wanted(ROOT / "requirements-extras.txt").keys() | {"psycopg-binary", "psycopg-pool", "hiredis"}

    assert drivers >= {"psycopg", "redis"}
    assert installed & drivers == set()
    assert len(installed) <= 48


LOCK = """\
django==5.2.19 \\
    --hash=sha256:00
    # via
    #   -r requirements.txt
    #   django-htmx
asgiref==3.13.0 \\
    --hash=sha256:00
    # via django
"""


@pytest.mark.parametrize(
    ("line", "complaints"),
    [
        ("django>=5.2.13,<6  # long-term", []),
        ("django>=6", ["django is pinned to 5.2.19, which django>=6 does not allow"]),
        ("Django\nuvicorn", ["uvicorn is not pinned"]),
        ("", ["django is no longer asked for"]),
    ],
)
def test_lock_that_does_not_answer_to_its_list_is_told(
    locks: ModuleType, tmp_path: Path, line: str, complaints: list[str]
):
    (tmp_path / "list.txt").write_text(f"{line}\n")
    (tmp_path / "lock").write_text(LOCK)

    assert locks.complaints(locks.wanted(tmp_path / "list.txt"), locks.pins(tmp_path / "lock")) == complaints

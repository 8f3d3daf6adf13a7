"""What is shipped, as `make sbom`, `make notices` and `make audit` tell it. They are run as they are."""

import importlib
import json
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path, PurePath
from threading import Thread
from types import ModuleType
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from django.apps import apps
from django.contrib.staticfiles.finders import get_finders

from tests.programs.program import free_port

ROOT = Path(__file__).resolve().parent.parent
LOCKS = "".join((ROOT / f"requirements{name}.lock").read_text() for name in ("", "-extras"))


def run(script: str, *arguments: str, home: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, ROOT / ".ci" / f"{script}.py", *arguments]
    environ = {"PATH": os.environ["PATH"], "HOME": str(home)}
    return subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, timeout=120, check=False)


@pytest.fixture
def ci(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The scripts of `.ci/` can be imported, as they import each other."""
    monkeypatch.syspath_prepend(ROOT / ".ci")
    monkeypatch.chdir(ROOT)
    yield
    for name in ("locks", "shipped", "notices", "audit"):
        sys.modules.pop(name, None)


@pytest.fixture
def shipped(ci: None) -> ModuleType:
    return importlib.import_module("shipped")


@pytest.fixture
def notices(ci: None) -> ModuleType:
    return importlib.import_module("notices")


@pytest.fixture
def audit(ci: None) -> ModuleType:
    return importlib.import_module("audit")


# --- The bill of materials ---


@pytest.fixture
def bill(tmp_path: Path) -> dict[str, Any]:
    done = run("sbom", str(tmp_path / "bill.json"), home=tmp_path)

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"The bill of materials is in {tmp_path / 'bill.json'}\n"
    return dict(json.loads((tmp_path / "bill.json").read_text()))


def test_bill_follows_the_schema(bill: dict[str, Any]):
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(json.dumps(bill)) is None


def test_bill_is_of_the_site_and_has_what_the_locks_pin_with_every_hash(bill: dict[str, Any]):
    root = bill["metadata"]["component"]
    hashes = [
        (each["name"], each["version"], digest["content"])
        for each in bill["components"]
        for reference in each["externalReferences"]
        for digest in reference.get("hashes", ())
    ]
    pinned, name, version = set(), "", ""
    for line in LOCKS.splitlines():
        if found := re.match(r"([\w.-]+)==([^ ]+)", line):
            name, version = found.groups()
        elif found := re.search(r"sha256:(\w+)", line):
            pinned.add((name, version, found[1]))

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert (root["name"], root["version"]) == (project["name"], project["version"])
    assert sorted(hashes) == sorted(pinned)


def test_bill_tells_a_licence_of_each_and_what_needs_what(bill: dict[str, Any]):
    needs = {each["ref"].partition("@")[0]: each.get("dependsOn", []) for each in bill["dependencies"]}
    asked = [re.split(r"[\[@]", each.removeprefix("pkg:pypi/"))[0] for each in needs["chatsite"]]
    listed = [
        re.split(r"[\[><= ]", line)[0]
        for name in ("", "-extras")
        for line in (ROOT / f"requirements{name}.txt").read_text().splitlines()
        if line and not line.startswith("#")
    ]

    assert [each["name"] for each in bill["components"] if not each.get("licenses")] == []
    assert sorted(asked) == sorted(listed)
    assert {each.partition("@")[0] for each in needs["pkg:pypi/bleach"]} == {"pkg:pypi/webencodings"}


def test_what_is_served_from_inside_packages_is_in_the_bill(bill: dict[str, Any], shipped: ModuleType):
    inside = {
        "/".join(filter(None, [each.get("group"), each["name"]])): (package["name"], each.get("version"))
        for package in bill["components"]
        for each in package.get("components", ())
    }
    versions = {part.name: (part.package, part.known_version()) for part in shipped.PARTS}

    assert inside == versions
    assert {name for name, (_, version) in versions.items() if version} == {"htmx.org", "jquery", "select2", "xregexp"}


def test_every_script_of_others_that_is_served_is_known(shipped: ModuleType):
    ignored = apps.get_app_config("staticfiles").ignore_patterns
    served = [PurePath(path) for finder in get_finders() for path, _ in finder.list(ignored)]
    folders = {path.parts[path.parts.index("vendor") + 1] for path in served if "vendor" in path.parts}
    minified = {path.name for path in served if path.name.endswith(".min.js")}

    assert folders == {part.name for part in shipped.PARTS if "/vendor/" in part.file}
    assert minified == {PurePath(part.file).name for part in shipped.PARTS if part.file.endswith(".min.js")}


def test_every_part_is_a_file_of_its_package(shipped: ModuleType):
    files = {each.name: {str(file) for file in each.installed.files} for each in shipped.packages() if each.is_in_image}

    assert [part.name for part in shipped.PARTS if part.file not in files[part.package]] == []


def test_part_whose_file_no_longer_tells_its_version_is_told(shipped: ModuleType):
    part = shipped.PARTS[0]._replace(version="no such mark ([0-9]+)")

    with pytest.raises(ValueError, match=r"htmx-2\.min\.js does not tell the version of htmx\.org"):
        part.known_version()


# --- The notices ---


def test_notices_name_all_that_is_shipped_and_are_up_to_date(tmp_path: Path, shipped: ModuleType):
    done = run("notices", "--check", home=tmp_path)
    rows = re.findall(r"^\| (\S+) \| (.+?) \|", (ROOT / "NOTICE.md").read_text(), re.MULTILINE)

    assert (done.returncode, done.stdout + done.stderr) == (0, "")
    assert {name for name, _ in rows[1:]} == {
        *re.findall(r"^([\w.-]+)==", LOCKS, re.MULTILINE),
        *(part.name for part in shipped.PARTS),
    }


def test_notices_that_are_old_and_licences_that_do_not_fit_are_told(notices: ModuleType, shipped: ModuleType):
    first, *others = shipped.packages()
    notices.shipped.LICENCES[first.name] = "AGPL-3.0-only"

    assert notices.complaints([first, *others], "what it was") == [
        f"{first.name}: AGPL-3.0-only may not fit the MIT licence",
        "NOTICE.md is not up to date (run `make notices`)",
    ]


@pytest.mark.parametrize(
    ("licence", "foreign"),
    [
        ("MIT OR Apache-2.0", []),
        ("LGPL-3.0-only", []),
        ("MIT AND (GPL-2.0-or-later OR BSD-3-Clause)", ["GPL-2.0-or-later"]),
        ("Proprietary", ["Proprietary"]),
    ],
)
def test_licence_that_a_person_has_to_look_at(notices: ModuleType, licence: str, foreign: list[str]):
    assert notices.foreign(licence) == foreign


# --- The audit ---

ADVISORY = {
    "id": "PYSEC-2099-1",
    "summary": "made up",
    "affected": [
        {
            "package": {"ecosystem": "PyPI", "name": "django"},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "99.1"}]}],
        }
    ],
}


@contextmanager
def feed(answers: dict[str, bytes], status: int = 200) -> Iterator[tuple[str, list[str]]]:
    """A feed on loopback, in the protocol of OSV: its address, and the packages that it was asked for."""
    asked = []

    class Feed(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            query = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            asked.append(f"{query['package']['name']}=={query['version']}")
            body = answers.get(query["package"]["name"], answers["*"])
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Feed) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/", asked
        server.shutdown()
        thread.join()


def test_audit_asks_for_all_that_is_pinned_and_tells_what_is_known(tmp_path: Path):
    with feed({"*": b"{}", "django": json.dumps({"vulns": [ADVISORY]}).encode()}) as (address, asked):
        done = run("audit", "--osv-url", address, home=tmp_path)
    pinned = set(re.findall(r"^([\w.-]+==[^ ]+)", LOCKS, re.MULTILINE))
    (django,) = (pin.partition("==")[2] for pin in pinned if pin.startswith("django=="))

    assert set(asked) == pinned
    first, second, third = done.stdout.splitlines()
    assert first == f"django {django}: PYSEC-2099-1 (mended in 99.1)"
    assert second == f"Packages audited: {len(pinned)}. Known vulnerabilities: 1."
    assert third.startswith("Served from inside packages, and not asked for: htmx.org 2.")
    assert done.returncode == 1


def test_audit_of_what_is_clean_ends_well(tmp_path: Path):
    with feed({"*": b"{}"}) as (address, _):
        done = run("audit", "--osv-url", address, home=tmp_path)

    assert (done.returncode, done.stdout.count("\n")) == (0, 2)
    assert "Known vulnerabilities: 0." in done.stdout


@pytest.mark.parametrize(("status", "body"), [(500, b"{}"), (200, b"<p>Log in to this network"), (200, b"")])
def test_feed_that_answers_something_else_is_a_sentence(tmp_path: Path, status: int, body: bytes):
    with feed({"*": body}, status) as (address, _):
        done = run("audit", "--osv-url", address, home=tmp_path)

    assert (done.returncode, done.stdout.count("\n"), done.stderr) == (3, 1, "")
    assert done.stdout.startswith("Nothing was audited, for the feed of advisories gave no answer: ")


def test_feed_that_cannot_be_reached_is_a_sentence_and_a_status_of_its_own(tmp_path: Path):
    done = run("audit", "--osv-url", f"http://127.0.0.1:{free_port()}/", home=tmp_path)

    assert (done.returncode, done.stdout.count("\n"), done.stderr) == (3, 1, "")
    assert done.stdout.startswith("Nothing was audited, for the feed of advisories gave no answer: ")


def test_package_that_a_feed_does_not_know_is_not_clean(audit: ModuleType):
    answer = [{"name": "a", "version": "1", "vulns": []}, {"name": "b", "skip_reason": "not found"}]

    assert audit.report(answer) == (
        [
            "Packages audited: 1. Known vulnerabilities: 0.",
            "Not audited, for the feed does not know them: b.",
        ],
        3,
    )

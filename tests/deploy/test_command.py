"""deploy/chatsite: commands of a site, with its settings and as its user."""

import ctypes
import itertools
import os
import pwd
import subprocess
import sys
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import ModuleType

import pytest

from tests.programs.serve import ROOT

FILE = ROOT / "deploy" / "chatsite"
LIBRARY = "libsystemd-shared-*.so"


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    loader = SourceFileLoader("chatsite_command", str(FILE))
    spec = spec_from_loader("chatsite_command", loader)
    assert spec
    module = module_from_spec(spec)
    loader.exec_module(module)
    return module


LINES = [
    ("X=plain", "plain"),
    ("X = spaced out ", "spaced out"),
    ("X=You are a helpful assistant.", "You are a helpful assistant."),
    ("X=smtp+tls://me:a$b&c;d@mail.example.org", "smtp+tls://me:a$b&c;d@mail.example.org"),
    ('X="quoted # no comment"', "quoted # no comment"),
    ("X='single $x'", "single $x"),
    (r'X="a \"b\" c"', 'a "b" c'),
    ("X=", ""),
    (r"X='a\b'", r"a\b"),
    (r'X="a\b"', r"a\b"),
    (r'X="a\$b\`c\\d"', r"a$b`c\d"),
    (r"X=a\b", "ab"),
    (r"X=a\ ", "a "),
    ("X=one\\\ntwo", "onetwo"),
    ('X="two\nlines"', "two\nlines"),
    ("X='two\nlines'", "two\nlines"),
    ('X="one\\\nline"', "oneline"),
    ('X="a" \'b\' "c"', "abc"),
    ('X="quoted"bare\'', "quotedbare'"),
    ("X=it's", "it's"),
    ("X=a # no comment", "a # no comment"),
    ("X=one\fline\u2028still", "one\fline\u2028still"),
    ("X=first\nX=last", "last"),
    ("X=a\r\nno name=b", "a"),
    ("X='open to the end\n", "open to the end\n\n"),
]


@pytest.mark.parametrize(("line", "value"), LINES)
def test_settings_are_read_as_systemd_reads_them(command: ModuleType, line: str, value: str):
    assert command.settings(f"# Y=1\n; Y=2\n\nno setting\n{line}\n") == {"X": value}


@pytest.mark.systemd
@pytest.mark.parametrize(("line", "value"), LINES)
def test_systemd_reads_them_so(tmp_path: Path, line: str, value: str):
    """By the function that reads an EnvironmentFile, in systemd's own library."""
    file = tmp_path / "environment"
    file.write_bytes(f"# Y=1\n; Y=2\n\nno setting\n{line}\n".encode())
    (library, *_) = [found for place in ("", "*/") for found in Path("/usr/lib").glob(f"{place}systemd/{LIBRARY}")]
    read = ctypes.POINTER(ctypes.c_char_p)()

    status = ctypes.CDLL(str(library)).load_env_file(None, bytes(file), ctypes.byref(read))

    assert status >= 0
    pairs = dict(pair.decode().split("=", 1) for pair in itertools.takewhile(bool, read))
    assert pairs["X"] == value


@pytest.mark.parametrize("comment", ["# a folder is C:\\", "; and \\\\\\"])
def test_comment_that_systemds_read_differently_is_refused(command: ModuleType, comment: str):
    """Before its version 254 it swallows the next line."""
    with pytest.raises(SystemExit) as ended:
        command.settings(f"{comment}\nDATABASE_URL=postgres://chat@db/chat\n")

    assert ended.value.code == command.CONTINUED


def test_comment_with_a_backslash_within_is_one(command: ModuleType):
    assert command.settings("# C:\\data and \\\\\nX=1\n") == {"X": "1"}


def test_command_runs_with_the_settings_and_as_the_user(tmp_path: Path):
    """In folders of the test in place of a host's."""
    site, data, settings = tmp_path / "srv", tmp_path / "data", tmp_path / "environment"
    (site / ".venv" / "bin").mkdir(parents=True)
    data.mkdir(mode=0o700)
    for name in ("manage.py", "chatsite", "conversations", "locale", "static", "templates", "pyproject.toml"):
        (site / name).symlink_to(ROOT / name)
    python = site / ".venv" / "bin" / "python"
    python.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    python.chmod(0o755)
    settings.write_text("PORT=8123\nCHAT_SYSTEM_PROMPT='Say $nothing,\n\\always.'\n")
    text = FILE.read_text().replace("/srv/chatsite", str(site)).replace("/var/lib/chatsite", str(data))
    text = text.replace("/etc/chatsite/environment", str(settings)).replace('USER = "chatsite"', f'USER = "{user()}"')
    here = tmp_path / "chatsite"
    here.write_text(text)
    code = "from django.conf import settings as s; print(s.PORT, s.DATA_DIR, s.CHAT_SYSTEM_PROMPT, s.DEBUG)"

    done = subprocess.run(
        [sys.executable, here, "shell", "-v", "0", "-c", code],
        env={"PATH": os.environ["PATH"], "DEBUG": "1"}, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert (done.returncode, done.stdout) == (0, f"8123 {data} Say $nothing,\n\\always. False\n"), done.stderr


def user() -> str:
    return pwd.getpwuid(os.geteuid()).pw_name

"""deploy/chatsite: commands of a site, with its settings and as its user."""

import ctypes
import itertools
import os
import pwd
import re
import subprocess
import sys
from collections.abc import Callable
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import ModuleType

import pytest

from tests.deploy.place import make_site
from tests.programs.host import Host
from tests.programs.serve import ROOT

FILE = ROOT / "deploy" / "chatsite"
BACKUP = ROOT / "docs" / "backup.md"
SHEBANG = "#!/usr/bin/env python3"
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


@pytest.fixture
def installed(tmp_path: Path) -> Callable[[Path, str], Path]:
    """Makes the command of a site with this data and these settings, in folders of the test in place of a host's."""

    def install(data: Path, given: str) -> Path:
        site, settings, here = make_site(tmp_path / "srv"), tmp_path / "environment", tmp_path / "chatsite"
        settings.write_text(given)
        text = FILE.read_text().replace("/srv/chatsite", str(site)).replace("/var/lib/chatsite", str(data))
        text = text.replace("/etc/chatsite/environment", str(settings))
        here.write_text(text.replace('USER = "chatsite"', f'USER = "{user()}"').replace(SHEBANG, f"#!{sys.executable}"))
        here.chmod(0o755)
        return here

    return install


def test_command_runs_with_the_settings_and_as_the_user(installed: Callable[[Path, str], Path], tmp_path: Path):
    data = tmp_path / "data"
    data.mkdir(mode=0o700)
    here = installed(data, "PORT=8123\nCHAT_SYSTEM_PROMPT='Say $nothing,\n\\always.'\n")
    code = "from django.conf import settings as s; print(s.PORT, s.DATA_DIR, s.CHAT_SYSTEM_PROMPT, s.DEBUG)"

    done = subprocess.run(
        [here, "shell", "-v", "0", "-c", code],
        env={"PATH": os.environ["PATH"], "DEBUG": "1"}, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert (done.returncode, done.stdout) == (0, f"8123 {data} Say $nothing,\n\\always. False\n"), done.stderr


def test_line_of_cron_makes_a_backup(installed: Callable[[Path, str], Path], sqlite_host: Host, tmp_path: Path):
    """As cron runs it: with a short PATH, in which the command is not."""
    here, place = installed(sqlite_host.data, ""), tmp_path / "mounted"
    place.mkdir()
    (line,) = re.findall(r"^[0-9]+ [0-9]+ \* \* \* root (.*)$", BACKUP.read_text(), re.MULTILINE)
    command = line.replace("/usr/local/bin/chatsite", str(here)).replace("/mnt/backups", str(place))

    done = subprocess.run(
        ["/bin/sh", "-c", command], env={"PATH": "/usr/bin:/bin"}, capture_output=True, text=True, check=False
    )

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert len([*place.glob("chatsite-*.zip")]) == 1


def user() -> str:
    return pwd.getpwuid(os.geteuid()).pw_name

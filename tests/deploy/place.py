"""Where a host has the site: /srv/chatsite, in a folder of the test."""

import sys
from pathlib import Path

from tests.programs.serve import ROOT

SHIPPED = ("manage.py", "chatsite", "conversations", "locale", "static", "templates", "pyproject.toml")


def make_site(folder: Path) -> Path:
    """The site in this new folder, with its Python where `make installed` puts it."""
    (folder / ".venv" / "bin").mkdir(parents=True)
    for name in SHIPPED:
        (folder / name).symlink_to(ROOT / name)
    python = folder / ".venv" / "bin" / "python"
    python.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    python.chmod(0o755)
    return folder

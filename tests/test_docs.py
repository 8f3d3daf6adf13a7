"""The commands of docs/api.md, run as they stand there."""

import os
import re
import subprocess
from pathlib import Path

import pytest
from django.contrib.auth.models import User

from conversations import forms
from tests.conftest import ROOT
from tests.serving import Site


@pytest.fixture
def commands() -> str:
    (block,) = re.findall(r"```sh\n(.*?)```", (ROOT / "docs/api.md").read_text(), re.DOTALL)
    return str(block)


@pytest.mark.curl
def test_the_lines_of_curl_do_what_the_page_says(site: Site, commands: str, tmp_path: Path) -> None:
    User.objects.create_user("ada", password="a long password")
    names = {"URL": site.url, "NAME": "ada", "PASSWORD": "a long password"}

    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", commands],
        cwd=tmp_path, env=os.environ | names, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    assert 'data: {"text":"Hello' in done.stdout
    assert "event: end" in done.stdout
    assert done.stdout.endswith("<p><strong>bold</strong></p>\n")


def test_the_page_names_every_preference_and_what_it_may_be() -> None:
    (row,) = re.findall(r"^\| `/preferences/` .*", (ROOT / "docs/api.md").read_text(), re.MULTILINE)
    fields = forms.PreferencesForm().fields
    choices = [value for field in fields.values() for value, _ in getattr(field, "choices", [])]

    assert {"keys", "zone", "off", "fr"} <= {*fields, *choices}
    assert [name for name in [*fields, *choices] if f"`{name}`" not in row] == []

"""The commands of docs/api.md, run as they stand there; and what other pages say of the code."""

import os
import re
import subprocess
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.contrib.auth.models import User

from conversations import forms
from conversations.markdown import process
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


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md", "SECURITY.md"])
def test_links_lead_to_files_that_are_there(page: str) -> None:
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", (ROOT / page).read_text())

    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_security_names_the_limits_that_hold(settings: LazySettings) -> None:
    page = " ".join((ROOT / "SECURITY.md").read_text().split())

    assert settings.ACCOUNT_RATE_LIMITS == {"login_failed": "10/m/ip,5/5m/key"}
    assert "10 failures a minute from one address, 5 in five minutes for one name" in page
    assert (settings.BODY_LIMIT, "bodies over 4 MB" in page) == (4 * 1024 * 1024, True)
    assert (process.DEADLINE, "half a second of the processor" in page) == (0.5, True)
    assert settings.CONTENT_SECURITY_POLICY.startswith("default-src 'none'; ")
    assert "`default-src 'none'`" in page


def test_upgrading_brings_all_that_was_copied_out_of_the_clone() -> None:
    installing, upgrading = ((ROOT / "docs" / name).read_text() for name in ("self-hosting.md", "upgrading.md"))
    copied = re.findall(r"^cp /srv/chatsite/(deploy/\S+ /\S+)", installing, re.MULTILINE)

    assert copied == ["deploy/chatsite /usr/local/bin/", "deploy/systemd/* /etc/systemd/system/"]
    assert re.findall(r"^cp (deploy/\S+ /\S+)", upgrading, re.MULTILINE) == copied


def test_upgrading_starts_no_service_that_is_not_in_use() -> None:
    """Beside chatsite@8000, chatsite would be a second process at its port."""
    block = (ROOT / "docs" / "upgrading.md").read_text().partition("git pull")[2].partition("```")[0]

    assert re.findall(r"^systemctl (\S+) chatsite\b", block, re.MULTILINE) == ["try-restart"]

"""The database of every release is migrated to what the code wants, with its data whole."""

import sqlite3
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connections
from django.test import Client

from conversations.models import Conversation, Message, Preferences

RELEASES = sorted(path.parent for path in Path(__file__).parent.glob("*/db.sql"))


@pytest.fixture(params=RELEASES, ids=lambda folder: folder.name)
def migrated(request: pytest.FixtureRequest, transactional_db: None, tmp_path: Path) -> None:
    """The release's database in place of the test's, migrated."""
    database = connections["default"]
    path = tmp_path / "db.sqlite3"
    with sqlite3.connect(path) as file:
        file.executescript((request.param / "db.sql").read_text(encoding="utf-8"))
    name = database.settings_dict["NAME"]
    database.close()
    database.settings_dict["NAME"] = str(path)
    call_command("migrate", verbosity=0)
    yield
    database.close()
    database.settings_dict["NAME"] = name


def test_there_is_a_release_to_begin_with() -> None:
    assert RELEASES


@pytest.mark.usefixtures("migrated")
def test_every_row_is_there_and_readable() -> None:
    assert Conversation.objects.count() == 4
    by_status = sorted(Message.objects.answers().values_list("status", flat=True))
    assert by_status == ["complete", "complete", "failed", "interrupted", "stopped", "streaming"]
    turns = Conversation.objects.get(title="Turns")
    assert (turns.system_prompt, turns.history_turns, turns.leaf.text) == (
        "Be brief.",
        3,
        "A turn is **one** exchange.",
    )
    assert Preferences.objects.get().theme == "dark"


@pytest.mark.usefixtures("migrated")
def test_its_people_log_in_and_read_their_conversations() -> None:
    client = Client()

    assert client.login(username="ada", password="a long password")
    page = client.get(Conversation.objects.get(title="Turns").get_absolute_url()).content.decode()

    assert "What is a turn? 😀 &lt;b&gt;" in page
    assert "<strong>one</strong>" in page


@pytest.mark.usefixtures("migrated")
def test_what_still_ran_is_interrupted_with_its_text() -> None:
    assert Message.objects.interrupt_abandoned() == 1
    assert Message.objects.get(runner="a process that is gone").text == "so far"

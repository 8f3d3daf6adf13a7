"""The database of every release is migrated to what the code wants, with its data whole."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.models import User
from django.contrib.sessions.backends.db import SessionStore
from django.core.management import call_command
from django.core.management.color import no_style
from django.db import connection, connections, transaction
from django.db.migrations.executor import MigrationExecutor
from django.test import Client
from django.utils import timezone

from conversations.models import Conversation, Import, Message, Origin, Preferences, Tag, left_over
from conversations.models.finding import find
from conversations.models.index_check import Missing
from conversations.search import parsed

GONE = "sessions"  # an app of the releases whose table is ours now
RELEASES = sorted(path.parent for path in Path(__file__).parent.glob("*/db.sql"))


@pytest.fixture(params=RELEASES, ids=lambda folder: folder.name)
def migrated(request: pytest.FixtureRequest, transactional_db: None, tmp_path: Path) -> Iterator[Path]:
    """The release, and its database in place of the test's, migrated."""
    restored = restored_file if connection.vendor == "sqlite" else restored_rows
    with restored(request.param, tmp_path):
        call_command("migrate", verbosity=0, without_copy=True)
        yield request.param


@contextmanager
def restored_file(release: Path, folder: Path) -> Iterator[None]:
    """SQLite: the release's own file."""
    path = folder / "db.sqlite3"
    with closing(sqlite3.connect(path)) as file:
        file.executescript((release / "db.sql").read_text(encoding="utf-8"))
    with in_place_of_the_tests(str(path)):
        yield


@contextmanager
def restored_rows(release: Path, folder: Path) -> Iterator[None]:
    """PostgreSQL: a new database that was migrated to where the release was, with the release's rows."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE DATABASE of_a_release")
    with in_place_of_the_tests("of_a_release"):
        apps = MigrationExecutor(connection).migrate(last_migrations(release)).apps
        write_rows(apps, json.loads((release / "rows.json").read_text(encoding="utf-8")))
        yield
    with connection.cursor() as cursor:
        cursor.execute("DROP DATABASE of_a_release")


def last_migrations(release: Path) -> list[tuple[str, str]]:
    """What the release's database was migrated to: the last migration of each app that is still one."""
    with closing(sqlite3.connect(":memory:")) as file:
        file.executescript((release / "db.sql").read_text(encoding="utf-8"))
        last = file.execute("SELECT app, max(name) FROM django_migrations GROUP BY app").fetchall()
    return [(app, name) for app, name in last if app != GONE]


def write_rows(apps: Any, rows: list[dict[str, Any]]) -> None:
    """Writes them with the models as they were then; today's have columns that are not there yet."""
    with transaction.atomic():
        for row in rows:
            model = apps.get_model(row["model"])
            fields = {model._meta.get_field(name): value for name, value in row["fields"].items()}
            assert not any(field.many_to_many and value for field, value in fields.items())
            values = {
                field.attname: field.to_python(value) for field, value in fields.items() if not field.many_to_many
            }
            model(pk=row["pk"], **values).save(force_insert=True)
    written = [apps.get_model(name) for name in dict.fromkeys(row["model"] for row in rows)]
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), written):
            cursor.execute(statement)


@contextmanager
def in_place_of_the_tests(name: str) -> Iterator[None]:
    database = connections["default"]
    own = database.settings_dict["NAME"]
    use_database(database, name)
    yield
    use_database(database, own)


def use_database(database: Any, name: str) -> None:
    database.close()
    if database.vendor == "postgresql":
        database.close_pool()
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
def test_what_was_said_is_found_once_the_job_has_indexed_it() -> None:
    missing = Missing()
    while missing.step():
        pass

    theirs = Conversation.objects.filter(owner__username="ada")
    finds = find(theirs, parsed("exchange"), owner_id=User.objects.get(username="ada").pk).finds
    assert [Message.objects.get(pk=key).text for each in finds for key in each.messages] == [
        "A turn is **one** exchange."
    ]
    assert [each.messages for each in find(theirs, parsed("turns"), owner_id=0).finds] == [()]  # by its title


@pytest.mark.usefixtures("migrated")
def test_what_still_ran_is_interrupted_with_its_text() -> None:
    assert Message.objects.abandoned().interrupt() == 1
    assert Message.objects.get(runner="a process that is gone").text == "so far"


def test_a_process_that_still_runs_the_release_writes_its_rows(migrated: Path) -> None:
    models = MigrationExecutor(connection).loader.project_state(last_migrations(migrated)).apps.all_models
    then = models["conversations"]
    bob = models["auth"]["user"].objects.get(username="bob")

    talk = then["conversation"].objects.create(owner=bob, title="As ever")
    then["message"].objects.create(conversation=talk, owner=bob, role="user", text="Hi")
    then["preferences"].objects.create(user=bob, theme="light")

    assert Conversation.objects.get(title="As ever").messages.get().text == "Hi"
    kept = Preferences.objects.get(user__username="bob")
    assert (kept.theme, kept.enter, kept.keys, kept.language, kept.zone) == ("light", "sends", "on", "", "")


def test_a_process_that_still_runs_the_release_deletes_what_newer_rows_name(migrated: Path) -> None:
    then = MigrationExecutor(connection).loader.project_state(last_migrations(migrated)).apps.get_model
    ada, bob = User.objects.get(username="ada"), User.objects.get(username="bob")
    for owner in (ada, bob):
        Conversation.objects.create(owner=owner, title="Tagged")
        Tag.put("x", Conversation.objects.filter(owner=owner))
        Import.begin(owner, name="chats.json")
        Origin.objects.create(owner=owner, source="chatsite", source_id="1", digest="")
    Tag.put("stays", Conversation.objects.filter(owner=ada, title="Turns"))

    then("conversations", "conversation").objects.get(owner_id=ada.pk, title="Tagged").delete()
    then("auth", "user").objects.get(pk=bob.pk).delete()
    while left_over.remove_some():
        pass

    links = Tag.conversations.through.objects
    assert links.count() == links.filter(conversation__in=Conversation.objects.filter(owner=ada)).count() > 1
    assert set(Tag.objects.values_list("owner", "name")) == {(ada.pk, "x"), (ada.pk, "stays")}
    assert list(Import.objects.values_list("owner", flat=True)) == [ada.pk]
    assert list(Origin.objects.values_list("owner", flat=True)) == [ada.pk]


SESSION = "INSERT INTO django_session (session_key, session_data, expire_date) VALUES (%s, %s, %s)"


@pytest.mark.usefixtures("migrated")
def test_a_process_that_still_runs_the_release_logs_its_people_in() -> None:
    ada = User.objects.get(username="ada")
    data = {SESSION_KEY: str(ada.pk), BACKEND_SESSION_KEY: settings.AUTHENTICATION_BACKENDS[0]}
    data[HASH_SESSION_KEY] = ada.get_session_auth_hash()
    with connection.cursor() as cursor:
        cursor.execute(SESSION, ["k" * 32, SessionStore().encode(data), timezone.now() + timedelta(days=1)])
    client = Client()
    client.cookies["session"] = "k" * 32

    assert client.get("/presets/").status_code == 200

"""The threads that lead into the database, and requests that give their connection back before they wait."""

import asyncio
from typing import NoReturn

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, OperationalError, connection, transaction
from django.test import Client
from django.utils import timezone, translation

from conversations import database, markdown
from conversations.models import Conversation

pytestmark = pytest.mark.django_db(transaction=True)

IS_KEPT = connection.vendor == "sqlite"  # where each thread may have its own


@pytest.fixture
def ada() -> User:
    return User.objects.create(username="ada")


@pytest.fixture
def client(client: Client, ada: User) -> Client:
    client.force_login(ada)
    return client


@pytest.fixture
def held_while_rendering(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Whether the request held a connection, for each text that it had rendered."""
    held: list[bool] = []
    render = markdown.render

    def watched(text: str) -> markdown.Rendered:
        held.append(connection.connection is not None)
        return render(text)

    monkeypatch.setattr(markdown, "render", watched)
    return held


def answer() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 42")
        return int(cursor.fetchone()[0])


def break_a_rule() -> NoReturn:
    User.objects.create(username="ada")
    raise AssertionError("two people of one name")


def find_it_away() -> NoReturn:
    """As a step does under which PostgreSQL ends, or that waited for SQLite's lock in vain."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")
    raise OperationalError("database is locked")


async def test_step_that_breaks_a_rule_fails_alone(ada: User):
    first, behind = await asyncio.gather(database.run(break_a_rule), database.run(answer), return_exceptions=True)

    assert isinstance(first, IntegrityError)
    assert behind == 42


@pytest.mark.fault(53)
async def test_what_waits_behind_a_step_that_finds_the_database_away_fails_with_it():
    first, behind = await asyncio.gather(database.run(find_it_away), database.run(answer), return_exceptions=True)
    later = await database.run(answer)

    assert isinstance(first, OperationalError)
    assert isinstance(behind, OperationalError)
    assert later == 42


def test_connection_of_a_transaction_is_kept():
    with transaction.atomic():
        User.objects.create(username="bob")
        database.let_go()

    assert User.objects.filter(username="bob").exists()


@pytest.mark.fault(57)
def test_text_waits_for_the_renderer_without_a_connection(client: Client, held_while_rendering: list[bool]):
    response = client.post("/markdown/", {"text": "*Hm*"})

    assert response.content == b"<p><em>Hm</em></p>\n"
    assert held_while_rendering == [IS_KEPT]


@pytest.mark.fault(57)
def test_page_waits_for_the_renderer_without_a_connection(client: Client, ada: User, held_while_rendering: list[bool]):
    conversation = Conversation.objects.create(owner=ada)
    question = conversation.messages.create(role="user", owner=ada, text="Well?")
    answers = [
        conversation.messages.create(role="assistant", owner=ada, text=text, parent=question, status="complete")
        for text in ("*One*", "*Two*")
    ]
    conversation.leaf_id = answers[1].pk
    conversation.save()

    page = client.get(f"/conversations/{conversation.uuid}/").content.decode()
    again = client.get(f"/conversations/{conversation.uuid}/").content.decode()

    assert "<em>Two</em>" in page
    assert "<em>Two</em>" in again
    assert held_while_rendering == [IS_KEPT]


def spoken() -> tuple[str | None, str]:
    return translation.get_language(), str(timezone.get_current_timezone())


async def test_a_step_speaks_the_language_and_tells_the_time_of_who_asks() -> None:
    with translation.override("de"), timezone.override("Asia/Tokyo"):
        asked = [await lane(spoken) for lane in (database.run, database.read, database.read_at_length)]

    assert asked == [("de", "Asia/Tokyo")] * 3
    assert await database.run(spoken) == ("en", "UTC")

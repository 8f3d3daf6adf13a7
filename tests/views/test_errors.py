"""Which failures of the database pass by themselves (503, the text is given back), and which do not."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django import db
from django.test import RequestFactory

from conversations import refusals
from conversations.views import errors, pages
from tests.people import Person


@pytest.mark.parametrize(
    ("error", "is_away"),
    [
        (db.OperationalError("database is locked"), True),
        (db.InterfaceError("connection already closed"), True),
        (db.InternalError("current transaction is aborted"), True),
        (db.DatabaseError("database disk image is malformed"), True),
        (db.IntegrityError("UNIQUE constraint failed"), False),
        (db.ProgrammingError("no such column"), False),
        (db.DataError("value too long"), False),
        (db.NotSupportedError("no such function"), False),
        (ValueError("away"), False),
        (None, False),
    ],
)
def test_database_is_away_where_it_could_not_do_what_it_was_rightly_asked(error: Exception | None, is_away: bool):
    assert errors.is_database_away(error) is is_away


def test_value_that_the_database_cannot_hold_is_the_request_s_fault(
    ada: Person, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    def fails(*args: Any, **kwargs: Any) -> Any:
        raise db.DataError('invalid input syntax: "my words"')

    monkeypatch.setattr(pages, "listed", fails)
    caplog.set_level("INFO")

    reply = ada.get("/", Accept="application/json")

    assert (reply.status, reply.error) == (400, "bad_request")
    (line,) = [entry for entry in caplog.records if entry.levelname != "DEBUG" and "'/'" in entry.getMessage()]
    assert (line.levelname, line.exc_info) == ("INFO", None)
    assert line.getMessage().endswith(": the database takes no such value (DataError)")
    assert "my words" not in caplog.text


def test_nul_in_a_query_is_no_fault_of_ours(person: Callable[..., Person]):
    admin = person("admin", is_staff=True, is_superuser=True)

    reply = admin.get("/admin/conversations/message/?status__exact=%00")

    assert reply.status == {"sqlite": 200, "postgresql": 400}[db.connection.vendor]  # SQLite finds nothing


def test_who_only_reads_while_the_database_is_away_is_told_of_no_text(ada: Person, monkeypatch: pytest.MonkeyPatch):
    def fails(*args: Any, **kwargs: Any) -> Any:
        raise db.OperationalError("away")

    monkeypatch.setattr(pages, "listed", fails)

    reply = ada.get("/", Accept="application/json")

    assert (reply.status, reply.error) == (503, "unavailable")
    sentence = "The site cannot reach its data at the moment. Try again in a little while."
    assert reply.json["error"]["message"] == sentence


@pytest.mark.parametrize(
    ("status", "told", "next_step"),
    [
        (400, refusals.Refusal.sentence, "Go back, reload the page there, and try once more."),
        (403, "You may not do this.", "Whoever runs this site can give it to your account."),
        (500, "Something went wrong on this site.", "Your messages are safe. Try again in a moment."),
        (503, refusals.Unavailable.sentence_to_readers, "Your messages are safe. Try again in a moment."),
    ],
)
def test_a_page_says_once_what_happened_and_what_to_do(
    rf: RequestFactory, status: int, told: str, next_step: str
) -> None:
    page = errors.page(rf.get("/"), status, str(told), "abcd").content.decode()

    assert next_step in page
    assert str(told) not in page


def test_a_site_that_is_away_offers_to_try_again_alone(rf: RequestFactory) -> None:
    page = errors.page(rf.get("/"), 503, "", "abcd").content.decode()

    assert re.findall(r'<a class="button[^>]*>(.*?)</a>', page) == ["Try again"]

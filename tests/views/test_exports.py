"""Exports as they are asked for and sent."""

import gc
import io
import json
import zipfile
from concurrent.futures import ThreadPoolExecutor
from email.message import Message as Header

import pytest
from django.db import OperationalError
from django.http.response import HttpResponseBase

from conversations import refusals
from conversations.models import Conversation, Message
from conversations.text import storable
from conversations.views import exports
from tests.exchange.made import everything, said
from tests.markdown.corpora import texts
from tests.processes.waiting import until
from tests.serving import Person, Site


def name_of(disposition: str) -> str:
    """The file's name, as a mail program reads the header."""
    header = Header()
    header["Content-Disposition"] = disposition
    return str(header.get_filename())


@pytest.mark.parametrize(
    ("form", "kind", "suffix", "held"),
    [
        ("markdown", "text/markdown", "md", "# Plans"),
        ("json", "application/json", "json", '"title": "Plans"'),
        ("html", "text/html", "html", "<strong>Hello</strong>"),
        ("text", "text/plain", "txt", "**Hello**"),
    ],
)
def test_a_conversation_is_sent_as_a_file(ada: Person, form: str, kind: str, suffix: str, held: str) -> None:
    conversation = everything(ada.user)

    reply = ada.get(f"{conversation.get_absolute_url()}export/?as={form}")

    assert reply.status == 200
    assert reply.headers["Content-Type"] == f"{kind}; charset=utf-8"
    assert reply.headers["Content-Disposition"] == f'attachment; filename="2026-11-24-Plans.{suffix}"'
    assert reply.headers["Cache-Control"] == "no-store"
    assert held in reply.text


@pytest.mark.parametrize("form", ["", "?as=pdf", "?as=", "?as=json%00"])
def test_a_form_that_there_is_not_is_a_400(ada: Person, form: str) -> None:
    conversation = said(ada.user, "Hello?")

    assert ada.get(f"{conversation.get_absolute_url()}export/{form}").status == 400


@pytest.mark.parametrize("place", [{"is_temporary": True}, {"binned_at": "2026-11-24T15:04:05Z"}])
def test_what_is_in_the_bin_or_temporary_is_not_there(ada: Person, place: dict[str, object]) -> None:
    conversation = said(ada.user, "Hello?", **place)

    assert ada.get(f"{conversation.get_absolute_url()}export/?as=json").status == 404


def test_no_title_is_more_than_a_files_name(ada: Person) -> None:
    conversation = said(ada.user, "Hello?")
    titles = [storable(text)[:200] for text in texts("export_injection")]
    titles = [title.replace("\ufffd", "") for title in titles]
    for title in [*titles, "Größe", "計画", "مرحبا", 'a"; filename="b.exe']:
        Conversation.objects.update(title=title)

        reply = ada.get(f"{conversation.get_absolute_url()}export/?as=text")

        assert reply.status == 200
        assert "X-Injected" not in reply.headers
        name = name_of(reply.headers["Content-Disposition"])
        assert name.startswith("2026-11-24")
        assert name.endswith(".txt")
        assert not set(name) & set('/\\"\r\n')


def test_a_persons_language_is_spoken_in_it(ada: Person) -> None:
    conversation = said(ada.user, "Hello?")
    ada.post("/preferences/", {"language": "de"})

    assert "--- Du," in ada.get(f"{conversation.get_absolute_url()}export/?as=text").text


def test_all_conversations_are_sent_as_a_zip(ada: Person, bob: Person) -> None:
    conversation = everything(ada.user)
    said(bob.user, "a secret")

    reply = ada.post("/export/")

    assert (reply.status, reply.headers["Content-Type"]) == (200, "application/zip")
    assert name_of(reply.headers["Content-Disposition"]).startswith("chatsite-20")
    with zipfile.ZipFile(io.BytesIO(reply.body)) as zipped:
        documents = [json.loads(zipped.read(name)) for name in zipped.namelist() if name.startswith("conversations/")]
    assert [each["conversation"]["id"] for each in documents] == [str(conversation.uuid)]


def test_the_page_says_how_many_there_are(ada: Person) -> None:
    said(ada.user, "One?")
    said(ada.user, "Two?")
    said(ada.user, "Three?", is_temporary=True)

    page = ada.get("/export/")

    assert page.status == 200
    assert "You have 2 chats." in page.text


def test_a_form_from_elsewhere_gets_nothing(ada: Person) -> None:
    assert ada.post("/export/", csrf=False).status == 403


def test_one_export_of_a_person_is_sent_at_a_time(ada: Person, bob: Person, site: Site) -> None:
    large, small = said(ada.user, "Hello?"), said(bob.user, "Hello?")
    Message.objects.bulk_create(
        Message(conversation=large, owner=ada.user, role="user", text="x" * 100_000) for _ in range(300)
    )
    download = ada.follow(f"{large.get_absolute_url()}export/?as=json")  # more than any buffer between takes

    refused = ada.script("/export/")
    again = ada.get(f"{large.get_absolute_url()}export/?as=text")
    others = bob.get(f"{small.get_absolute_url()}export/?as=text")
    download.close()

    assert download.status == 200
    assert (refused.status, refused.error) == (409, "export_running")
    assert (again.status, others.status) == (409, 200)
    assert "still being sent" in again.text
    until(lambda: ada.get(f"{large.get_absolute_url()}export/?as=text").status == 200)


def sent_to(owner: int) -> HttpResponseBase | None:
    """An export that nobody has begun to read; None where it is refused."""
    try:
        return exports._file(iter([b"x"]), owner=owner, name="x.txt", kind="text/plain")
    except refusals.ExportRunning:
        return None


def test_of_many_exports_at_once_one_is_sent() -> None:
    with ThreadPoolExecutor(8) as threads:
        replies = list(threads.map(sent_to, [1] * 50))

    assert sum(reply is not None for reply in replies) == 1


def test_an_export_whose_reading_never_begins_keeps_nobody_from_another() -> None:
    first = sent_to(1)
    assert first is not None
    assert sent_to(1) is None

    del first
    gc.collect()

    assert sent_to(1) is not None


def test_a_locked_database_breaks_no_file_that_was_begun(
    ada: Person, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def locked(*_: object) -> None:
        raise OperationalError("database is locked")

    conversation = everything(ada.user)
    Message.objects.answers().update(html_version=0, html="")
    monkeypatch.setattr(Message, "keep_html", locked)

    reply = ada.get(f"{conversation.get_absolute_url()}export/?as=html")

    assert reply.status == 200
    assert "<strong>Hello</strong>" in reply.text
    assert reply.text.rstrip().endswith("</html>")
    assert "what was rendered could not be kept: database is locked" in caplog.messages

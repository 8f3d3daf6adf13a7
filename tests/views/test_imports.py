"""Imports as they are handed in and told of."""

import json
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from conversations import lifespan
from conversations.exchange.importing import Imports
from conversations.exchange.reading import limits
from conversations.models import Conversation, Import
from tests.exchange.handing_in import OTHERS, handed_in
from tests.serving import Person

URL = "/imports/"
FIELD = b'Content-Disposition: form-data; name="file"; filename="a.json"'
BODY = b"--x\r\n" + FIELD + b"\r\n\r\n[" + b" " * 50_000 + b"]\r\n--x--\r\n"


def file(value: Any, name: str = "conversations.json") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, value if isinstance(value, bytes) else json.dumps(value).encode())


def work() -> None:
    imports = Imports()
    while imports.step():
        pass


def test_a_file_is_handed_in_and_its_chats_are_there(owner_client: Client, owner: User) -> None:
    reply = owner_client.post(URL, {"file": file([*OTHERS, 7])})
    waiting = owner_client.get(URL).content.decode()
    work()
    done = owner_client.get(URL).content.decode()

    assert (reply.status_code, reply.headers["Location"]) == (303, URL)
    assert "An import is in progress." in waiting
    assert '<meta http-equiv="refresh"' in waiting
    assert 'type="file"' not in waiting
    assert "new: 5 · refused: 1" in done
    assert '<span dir="auto">[6]</span>: Something in this chat is not what it should be.' in done
    assert '<meta http-equiv="refresh"' not in done
    assert Conversation.objects.for_user(owner).count() == 5


def test_the_page_shows_how_much_of_the_file_is_read(owner_client: Client, owner: User) -> None:
    begun = handed_in(owner, OTHERS, size=3_000_000)
    begun.come_to(1_500_000)

    page = owner_client.get(URL).content.decode()

    assert 'value="1500000" max="3000000"></progress>' in page
    assert "1.4\xa0MB of 2.9\xa0MB read" in page


def test_an_import_is_stopped(owner_client: Client, owner: User) -> None:
    begun = handed_in(owner, OTHERS)
    path = f"{URL}{begun.uuid}/stop/"
    assert f'action="{path}"' in owner_client.get(URL).content.decode()

    form = owner_client.post(path)
    again = owner_client.post(path, headers={"Accept": "application/json"})
    work()
    page = owner_client.get(URL).content.decode()

    assert (form.status_code, form.headers["Location"], again.status_code) == (303, URL, 204)
    assert "· stopped" in page
    assert "You stopped this import." in page
    assert 'type="file"' in page
    assert not Conversation.objects.exists()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"PK", "The ZIP file is damaged."),
        (b"[", "This is not valid JSON: what is behind this in the file was not read."),
    ],
)
def test_a_file_that_is_refused_whole_says_why(owner_client: Client, content: bytes, reason: str) -> None:
    owner_client.post(URL, {"file": file(content)})
    work()

    page = owner_client.get(URL).content.decode()

    assert "· refused</p>" in page
    assert '<details class="import-report" open>' in page
    assert f"{reason}</li>" in page
    assert "· done" not in page


def test_a_large_file_comes_in_parts(owner_client: Client, owner: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("conversations.views.imports.PART", 1000)

    owner_client.post(URL, {"file": file(OTHERS)})
    assert Import.objects.get().parts.count() > 2
    work()

    assert Conversation.objects.count() == 5


def test_without_a_file_the_form_says_so(owner_client: Client) -> None:
    for fields in ({}, {"file": "x"}, {"file": file(b"")}):
        page = owner_client.post(URL, fields)

        assert page.status_code == 422
        assert 'role="alert">Choose a file first.' in page.content.decode()


def test_a_second_file_waits_for_the_first(owner_client: Client, owner: User) -> None:
    handed_in(owner, OTHERS)

    page = owner_client.post(URL, {"file": file(OTHERS)})
    script = owner_client.post(URL, {"file": file(OTHERS)}, headers={"Accept": "application/json"})

    assert (page.status_code, script.status_code, script.json()["error"]["code"]) == (409, 409, "import_running")
    assert 'role="alert">An import of yours is not done yet.' in page.content.decode()
    assert Import.objects.count() == 1


def test_a_page_that_waits_is_loaded_anew_at_the_end(owner_client: Client, owner: User) -> None:
    handed_in(owner, OTHERS)
    asked = {"HX-Request": "true"}

    waiting = owner_client.get(URL, headers=asked)
    work()
    done = owner_client.get(URL, headers=asked)

    assert "HX-Refresh" not in waiting.headers
    assert done.headers["HX-Refresh"] == "true"


def test_the_page_stays_small_however_long_the_reports_are(owner_client: Client, owner: User) -> None:
    line = {"place": "a[1]", "title": "Refused", "code": "malformed"}
    for state in ("done", "done", "waiting"):
        Import.objects.create(owner=owner, name="a.json", state=state, report=[line] * 500)

    page = owner_client.get("/imports/").content.decode()
    asked = owner_client.get("/imports/", headers={"HX-Request": "true"}).content.decode()

    assert (page.count("Refused</span>"), page.count("and 480 more")) == (500 + 2 * 20, 2)
    assert "Refused" not in asked
    assert 'id="import-progress"' in asked


def test_nobody_sees_the_imports_of_others(owner_client: Client) -> None:
    bob = User.objects.create_user("bob")
    Import.begin(bob, name="a secret.json")

    assert "a secret" not in owner_client.get(URL).content.decode()


def test_names_and_titles_are_text(owner_client: Client, owner: User) -> None:
    hostile = "<script>alert(1)</script>"
    owner_client.post(URL, {"file": file([{"title": hostile, "mapping": {}}], name=f"{hostile}.json")})
    work()

    page = owner_client.get(URL).content.decode()

    assert hostile not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_deleted_chats_come_back_where_it_is_asked_for(owner_client: Client, owner: User) -> None:
    owner_client.post(URL, {"file": file(OTHERS)})
    work()
    Conversation.objects.all().delete()

    owner_client.post(URL, {"file": file(OTHERS), "brings_back": "on"})
    work()

    assert Conversation.objects.count() == 5


def test_a_file_of_more_than_other_bodies_is_taken_from_who_is_logged_in(ada: Person, settings: Any) -> None:
    settings.BODY_LIMIT = 10_000
    headers = {"Content-Type": "multipart/form-data; boundary=x", "Accept": "application/json"}
    visitor = Person(ada.url)

    taken = ada.send_raw("POST", URL, BODY, headers)
    refused = [visitor.send_raw("POST", URL, BODY, headers), ada.send_raw("POST", "/markdown/", BODY, headers)]

    assert taken.status == 201, taken.text
    assert [reply.status for reply in refused] == [413, 413]


def test_a_file_that_is_too_large_is_refused(ada: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    headers = {"Content-Type": "multipart/form-data; boundary=x", "Accept": "application/json"}
    with monkeypatch.context() as patch:
        patch.setattr(limits, "FILE_BYTES", 10_000)
        by_its_file = ada.send_raw("POST", URL, BODY, headers)
        patch.setattr(lifespan, "IMPORT_LIMIT", 10_000)
        by_its_body = ada.send_raw("POST", URL, BODY, headers)

    assert [by_its_file.status, by_its_body.status] == [413, 413]
    assert not Import.objects.exists()

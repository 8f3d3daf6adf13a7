"""The site in the reader's language and time: the person's choice, else the browser's, else the site's."""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import Any
from uuid import uuid4

import pytest
from babel.messages.pofile import read_po
from django.contrib.auth.models import User
from django.http.response import HttpResponseBase
from django.test import Client

from conversations.models import Conversation, Message, Preferences, Preset
from tests.conftest import ROOT
from tests.fakes.provider import FakeProvider
from tests.fakes.replies import refusal
from tests.people import Person
from tests.serving import Site

GERMAN, FRENCH = {"Accept-Language": "de-AT,de;q=0.9,en;q=0.5"}, {"Accept-Language": "fr"}


@pytest.fixture
def ada(db: None) -> User:
    return User.objects.create_user("ada", password="a long password")


@pytest.fixture
def client(ada: User) -> Client:
    client = Client()
    client.force_login(ada)
    return client


@pytest.mark.parametrize(
    ("asked", "language", "welcome"),
    [
        ("de-AT,de;q=0.9,en;q=0.5", "de", "Willkommen"),
        ("fr-CA", "fr", "Bienvenue"),
        ("ja, fr;q=0.3, en;q=0.8", "en", "Welcome"),
        ("ja", "en", "Welcome"),
        ("*", "en", "Welcome"),
        ("", "en", "Welcome"),
        ("de;q=x,,;;", "en", "Welcome"),
    ],
)
def test_login_page_is_in_the_language_of_the_browser(db: None, asked: str, language: str, welcome: str) -> None:
    page = Client().get("/accounts/login/", headers={"Accept-Language": asked})

    assert page.headers["Content-Language"] == language
    assert "Accept-Language" in page.headers["Vary"]
    assert f'<html lang="{language}"' in page.content.decode()
    assert f"<h1>{welcome}</h1>" in page.content.decode()


def test_language_is_no_matter_of_cookies(db: None) -> None:
    visitor = Client()
    visitor.cookies["django_language"] = "fr"

    page = visitor.get("/accounts/login/", headers=GERMAN)

    assert page.headers["Content-Language"] == "de"
    assert "django_language" not in page.cookies


def test_error_page_is_in_the_language_of_the_browser(db: None) -> None:
    page = Client().get("/nowhere/", headers=FRENCH)

    assert page.status_code == 404
    assert "<h1>Il n’y a rien ici</h1>" in page.content.decode()


def test_error_page_is_in_the_language_of_the_person(client: Client, ada: User) -> None:
    Preferences.objects.create(user=ada, language="de")

    page = client.get("/nowhere/", headers=FRENCH).content.decode()

    assert "<h1>Hier ist nichts</h1>" in page
    assert "Diese Seite gibt es nicht, oder du hast keinen Zugriff darauf." in page


def test_offline_page_is_in_the_language_of_the_person(client: Client, ada: User) -> None:
    french = client.get("/service-worker.js", headers=FRENCH).content
    Preferences.objects.create(user=ada, language="de")

    page = client.get("/offline/", headers=FRENCH)
    german = client.get("/service-worker.js", headers=FRENCH).content

    assert page.headers["Content-Language"] == "de"
    assert "<h1>Die Website ist nicht erreichbar</h1>" in page.content.decode()
    assert german != french  # by which the browser learns that it has to take the page anew
    assert german == client.get("/service-worker.js").content


def test_request_that_is_refused_before_any_view_is_in_the_language_of_the_browser() -> None:
    page = Client(SERVER_NAME="elsewhere.example").get("/", headers=GERMAN)

    assert page.status_code == 400
    assert "Unter diesem Namen ist die Website nicht bekannt." in page.content.decode()


def test_script_is_told_in_the_language_it_asks_for(client: Client) -> None:
    reply = client.post("/conversations/", {"message": " "}, headers={**GERMAN, "Accept": "application/json"})

    assert reply.json()["error"]["code"] == "invalid"
    assert reply.json()["error"]["message"] == "Schreib zuerst etwas."


def test_language_of_the_person_goes_before_that_of_the_browser(client: Client, ada: User) -> None:
    client.post("/preferences/", {"language": "fr"})

    page = client.get("/", headers=GERMAN)

    assert page.headers["Content-Language"] == "fr"
    assert '<html lang="fr"' in page.content.decode()
    assert "Qu’avez-vous en tête\u202f?" in page.content.decode()


def test_admin_is_in_the_language_of_the_person(client: Client, ada: User) -> None:
    User.objects.update(is_staff=True, is_superuser=True)
    Preferences.objects.create(user=ada, language="de")

    page = client.get("/admin/conversations/message/").content.decode()

    assert "Nachricht zum Ansehen auswählen" in page
    assert "Vorlagen</a>" in page


def test_language_of_the_browser_comes_back_where_the_person_wants_it(client: Client) -> None:
    client.post("/preferences/", {"language": "fr"})
    client.post("/preferences/", {"language": "browser"})

    assert client.get("/", headers=GERMAN).headers["Content-Language"] == "de"


def test_visitor_after_a_person_gets_their_own_language(client: Client) -> None:
    client.post("/preferences/", {"language": "fr"})
    client.get("/")

    assert Client().get("/accounts/login/").headers["Content-Language"] == "en"


@pytest.mark.parametrize(
    "fields",
    [
        {"language": "tlh"},
        {"zone": "Mars/Olympus"},
        {"zone": "../../etc/passwd"},
        {"zone": "x" * 65},
        {"browser_zone": "Mars/Olympus"},
        {},
    ],
)
def test_preference_that_the_site_does_not_know_is_refused(client: Client, fields: dict[str, str]) -> None:
    reply = client.post("/preferences/", fields, headers={"Accept": "application/json"})

    assert (reply.status_code, reply.json()["error"]["code"]) == (422, "invalid")
    assert not Preferences.objects.exists()


def test_one_preference_leaves_the_others_as_they_are(client: Client, ada: User) -> None:
    for fields in ({"theme": "dark"}, {"language": "de"}, {"zone": "Asia/Tokyo"}):
        client.post("/preferences/", fields)

    kept = Preferences.objects.get(user=ada)
    assert (kept.theme, kept.language, kept.zone) == ("dark", "de", "Asia/Tokyo")


@pytest.mark.parametrize(
    ("zone", "language", "shown"),
    [
        ("Asia/Tokyo", "en", "2 Jan 2026, 08:30"),
        ("America/New_York", "de", "1. Jan 2026, 18:30"),
        ("", "en", "1 Jan 2026, 23:30"),  # the site's zone: UTC
        ("Gone/Away", "en", "1 Jan 2026, 23:30"),  # a zone that this machine has lost
    ],
)
def test_times_are_told_in_the_zone_of_the_person(
    client: Client, ada: User, zone: str, language: str, shown: str
) -> None:
    Preferences.objects.create(user=ada, zone=zone, language=language)
    Conversation.objects.create(owner=ada, title="T", touched_at=datetime(2026, 1, 1, 23, 30, tzinfo=UTC))

    page = client.get("/conversations/").content.decode()

    assert f">{shown}</time>" in page
    assert 'datetime="2026-01-0' in page


def test_page_of_the_zone_offers_the_one_that_is_chosen(client: Client, ada: User) -> None:
    Preferences.objects.create(user=ada, zone="Asia/Calcutta")

    page = client.get("/preferences/").content.decode()

    assert page.count("<option selected>Asia/Calcutta</option>") == 1
    assert "<option>Europe/Berlin</option>" in page


def test_each_browser_has_its_own_zone_while_none_is_chosen(client: Client, ada: User) -> None:
    Conversation.objects.create(owner=ada, title="T", touched_at=datetime(2026, 1, 1, 23, 30, tzinfo=UTC))
    other = Client()
    other.force_login(ada)
    client.post("/preferences/", {"browser_zone": "Asia/Tokyo"})
    other.post("/preferences/", {"browser_zone": "Europe/Paris"})

    pages = [each.get("/conversations/").content.decode() for each in (client, other)]

    assert ">2 Jan 2026, 08:30</time>" in pages[0]
    assert ">2 Jan 2026, 00:30</time>" in pages[1]
    assert not Preferences.objects.exists()


def test_chosen_zone_holds_in_every_browser_until_it_is_the_browsers_again(client: Client, ada: User) -> None:
    Conversation.objects.create(owner=ada, title="T", touched_at=datetime(2026, 1, 1, 23, 30, tzinfo=UTC))
    client.post("/preferences/", {"browser_zone": "Asia/Tokyo"})
    client.post("/preferences/", {"zone": "Europe/Paris"})
    chosen = client.get("/conversations/").content.decode()

    client.post("/preferences/", {"zone": "browser"})

    assert "2 Jan 2026, 00:30" in chosen
    assert "2 Jan 2026, 08:30" in client.get("/conversations/").content.decode()


def test_page_asks_the_browser_for_its_zone_where_none_is_chosen(client: Client) -> None:
    client.post("/preferences/", {"browser_zone": "Asia/Tokyo"})
    unchosen = client.get("/").content.decode()

    client.post("/preferences/", {"zone": "Europe/Paris"})

    assert '<learn-zone data-url="/preferences/" data-known="Asia/Tokyo"' in unchosen
    assert "<learn-zone" not in client.get("/").content.decode()


@pytest.fixture
def reader(person: Callable[..., Person]) -> Person:
    return person("eve")


def test_failure_is_told_to_each_reader_in_their_language(site: Site, reader: Person, fake: FakeProvider) -> None:
    fake.script(refusal(401))
    url = reader.ask()["answer"]["events_url"]
    site.wait_answers()

    told = [failure_told(reader, url, asked) for asked in ("de", "fr", "ja")]

    assert [error["code"] for error in told] == ["misconfigured"] * 3
    assert [error["message"].split(" ")[0] for error in told] == ["Der", "L’accès", "This"]
    assert "detail" not in told[0]


def test_failure_is_told_in_the_zone_of_the_browser_that_follows(
    site: Site, reader: Person, fake: FakeProvider
) -> None:
    reader.script("/preferences/", {"browser_zone": "Asia/Tokyo"})
    fake.script(refusal(429, headers={"Retry-After": "5000"}))
    url = reader.ask()["answer"]["events_url"]
    site.wait_answers()

    told = failure_told(reader, url, "en")

    assert told["message"].endswith(" (JST).")


def test_failure_under_way_is_told_in_the_language_and_zone_of_the_person(
    site: Site, reader: Person, fake: FakeProvider
) -> None:
    Preferences.objects.create(user=reader.user, language="de", zone="Asia/Tokyo")
    fake.script(refusal(429, headers={"Retry-After": "5000"}))
    stream = reader.follow("/conversations/", "POST", {"message": "Hi"}, Accept_Language="fr")

    error = json.loads(list(stream)[-1].data)["error"]

    assert error["message"].startswith(
        "Der Anbieter bekommt gerade zu viele Anfragen. Ein neuer Versuch lohnt sich ab "
    )
    assert re.search(r" ab (\d+\. \w+ \d{4}, )?\d\d:\d\d \(JST\)\.\Z", error["message"])


def test_refusal_of_the_stream_says_in_which_language_it_is(reader: Person) -> None:
    Preferences.objects.create(user=reader.user, language="de")

    reply = reader.get(f"/messages/{uuid4()}/events/", Accept="text/event-stream", Accept_Language="fr")

    assert (reply.status, reply.error, reply.headers["Content-Language"]) == (404, "not_found", "de")
    assert reply.json["error"]["message"] == "Hier ist nichts, oder es gehört nicht dir."


def failure_told(reader: Person, url: str, asked: str) -> dict[str, Any]:
    end = list(reader.follow(url, Accept_Language=asked))[-1]
    return dict(json.loads(end.data)["error"])


@pytest.mark.parametrize("language", ["de", "fr"])
def test_no_english_is_left_on_any_page(client: Client, ada: User, language: str) -> None:
    english = sentences_but_for(language)
    headers = {"Accept-Language": language}
    failing = talk(ada)

    left = {
        path: sorted(said(client.get(path, headers=headers)) & english)
        for path in (*PAGES, failing.get_absolute_url(), f"/messages/{failing.leaf.uuid}/sent/")
    }
    visitors = {path: sorted(said(Client().get(path, headers=headers)) & english) for path in VISITORS}

    assert "Write a message" in english
    assert {path: words for path, words in (left | visitors).items() if words} == {}


PAGES = (
    *("/", "/conversations/", "/presets/", "/preferences/", "/nowhere/", "/offline/"),
    *("/accounts/logout/", "/accounts/password/change/"),
)
VISITORS = ("/accounts/login/", "/setup/wrong/", "/nowhere/")


def talk(owner: User) -> Conversation:
    """A conversation with answers in several states, and a preset."""
    answer = Conversation.begin(owner, text="Q", model="demo")
    conversation = answer.conversation
    for status, columns in STATES:
        Message.objects.filter(pk=answer.pk).update(status=status, text="A", total_ms=1500, **columns)
        answer = conversation.send("Q", parent=answer, model="demo")
    Preset.keep("P", Conversation(temperature=0.5, history_turns=2, answer_tokens=20), owner_id=owner.pk)
    return Conversation.objects.get(pk=conversation.pk)


STATES: tuple[tuple[str, dict[str, Any]], ...] = (
    ("complete", {"finish_reason": "length", "usage": {"prompt_tokens": 1, "completion_tokens": 2}}),
    ("stopped", {"reasoning": "Hm"}),
    ("interrupted", {}),
    ("failed", {"error_code": "context_too_long", "error_reference": "abc"}),
    ("failed", {"error_code": "internal"}),
)


def sentences_but_for(language: str) -> set[str]:
    """The site's sentences, without what is the same in `language` or is put together there."""
    with (ROOT / "locale" / language / "LC_MESSAGES" / "django.po").open("rb") as file:
        catalog = read_po(file, locale=language)
    whole = {str(message.id): str(message.string) for message in catalog if isinstance(message.id, str) and message.id}
    translations = set(whole.values())
    return {sentence for sentence in whole if "%" not in sentence and sentence not in translations}


def said(page: HttpResponseBase) -> set[str]:
    words = Words()
    words.feed(page.content.decode())  # type: ignore[attr-defined]
    return words.heard


class Words(HTMLParser):
    """What stands on a page for people: its texts, and those attributes that are read out, shown, or said by script."""

    def __init__(self) -> None:
        super().__init__()
        self.heard: set[str] = set()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        for name, value in attributes:
            is_sentence = name.startswith("data-") and not (value or "").islower()
            if is_sentence or name in ("alt", "aria-label", "label", "placeholder", "title"):
                self.heard.add(value or "")

    def handle_data(self, data: str) -> None:
        self.heard.add(data.strip())

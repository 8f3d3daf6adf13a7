"""The list of a person's open sessions, and what ends them."""

import re

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from conversations.models import Session
from tests.factors import log_in

PASSWORD = "correct horse battery"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 Version/18.5 Mobile Safari/604.1"
SESSIONS = "/accounts/sessions/"


@pytest.fixture
def ada(db: None) -> User:
    return User.objects.create_user("ada", password=PASSWORD)


@pytest.fixture
def here(ada: User) -> Client:
    client = Client(REMOTE_ADDR="10.0.0.1", headers={"User-Agent": FIREFOX})
    log_in(client, "ada", PASSWORD)
    return client


@pytest.fixture
def there(ada: User) -> Client:
    client = Client(REMOTE_ADDR="2001:db8::1", headers={"User-Agent": PHONE})
    log_in(client, "ada", PASSWORD)
    return client


def listed(client: Client) -> list[tuple[str, str]]:
    """Each row's heading, and whether it can be ended or is the one that asks."""
    page = client.get("/accounts/2fa/").text
    part = page.partition('id="sessions"')[2].partition("</section>")[0]
    rows = re.findall(r'<h3 dir="auto" id="session-\d+">(.*?)</h3>.*?(This one|value="end")', part, re.DOTALL)
    return [(name, "this" if "This" in what else "other") for name, what in rows]


def name_of(client: Client) -> str:
    return Session.objects.get(pk=client.session.session_key).name


def is_in(client: Client) -> bool:
    return client.get("/presets/").status_code == 200


def test_sessions_are_listed_with_browser_and_address_the_one_that_asks_first(here: Client, there: Client) -> None:
    page = here.get("/accounts/2fa/").text

    assert listed(here) == [("Firefox on Linux", "this"), ("Safari on iPhone", "other")]
    assert listed(there) == [("Safari on iPhone", "this"), ("Firefox on Linux", "other")]
    assert [address for address in ("10.0.0.1", "2001:db8::1") if address not in page] == []


def test_page_does_not_have_the_key_of_a_session(here: Client, there: Client) -> None:
    page = here.get("/accounts/2fa/").text

    assert name_of(there) in page
    assert [key for key in (here.session.session_key, there.session.session_key) if key in page] == []


@pytest.mark.parametrize("agent", ["<script>alert(1)</script>", "\u202etxt", "x" * 100_000, "'\"><img src=x>", ""])
def test_hostile_browser_is_shown_as_text(ada: User, here: Client, agent: str) -> None:
    log_in(Client(headers={"User-Agent": agent}), "ada", PASSWORD)

    response = here.get("/accounts/2fa/")

    assert (response.status_code, len(listed(here))) == (200, 2)
    assert "<script>alert" not in response.text
    assert "<img src=x" not in response.text
    assert "x" * 301 not in response.text


def test_session_of_before_is_listed_though_nothing_is_known_of_it(ada: User, here: Client) -> None:
    other = Client()
    other.force_login(ada)
    session = other.session
    del session["login"]
    session.save()

    assert listed(here)[1] == ("A browser", "other")


def test_sessions_that_a_process_of_before_writes_are_listed_and_ended(here: Client, there: Client) -> None:
    written_before(there)

    assert listed(here) == [("Firefox on Linux", "this"), ("Safari on iPhone", "other")]
    written_before(there)
    here.post(SESSIONS, {"action": "end_others"})

    assert (is_in(here), is_in(there)) == (True, False)


def written_before(client: Client) -> None:
    """As if a process of the version before had logged them in: it does not know the column."""
    Session.objects.filter(pk=client.session.session_key).update(owner_id=None)


def test_one_session_is_ended(here: Client, there: Client) -> None:
    response = here.post(SESSIONS, {"action": "end", "session": name_of(there)})

    assert (response.status_code, response["Location"]) == (303, "/accounts/2fa/")
    assert (is_in(here), is_in(there)) == (True, False)


def test_all_others_are_ended_at_once(ada: User, here: Client, there: Client) -> None:
    third = Client()
    third.force_login(ada)

    here.post(SESSIONS, {"action": "end_others"})

    assert [is_in(client) for client in (here, there, third)] == [True, False, False]


def test_session_of_another_person_is_not_there(here: Client) -> None:
    bob = Client()
    bob.force_login(User.objects.create_user("bob"))

    response = here.post(SESSIONS, {"action": "end", "session": name_of(bob)})
    here.post(SESSIONS, {"action": "end_others"})

    assert (response.status_code, is_in(bob)) == (404, True)


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({}, 400),
        ({"action": "explode"}, 400),
        ({"action": "end"}, 404),
        ({"action": "end", "session": "x\0" * 900}, 404),
    ],
)
def test_what_names_no_session_ends_none(here: Client, there: Client, fields: dict[str, str], status: int) -> None:
    response = here.post(SESSIONS, fields)

    assert (response.status_code, is_in(here), is_in(there)) == (status, True, True)


@pytest.mark.parametrize("method", ["get", "put", "delete"])
def test_other_verbs_end_nothing(here: Client, method: str) -> None:
    assert getattr(here, method)(SESSIONS).status_code == 405


def test_new_password_ends_the_others_and_leaves_none_in_the_list(here: Client, there: Client) -> None:
    new = {"password1": "another good one", "password2": "another good one"}

    here.post("/accounts/password/change/", {"oldpassword": PASSWORD, **new})

    assert (is_in(here), is_in(there)) == (True, False)
    assert [what for _, what in listed(here)] == ["this"]


def test_page_costs_the_same_for_one_session_and_for_many(ada: User, here: Client) -> None:
    with CaptureQueriesContext(connection) as one:
        here.get("/accounts/2fa/")
    for _ in range(10):
        Client().force_login(ada)
    with CaptureQueriesContext(connection) as many:
        here.get("/accounts/2fa/")

    assert len(many) == len(one)

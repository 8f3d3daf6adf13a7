"""Passkeys: what they open, and that what is none opens nothing and breaks nothing. tests/browser has a browser's."""

import json
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import User
from django.test import Client
from django.utils.http import int_to_base36

from conversations.factors import MOST_PASSKEYS
from tests.factors import (
    ADD_PASSKEY,
    LOGIN_WITH_PASSKEY,
    Passkey,
    encoded,
    give_app,
    log_in,
    log_in_with_app,
    question,
    show_code,
    show_password,
)

PASSWORD = "correct horse battery"
AUTHENTICATE = "/accounts/2fa/authenticate/"
B64 = "AAAA"
SHAPE = {"id": B64, "rawId": B64, "type": "public-key", "clientExtensionResults": {}}
NONSENSE: list[Any] = [
    "",
    "x",
    "[]",
    "1",
    "null",
    '"text"',
    "{}",
    "[" * 100_000,
    '{"response": []}',
    '{"response": {"userHandle": 1}}',
    json.dumps(SHAPE),
    json.dumps(SHAPE | {"response": "x"}),
    json.dumps(SHAPE | {"response": {}}),
    json.dumps(SHAPE | {"response": {"clientDataJSON": 1, "attestationObject": 2}}),
    json.dumps(SHAPE | {"response": {"clientDataJSON": B64, "attestationObject": B64}}),
    json.dumps(SHAPE | {"response": {"clientDataJSON": "e30", "attestationObject": "oA"}}),
    json.dumps(
        SHAPE | {"response": {"clientDataJSON": "e30", "authenticatorData": B64, "signature": B64, "userHandle": "eno"}}
    ),
    json.dumps(
        SHAPE
        | {
            "response": {
                "clientDataJSON": "eyJ0eXBlIjoid2ViYXV0aG4uZ2V0IiwiY2hhbGxlbmdlIjoiQUEiLCJvcmlnaW4iOiJ4In0",
                "authenticatorData": "A" * 50,
                "signature": B64,
                "userHandle": "MQ",
            }
        }
    ),
    json.dumps(SHAPE | {"id": 1, "rawId": "ä", "response": None}),
]


@pytest.fixture
def client() -> Client:
    """At an address at which browsers allow passkeys."""
    return Client(SERVER_NAME="localhost")


@pytest.fixture
def ada(db: None) -> User:
    return User.objects.create_user("ada", password=PASSWORD)


@pytest.fixture
def phone(client: Client, ada: User) -> Passkey:
    """Ada's, with which she has just been in."""
    passkey = Passkey()
    log_in(client, "ada", PASSWORD)
    show_password(client, PASSWORD)
    passkey.make(client, passwordless="on")
    client.post("/accounts/logout/")
    return passkey


def is_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def asked_at_login(client: Client) -> dict[str, Any]:
    response = client.get(LOGIN_WITH_PASSKEY, headers={"Accept": "application/json"})
    return dict(response.json()["request_options"]["publicKey"])


def test_passkey_is_kept_with_its_name_and_gives_recovery_codes(client: Client, ada: User) -> None:
    log_in(client, "ada", PASSWORD)
    show_password(client, PASSWORD)

    response = Passkey().make(client)

    assert response["Location"] == "/accounts/2fa/recovery-codes/"
    assert [(each.type, str(each)) for each in Authenticator.objects.order_by("pk")] == [
        ("webauthn", "Phone"),
        ("recovery_codes", "Recovery codes"),
    ]


def test_passkey_alone_logs_in_and_leads_where_one_wanted_to_go(client: Client, phone: Passkey, ada: User) -> None:
    said = phone.show(asked_at_login(client))

    response = client.post(LOGIN_WITH_PASSKEY, {"credential": said, "next": "/presets/"})

    assert (response["Location"], client.session["_auth_user_id"]) == ("/presets/", str(ada.pk))


def test_passkey_after_the_password_logs_in(client: Client, phone: Passkey) -> None:
    log_in(client, "ada", PASSWORD)
    asked = question(client.get(AUTHENTICATE).text)

    client.post(AUTHENTICATE, {"credential": phone.show(asked)})

    assert is_in(client)


def test_passkey_allows_to_change_the_second_factor_and_the_password_does_not(client: Client, phone: Passkey) -> None:
    client.post(LOGIN_WITH_PASSKEY, {"credential": phone.show(asked_at_login(client))})
    show_password(client, PASSWORD)
    refused = client.get(ADD_PASSKEY)
    again = "/accounts/2fa/webauthn/reauthenticate/"

    client.post(again, {"credential": phone.show(question(client.get(again).text))})

    assert (refused.status_code, client.get(ADD_PASSKEY).status_code) == (302, 200)


def test_answer_is_taken_once(client: Client, phone: Passkey) -> None:
    said = phone.show(asked_at_login(client))
    client.post(LOGIN_WITH_PASSKEY, {"credential": said})
    client.post("/accounts/logout/")

    client.post(LOGIN_WITH_PASSKEY, {"credential": said})

    assert not is_in(client)


def test_answer_to_another_browser_s_question_is_not_taken(client: Client, phone: Passkey) -> None:
    said = phone.show(asked_at_login(client))
    other = Client(SERVER_NAME="localhost")
    asked_at_login(other)

    other.post(LOGIN_WITH_PASSKEY, {"credential": said})

    assert not is_in(other)


def test_answer_given_to_another_site_is_not_taken(client: Client, phone: Passkey) -> None:
    phone.origin = "https://evil.example"

    client.post(LOGIN_WITH_PASSKEY, {"credential": phone.show(asked_at_login(client))})

    assert not is_in(client)


def test_passkey_whose_holder_it_did_not_ask_is_none_alone(client: Client, phone: Passkey) -> None:
    client.post(LOGIN_WITH_PASSKEY, {"credential": phone.show(asked_at_login(client), is_verified=False)})

    assert not is_in(client)


@pytest.mark.parametrize("handle", ["", "MjBqMTAwMA", "enp6enp6enp6enp6eg", "____", "A" * 4000])
def test_passkey_in_the_name_of_another_is_none(client: Client, phone: Passkey, handle: str) -> None:
    said = json.loads(phone.show(asked_at_login(client)))
    said["response"]["userHandle"] = handle

    response = client.post(LOGIN_WITH_PASSKEY, {"credential": json.dumps(said)})

    assert (response.status_code, is_in(client)) == (302, False)


def test_passkey_logs_nobody_in_but_its_owner(client: Client, phone: Passkey) -> None:
    bob = User.objects.create_user("bob")
    handle = encoded(int_to_base36(bob.pk).encode())

    client.post(LOGIN_WITH_PASSKEY, {"credential": phone.show(asked_at_login(client), handle=handle)})

    assert not is_in(client)


def test_passkey_of_a_stranger_is_none(client: Client, phone: Passkey) -> None:
    stranger = Passkey()
    stranger.handle = phone.handle

    client.post(LOGIN_WITH_PASSKEY, {"credential": stranger.show(asked_at_login(client))})

    assert not is_in(client)


def test_passkey_of_an_inactive_account_stays_out(client: Client, phone: Passkey) -> None:
    User.objects.update(is_active=False)

    response = client.post(LOGIN_WITH_PASSKEY, {"credential": phone.show(asked_at_login(client))})

    assert (response["Location"], is_in(client)) == ("/accounts/inactive/", False)


@pytest.mark.parametrize("nonsense", NONSENSE)
def test_nonsense_logs_nobody_in(client: Client, ada: User, nonsense: str) -> None:
    client.get(LOGIN_WITH_PASSKEY, headers={"Accept": "application/json"})

    response = client.post(LOGIN_WITH_PASSKEY, {"credential": nonsense})

    assert (response.status_code, is_in(client)) == (302, False)


@pytest.mark.parametrize("nonsense", NONSENSE)
def test_nonsense_is_no_second_factor(client: Client, ada: User, nonsense: str) -> None:
    give_app(ada)
    log_in(client, "ada", PASSWORD)
    client.get(AUTHENTICATE)

    response = client.post(AUTHENTICATE, {"credential": nonsense})

    assert (response.status_code, is_in(client)) == (200, False)


@pytest.mark.parametrize("nonsense", NONSENSE)
def test_nonsense_is_kept_as_no_passkey(client: Client, ada: User, nonsense: str) -> None:
    log_in(client, "ada", PASSWORD)
    show_password(client, PASSWORD)
    client.get(ADD_PASSKEY)

    response = client.post(ADD_PASSKEY, {"name": "Key", "credential": nonsense})

    assert (response.status_code, Authenticator.objects.exists()) == (200, False)
    assert "errorlist" in response.text


def test_visitor_gets_a_challenge_and_no_name(client: Client, ada: User) -> None:
    asked = client.get(LOGIN_WITH_PASSKEY, headers={"Accept": "application/json"}).json()["request_options"][
        "publicKey"
    ]

    assert (asked["allowCredentials"], asked["userVerification"]) == ([], "required")


def test_ten_tries_a_minute_are_enough(client: Client, ada: User) -> None:
    statuses = [client.post(LOGIN_WITH_PASSKEY, {"credential": "{}"}).status_code for _ in range(11)]

    assert statuses == [302] * 10 + [429]


def test_visitor_cannot_fill_the_table_of_sessions_with_questions(client: Client, ada: User) -> None:
    statuses = [Client(SERVER_NAME="localhost").get(LOGIN_WITH_PASSKEY).status_code for _ in range(61)]

    assert statuses == [302] * 60 + [429]


@pytest.mark.parametrize("what", ["edit", "remove"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_passkey_of_another_is_not_there(client: Client, phone: Passkey, what: str, method: str) -> None:
    give_app(User.objects.create_user("bob", password=PASSWORD))
    log_in_with_app(client, "bob", PASSWORD)
    show_code(client)
    adas = Authenticator.objects.get(type="webauthn")

    response = getattr(client, method)(f"/accounts/2fa/webauthn/keys/{adas.pk}/{what}/", {"name": "Mine now"})

    assert (response.status_code, "Phone" in response.text) == (404, False)
    assert str(Authenticator.objects.get(pk=adas.pk)) == "Phone"


@pytest.fixture
def keeper(client: Client, phone: Passkey) -> Client:
    """Ada's client, that has shown the passkey."""
    again = "/accounts/2fa/webauthn/reauthenticate/"
    client.post(LOGIN_WITH_PASSKEY, {"credential": phone.show(asked_at_login(client))})
    client.post(again, {"credential": phone.show(question(client.get(again).text))})
    return client


def keys(what: str) -> str:
    return f"/accounts/2fa/webauthn/keys/{Authenticator.objects.get(type='webauthn').pk}/{what}/"


def test_passkey_is_renamed_and_removed(keeper: Client) -> None:
    renamed = keeper.post(keys("edit"), {"name": "<script>alert(1)</script>"})
    page = keeper.get("/accounts/2fa/").text
    removed = keeper.post(keys("remove"))

    assert [reply["Location"] for reply in (renamed, removed)] == ["/accounts/2fa/"] * 2
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert not Authenticator.objects.exists()


def test_name_of_a_passkey_has_a_bound(keeper: Client) -> None:
    response = keeper.post(keys("edit"), {"name": "x" * 61})

    assert (response.status_code, str(Authenticator.objects.get(type="webauthn"))) == (200, "Phone")


def test_number_of_passkeys_has_a_bound(keeper: Client) -> None:
    for _ in range(MOST_PASSKEYS - 1):
        Passkey().make(keeper)

    response = Passkey().make(keeper)

    assert "Remove one first." in response.text
    assert Authenticator.objects.filter(type="webauthn").count() == MOST_PASSKEYS

"""The second factor: authenticator app, recovery codes, and what only its owner may do with it."""

import logging
import re
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import User
from django.core import mail
from django.test import Client

from conversations import factors
from conversations.models import Session
from tests.accounts import pages
from tests.authenticator import SECRET, code_of
from tests.factors import (
    Passkey,
    give_app,
    log_in,
    log_in_with_app,
    recovery_codes_of,
    show_code,
    show_password,
)

PASSWORD = "correct horse battery"
ACTIVATE = "/accounts/2fa/totp/activate/"
DEACTIVATE = "/accounts/2fa/totp/deactivate/"
CODES = "/accounts/2fa/recovery-codes/"
AUTHENTICATE = "/accounts/2fa/authenticate/"
SENSITIVE = [ACTIVATE, CODES, f"{CODES}download/", f"{CODES}generate/", "/accounts/2fa/webauthn/add/"]


@pytest.fixture(autouse=True)
def patient(settings: Any) -> None:
    """A code is taken though its half minute ends between the app and the site."""
    settings.MFA_TOTP_TOLERANCE = 1


@pytest.fixture
def ada(db: None) -> User:
    return User.objects.create_user("ada", password=PASSWORD)


@pytest.fixture
def bob(db: None) -> User:
    return User.objects.create_user("bob", password=PASSWORD)


@pytest.fixture
def protected(ada: User) -> User:
    """Ada, with an authenticator app and recovery codes."""
    give_app(ada)
    return ada


def is_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


# Setting it up.


def test_app_is_set_up_with_the_code_that_it_shows_and_gives_recovery_codes(client: Client, ada: User) -> None:
    log_in(client, "ada", PASSWORD)
    show_password(client, PASSWORD)
    secret = re.findall(r'class="secret">(\w+)<', client.get(ACTIVATE).text)[0]

    response = client.post(ACTIVATE, {"code": code_of(secret)})

    assert (response.status_code, response["Location"]) == (302, CODES)
    assert {each.type for each in Authenticator.objects.filter(user=ada)} == {"totp", "recovery_codes"}
    shown = client.get(CODES).text
    assert [code for code in recovery_codes_of(ada) if code not in shown] == []


def test_first_factor_ends_the_sessions_that_were_begun_with_the_password_alone(
    transactional_db: None, client: Client, ada: User
) -> None:
    thief = Client()
    log_in(thief, "ada", PASSWORD)
    show_password(thief, PASSWORD)
    log_in(client, "ada", PASSWORD)
    show_password(client, PASSWORD)
    Session.objects.filter(pk=thief.session.session_key).update(owner_id=None)  # as the version before writes it

    secret = re.findall(r'class="secret">(\w+)<', client.get(ACTIVATE).text)[0]
    client.post(ACTIVATE, {"code": code_of(secret)})

    assert [each.get("/presets/").status_code for each in (client, thief)] == [200, 302]
    assert thief.get("/accounts/2fa/webauthn/add/")["Location"].startswith("/accounts/login/")


def test_another_factor_ends_no_session(protected: User) -> None:
    here, there = Client(SERVER_NAME="localhost"), Client()
    for client in (here, there):
        log_in_with_app(client, "ada", PASSWORD)
    show_code(here)

    Passkey().make(here)

    assert Authenticator.objects.filter(type="webauthn").exists()
    assert there.get("/presets/").status_code == 200


def test_app_is_not_set_up_with_a_wrong_code(client: Client, ada: User) -> None:
    log_in(client, "ada", PASSWORD)
    show_password(client, PASSWORD)
    client.get(ACTIVATE)

    response = client.post(ACTIVATE, {"code": "000000"})

    assert (response.status_code, Authenticator.objects.exists()) == (200, False)
    assert "errorlist" in response.text


def test_picture_of_the_key_comes_with_the_page(client: Client, ada: User) -> None:
    log_in(client, "ada", PASSWORD)
    show_password(client, PASSWORD)

    page = client.get(ACTIVATE).text

    assert 'src="data:image/svg+xml;base64,' in page
    assert "<script>" not in page


@pytest.mark.parametrize("path", SENSITIVE)
def test_password_is_asked_for_again_before_a_change(client: Client, ada: User, path: str) -> None:
    log_in(client, "ada", PASSWORD)

    response = client.get(path)

    expected = 404 if path in (CODES, f"{CODES}download/") else 302  # who has no codes has nothing to see
    assert response.status_code == expected
    if expected == 302:
        assert response["Location"].startswith("/accounts/reauthenticate/")


def test_wrong_password_opens_nothing(client: Client, ada: User) -> None:
    log_in(client, "ada", PASSWORD)
    show_password(client, "wrong")

    assert client.get(ACTIVATE).status_code == 302


# Logging in with it.


def test_password_alone_does_not_log_in(client: Client, protected: User) -> None:
    response = log_in(client, "ada", PASSWORD)

    assert (response["Location"], is_in(client)) == (AUTHENTICATE, False)


def test_password_and_code_log_in_and_lead_where_one_wanted_to_go(client: Client, protected: User) -> None:
    client.post("/accounts/login/", {"login": "ada", "password": PASSWORD, "next": "/presets/"})

    response = client.post(AUTHENTICATE, {"code": code_of()})

    assert (response["Location"], is_in(client)) == ("/presets/", True)


@pytest.mark.parametrize("code", ["000000", "", "x" * 5000, "\0", "１２３４５６", "' OR 1=1"])
def test_wrong_code_stays_out(client: Client, protected: User, code: str) -> None:
    log_in(client, "ada", PASSWORD)

    response = client.post(AUTHENTICATE, {"code": code})

    assert (response.status_code, is_in(client)) == (200, False)
    assert "errorlist" in response.text


def test_code_is_taken_once(protected: User) -> None:
    first, second = Client(), Client()
    code = code_of()
    for client in (first, second):
        log_in(client, "ada", PASSWORD)
        client.post(AUTHENTICATE, {"code": code})

    assert [is_in(client) for client in (first, second)] == [True, False]


def test_wrong_passwords_for_the_name_of_a_limit_lock_nobody_s_second_factor(client: Client, protected: User) -> None:
    log_in(client, "ada", PASSWORD)
    for number in range(5):
        stranger = Client(REMOTE_ADDR=f"10.0.0.{number}")
        stranger.post("/accounts/login/", {"login": f"mfa-auth-user-{protected.pk}", "password": "x"})

    client.post(AUTHENTICATE, {"code": code_of()})

    assert is_in(client)


def test_recovery_code_stands_in_once(protected: User) -> None:
    first, second = Client(), Client()
    code = recovery_codes_of(protected)[3]
    for client in (first, second):
        log_in(client, "ada", PASSWORD)
        client.post(AUTHENTICATE, {"code": code})

    assert [is_in(client) for client in (first, second)] == [True, False]
    assert len(recovery_codes_of(protected)) == 9


def test_passkey_is_offered_to_those_who_have_one(client: Client, protected: User) -> None:
    log_in(client, "ada", PASSWORD)

    assert "passkey-form" not in client.get(AUTHENTICATE).text


def test_code_without_the_password_does_nothing(client: Client, protected: User) -> None:
    response = client.post(AUTHENTICATE, {"code": code_of()})

    assert (response["Location"], is_in(client)) == ("/accounts/login/", False)


def test_code_of_another_person_stays_out(client: Client, protected: User, bob: User) -> None:
    give_app(bob)
    Authenticator.objects.filter(user=protected, type="totp").update(data={"secret": "A" * 32})
    log_in(client, "ada", PASSWORD)

    client.post(AUTHENTICATE, {"code": code_of(SECRET)})

    assert not is_in(client)


def test_five_wrong_codes_lock_the_second_factor(protected: User) -> None:
    for number in range(5):
        client = Client(REMOTE_ADDR=f"10.0.0.{number}")
        log_in(client, "ada", PASSWORD)
        client.post(AUTHENTICATE, {"code": "000000"})
    client = Client(REMOTE_ADDR="10.0.0.9")
    log_in(client, "ada", PASSWORD)

    client.post(AUTHENTICATE, {"code": code_of()})

    assert not is_in(client)


def test_inactive_account_stays_out_between_password_and_code(client: Client, protected: User) -> None:
    log_in(client, "ada", PASSWORD)
    User.objects.update(is_active=False)

    response = client.post(AUTHENTICATE, {"code": code_of()})

    assert (response["Location"], is_in(client)) == ("/accounts/inactive/", False)


def test_login_can_be_given_up_before_the_code(client: Client, protected: User) -> None:
    log_in(client, "ada", PASSWORD)

    client.post("/accounts/logout/", {"next": "/accounts/login/"})

    assert client.get(AUTHENTICATE)["Location"] == "/accounts/login/"


# Changing it.


@pytest.mark.parametrize("path", [*SENSITIVE[1:], DEACTIVATE])
def test_password_alone_does_not_change_the_second_factor(client: Client, protected: User, path: str) -> None:
    client.force_login(protected)
    show_password(client, PASSWORD)

    response = client.get(path)
    client.post(path)

    assert response["Location"].startswith("/accounts/2fa/reauthenticate/")
    assert Authenticator.objects.filter(user=protected).count() == 2


def test_code_lets_the_app_be_turned_off_and_the_recovery_codes_go_with_it(client: Client, protected: User) -> None:
    log_in_with_app(client, "ada", PASSWORD)
    show_code(client)

    client.post(DEACTIVATE)

    assert not Authenticator.objects.exists()
    assert is_in(client)


def test_app_that_is_set_up_is_not_replaced(client: Client, protected: User) -> None:
    log_in_with_app(client, "ada", PASSWORD)
    show_code(client)

    assert client.get(ACTIVATE)["Location"] == DEACTIVATE


def test_new_recovery_codes_end_the_old_ones(client: Client, protected: User) -> None:
    before = recovery_codes_of(protected)
    log_in_with_app(client, "ada", PASSWORD)
    show_code(client)

    client.post(f"{CODES}generate/")

    after = recovery_codes_of(protected)
    assert (len(after), set(before) & set(after)) == (10, set())


def test_recovery_codes_are_saved_as_a_file(client: Client, protected: User) -> None:
    log_in_with_app(client, "ada", PASSWORD)
    show_code(client)

    response = client.get(f"{CODES}download/")

    assert response.text.split() == recovery_codes_of(protected)
    assert response["Content-Disposition"] == 'attachment; filename="recovery-codes.txt"'
    assert "no-store" in response["Cache-Control"]


def test_recovery_codes_are_not_made_without_a_factor(client: Client, ada: User) -> None:
    log_in(client, "ada", PASSWORD)
    show_password(client, PASSWORD)

    response = client.post(f"{CODES}generate/")

    assert (response.status_code, Authenticator.objects.exists()) == (200, False)


# The page that has them all.


def test_security_page_says_what_is_there_and_shows_no_code_and_no_key(client: Client, protected: User) -> None:
    client.force_login(protected)

    page = client.get("/accounts/2fa/").text

    assert "10 codes are left" in page
    assert [text for text in (SECRET, *recovery_codes_of(protected)) if text in page] == []


def test_security_page_is_nobody_else_s(client: Client, protected: User, bob: User) -> None:
    client.force_login(bob)

    assert "codes are left" not in client.get("/accounts/2fa/").text


@pytest.mark.django_db
@pytest.mark.parametrize("method", ["get", "post"])
def test_visitor_leaves_nothing_behind(client: Client, method: str) -> None:
    response = getattr(client, method)(ACTIVATE, {"code": "x" * 1000})

    assert response["Location"].startswith("/accounts/login/")
    assert "session" not in client.cookies


def test_log_tells_of_changes_and_wrong_codes_but_not_the_codes(
    client: Client, protected: User, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, factors.__name__)
    log_in(client, "ada", PASSWORD)
    client.post(AUTHENTICATE, {"code": "987654"})
    log_in_with_app(client, "ada", PASSWORD)
    show_code(client)
    client.post(DEACTIVATE)

    assert [line for line in caplog.messages if line.startswith(("a wrong", "user"))] == [
        f"a wrong code was given for the second factor of user {protected.pk}",
        f"user {protected.pk} has removed a second factor: totp",
        f"user {protected.pk} has removed a second factor: recovery_codes",
    ]
    assert "987654" not in caplog.text


def test_address_is_confirmed_by_mail_before_a_second_factor_is_set_up(client: Client, ada: User) -> None:
    with pages(CAN_SEND_EMAIL=True, MFA_ALLOW_UNVERIFIED_EMAIL=False):
        EmailAddress.objects.create(user=ada, email="ada@example.org", primary=True)
        log_in(client, "ada", PASSWORD)
        show_password(client, PASSWORD)
        refused = client.get(ACTIVATE)
        client.post("/accounts/address/")
        link = mail.outbox[0].body.split("http://testserver")[1].split()[0]
        client.post(link)

        opened = client.get(ACTIVATE)

    assert (refused["Location"], opened.status_code) == ("/accounts/2fa/", 200)
    assert mail.outbox[0].to == ["ada@example.org"]


def test_page_for_an_address_says_whose_it_is_and_when_the_link_is_none(client: Client, ada: User) -> None:
    with pages(CAN_SEND_EMAIL=True):
        EmailAddress.objects.create(user=ada, email="ada@example.org", primary=True)
        client.force_login(ada)
        asked = client.get("/accounts/2fa/").text
        client.post("/accounts/address/")
        link = mail.outbox[0].body.split("http://testserver")[1].split()[0]

        shown, other = client.get(link).text, client.get("/accounts/confirm-email/nonsense/").text

    assert "ada@example.org" in asked
    assert "Is ada@example.org the address of ada?" in shown
    assert "This link is too old" in other


def test_no_mail_goes_where_none_is_needed(client: Client, ada: User) -> None:
    client.force_login(ada)

    assert (client.post("/accounts/address/").status_code, mail.outbox) == (404, [])


def test_no_address_need_be_verified_where_no_mail_can_be_sent(settings: Any) -> None:
    assert (settings.MFA_ALLOW_UNVERIFIED_EMAIL, settings.CAN_SEND_EMAIL) == (True, False)

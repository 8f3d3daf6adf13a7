"""Logging in and out, the password, and the limits."""

import re

import pytest
from allauth.account.adapter import get_adapter
from django.conf import LazySettings
from django.contrib.auth.models import User
from django.core import mail
from django.test import Client, RequestFactory

from conversations import accounts
from tests.accounts import pages

PASSWORD = "correct horse battery"


@pytest.fixture
def ada(db: None) -> User:
    return User.objects.create_user("ada", "ada@example.org", PASSWORD)


def log_in(client: Client, *, login: str = "ada", password: str = PASSWORD, address: str = "127.0.0.1") -> bool:
    client.post("/accounts/login/", {"login": login, "password": password}, REMOTE_ADDR=address)
    return "_auth_user_id" in client.session


def test_login_leads_home(client: Client, ada: User):
    response = client.post("/accounts/login/", {"login": "ada", "password": PASSWORD})

    assert (response.status_code, response["Location"]) == (302, "/")
    assert client.session["_auth_user_id"] == str(ada.pk)


def test_login_by_email(client: Client, ada: User):
    assert log_in(client, login="ada@example.org")


def test_wrong_password_stays_out(client: Client, ada: User):
    assert not log_in(client, password="wrong")


def test_inactive_account_stays_out(client: Client, ada: User):
    User.objects.update(is_active=False)

    response = client.post("/accounts/login/", {"login": "ada", "password": PASSWORD}, follow=True)

    assert (response.status_code, "_auth_user_id" in client.session) == (200, False)
    assert "This account is closed" in response.text


def test_deactivated_account_is_out_at_once_and_logs_in_again_once_it_is_open(client: Client, ada: User):
    log_in(client)
    ada.is_active = False
    ada.save()
    while_closed = client.get("/presets/")
    ada.is_active = True
    ada.save()

    again = client.get("/presets/")

    assert [reply["Location"] for reply in (while_closed, again)] == ["/accounts/login/?next=/presets/"] * 2
    assert log_in(client)


def test_login_goes_nowhere_else(client: Client, ada: User):
    response = client.post("/accounts/login/?next=https://evil.example/", {"login": "ada", "password": PASSWORD})

    assert response["Location"] == "/"


def test_logout_needs_a_post(client: Client, ada: User):
    client.force_login(ada)

    client.get("/accounts/logout/")
    after_get = "_auth_user_id" in client.session
    response = client.post("/accounts/logout/")

    assert (after_get, "_auth_user_id" in client.session) == (True, False)
    assert response["Location"] == "/accounts/login/"


def test_password_is_changed(client: Client, ada: User):
    client.force_login(ada)

    client.post(
        "/accounts/password/change/",
        {"oldpassword": PASSWORD, "password1": "another good one", "password2": "another good one"},
    )

    ada.refresh_from_db()
    assert ada.check_password("another good one")
    assert "_auth_user_id" in client.session


def test_password_is_not_changed_without_the_old_one(client: Client, ada: User):
    client.force_login(ada)

    client.post(
        "/accounts/password/change/",
        {"oldpassword": "wrong", "password1": "another good one", "password2": "another good one"},
    )

    ada.refresh_from_db()
    assert ada.check_password(PASSWORD)


@pytest.mark.django_db
def test_stranger_cannot_change_a_password(client: Client):
    response = client.get("/accounts/password/change/")

    assert response["Location"] == "/accounts/login/?next=/accounts/password/change/"


def test_five_wrong_passwords_lock_the_name(client: Client, ada: User):
    for number in range(5):
        log_in(client, password="wrong", address=f"10.0.0.{number}")

    assert not log_in(Client(), address="10.0.0.9")


def test_another_port_in_the_header_does_not_evade_the_limit(client: Client, ada: User):
    for number in range(5):
        form = {"login": "ada", "password": "wrong"}
        client.post("/accounts/login/", form, REMOTE_ADDR=f"10.0.0.{number}", headers={"Host": f"localhost:{number}"})

    assert not log_in(Client(), address="10.0.0.9")


def test_ten_wrong_names_lock_the_address(client: Client, ada: User):
    for number in range(10):
        log_in(client, login=f"nobody{number}", password="wrong")

    assert [log_in(Client()), log_in(Client(), address="10.0.0.9")] == [False, True]


def test_forwarded_address_does_not_evade_the_limit(client: Client, ada: User):
    for number in range(10):
        client.post(
            "/accounts/login/",
            {"login": f"nobody{number}", "password": "wrong"},
            headers={"X-Forwarded-For": f"10.0.0.{number}", "X-Real-Ip": f"10.0.0.{number}"},
        )

    assert not log_in(Client())


def test_address_is_the_connection_s(rf: RequestFactory):
    request = rf.get("/", REMOTE_ADDR="10.0.0.1", headers={"X-Forwarded-For": "10.0.0.2"})

    assert get_adapter().get_client_ip(request) == "10.0.0.1"


@pytest.mark.django_db
@pytest.mark.parametrize(
    "path",
    [
        "",
        "signup/",
        "email/",
        "confirm-email/",
        "2fa/trust/",
        "2fa/webauthn/",
        "2fa/webauthn/signup/",
        "password/set/",
        "password/reset/",
        "login/code/",
        "login/code/confirm/",
        "3rdparty/",
    ],
)
def test_page_that_is_not_needed_is_not_there(client: Client, path: str):
    assert client.get(f"/accounts/{path}").status_code == 404


@pytest.mark.django_db
def test_open_registration_makes_an_account(client: Client):
    with pages(REGISTRATION="open"):
        form = {"username": "ada", "email": "", "password1": PASSWORD, "password2": PASSWORD}
        response = client.post("/accounts/signup/", form)

    assert (response.status_code, response["Location"]) == (302, "/")
    assert [(user.username, user.is_staff) for user in User.objects.all()] == [("ada", False)]


def test_open_registration_refuses_a_name_that_is_taken(client: Client, ada: User):
    with pages(REGISTRATION="open"):
        form = {"username": "ada", "email": "ada@example.org", "password1": PASSWORD, "password2": PASSWORD}
        response = client.post("/accounts/signup/", form)

    assert (response.status_code, User.objects.count()) == (200, 1)


@pytest.mark.django_db
def test_closed_registration_is_closed_in_the_adapter(rf: RequestFactory, settings: LazySettings):
    assert not get_adapter().is_open_for_signup(rf.get("/"))


def test_password_is_reset_by_email(client: Client, ada: User):
    with pages(CAN_SEND_EMAIL=True):
        client.post("/accounts/password/reset/", {"email": "ada@example.org"})
        link = mail.outbox[0].body.split("http://testserver")[1].split()[0]
        form = client.get(link, follow=True)
        client.post(form.redirect_chain[-1][0], {"password1": "another good one", "password2": "another good one"})

    ada.refresh_from_db()
    assert ada.check_password("another good one")


@pytest.mark.django_db
def test_unknown_address_gets_no_mail(client: Client):
    with pages(CAN_SEND_EMAIL=True):
        response = client.post("/accounts/password/reset/", {"email": "eve@example.org"})

    assert (response.status_code, mail.outbox) == (302, [])


def test_a_mail_server_that_fails_tells_nobody_who_has_an_account(
    client: Client, ada: User, settings: LazySettings, caplog: pytest.LogCaptureFixture
):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    with pages(CAN_SEND_EMAIL=True):
        replies = [
            client.post("/accounts/password/reset/", {"email": email})
            for email in ("ada@example.org", "eve@example.org")
        ]

    assert [reply.status_code for reply in replies] == [302, 302]
    assert any("could not be sent" in line for line in caplog.messages)


@pytest.mark.django_db
def test_whoever_makes_an_account_reads_the_same_words(client: Client):
    with pages(REGISTRATION="open"):
        sign_up = client.get("/accounts/signup/").content.decode()
    first_admin = client.get(accounts.first_admin_path()).content.decode()

    assert labels(sign_up) == ["Username", "E-mail (optional)", "Password", "Repeat the password"]
    assert labels(first_admin) == ["Username", "Password", "Repeat the password"]
    for page in (sign_up, first_admin):
        assert "Up to 150 letters, digits, and the characters @ . + - _" in page


@pytest.mark.django_db
def test_a_refused_form_has_the_focus_on_the_first_field_that_is_wrong(client: Client):
    with pages(REGISTRATION="open"):
        form = {"username": "ada", "email": "nowhere", "password1": PASSWORD, "password2": "another"}
        page = client.post("/accounts/signup/", form).content.decode()

    assert re.findall(r'<input[^>]*name="(\w+)"[^>]*autofocus', page) == ["email"]
    assert 'value="ada"' in page


def test_a_link_that_was_used_leads_to_another_one(client: Client, ada: User):
    with pages(CAN_SEND_EMAIL=True):
        page = client.get("/accounts/password/reset/key/1-nonsense/", follow=True).content.decode()

    assert "This link does not work" in page
    assert 'href="/accounts/password/reset/"' in page


def labels(page: str) -> list[str]:
    return re.findall(r"<label[^>]*>(.*?)</label>", page)

"""REQUIRE_MFA: who must show a second factor, where they are led, and that no way goes around it."""

import re
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.test import Client

from conversations.models import Conversation, Session
from tests.authenticator import code_of
from tests.factors import give_app, log_in, log_in_with_app, show_code, show_password
from tests.serving import Person
from tests.views.test_addresses import PRIVATE, address

PASSWORD = "correct horse battery"
SECURITY = "/accounts/2fa/"
REAUTHENTICATE = "/accounts/2fa/reauthenticate/"
ACTIVATE = "/accounts/2fa/totp/activate/"
CONTENT = [(route, name) for route, name in PRIVATE if not route.startswith("/accounts/")]


@pytest.fixture(autouse=True)
def patient(settings: Any) -> None:
    settings.MFA_TOTP_TOLERANCE = 1


@pytest.fixture
def everyone(settings: Any) -> None:
    settings.REQUIRE_MFA = "everyone"


@pytest.fixture
def staff(settings: Any) -> None:
    settings.REQUIRE_MFA = "staff"


@pytest.fixture
def ada(db: None) -> User:
    return User.objects.create_user("ada", password=PASSWORD)


@pytest.fixture
def admin(db: None) -> User:
    return User.objects.create_superuser("admin", password=PASSWORD)


def set_up(client: Client) -> None:
    """With the password alone, as somebody who has no second factor yet."""
    show_password(client, PASSWORD)
    (secret,) = re.findall(r'class="secret">(\w+)<', client.get(ACTIVATE).text)
    client.post(ACTIVATE, {"code": code_of(secret)})


# Of everyone.


@pytest.mark.usefixtures("everyone")
@pytest.mark.parametrize(("route", "name"), CONTENT)
def test_nothing_but_the_pages_of_accounts_is_open_without_it(ada_online: Person, route: str, name: str) -> None:
    answer = Conversation.begin(ada_online.user, text="a secret", model="fake-model")
    path = address(route, answer.conversation.uuid if name.startswith("conversation") else answer.uuid)

    replies = {
        (verb, accept): ada_online.send_raw(verb, path, b"" if verb == "POST" else None, {"Accept": accept})
        for verb in ("GET", "POST")
        for accept in ("text/html", "application/json", "text/event-stream")
    }

    for (_, accept), reply in replies.items():
        if accept == "text/html" and reply.status != 405 and not path.endswith("/events/"):
            assert (reply.status, reply.headers["Location"]) == (302, SECURITY)
        elif reply.status not in (302, 405):
            assert (reply.status, reply.error) == (403, "mfa_required")
    assert [key for key, reply in replies.items() if "secret" in reply.text] == []
    assert {reply.status for reply in replies.values()} & {302, 403}


@pytest.fixture
def ada_online(person: Callable[..., Person]) -> Person:
    return person("ada")


@pytest.mark.usefixtures("everyone")
def test_login_leads_to_where_it_is_set_up_and_from_there_all_is_open(
    transactional_db: None, client: Client, ada: User
) -> None:
    led_to = log_in(client, "ada", PASSWORD)["Location"]
    asked = client.get(led_to).text
    before = client.get("/")
    set_up(client)

    assert (led_to, "This site asks you for a second factor." in asked) == (SECURITY, True)
    assert (before.status_code, before["Location"], client.get("/").status_code) == (302, SECURITY, 200)


@pytest.mark.usefixtures("everyone")
def test_login_with_it_opens_all(client: Client, ada: User) -> None:
    give_app(ada)

    log_in_with_app(client, "ada", PASSWORD)

    assert client.get("/").status_code == 200


@pytest.mark.usefixtures("everyone")
def test_session_that_was_begun_without_it_shows_it_and_goes_on(client: Client, ada: User) -> None:
    give_app(ada)
    client.force_login(ada)
    refused = client.get("/presets/?x=1")

    response = client.post(refused["Location"], {"code": code_of(), "next": "/presets/?x=1"})

    assert refused["Location"] == f"{REAUTHENTICATE}?next=%2Fpresets%2F%3Fx%3D1"
    assert (response["Location"], client.get("/presets/").status_code) == ("/presets/?x=1", 200)


@pytest.mark.usefixtures("everyone")
def test_password_does_not_replace_the_factor_that_is_there(client: Client, ada: User) -> None:
    give_app(ada)
    client.force_login(ada)
    show_password(client, PASSWORD)

    replies = [client.get(path) for path in ("/", "/accounts/2fa/webauthn/add/", "/accounts/2fa/totp/deactivate/")]

    assert [reply.status_code for reply in replies] == [302] * 3
    assert [reply["Location"].partition("?")[0] for reply in replies] == [REAUTHENTICATE] * 3


@pytest.mark.usefixtures("everyone")
def test_who_gives_the_factor_up_is_led_to_set_up_another(client: Client, ada: User) -> None:
    give_app(ada)
    log_in_with_app(client, "ada", PASSWORD)
    show_code(client)
    client.post("/accounts/2fa/totp/deactivate/")

    response = client.get("/")

    assert (Authenticator.objects.exists(), response["Location"]) == (False, SECURITY)


@pytest.mark.usefixtures("everyone")
def test_records_of_another_person_in_the_session_count_for_nothing(client: Client, ada: User, admin: User) -> None:
    give_app(ada)
    give_app(admin)
    log_in_with_app(client, "ada", PASSWORD)
    client.force_login(admin)

    assert client.get("/").status_code == 302


@pytest.mark.usefixtures("everyone")
def test_logging_out_is_always_possible(client: Client, ada: User) -> None:
    log_in(client, "ada", PASSWORD)

    client.post("/accounts/logout/")

    assert "_auth_user_id" not in client.session


# Of staff.

ADMIN = ["/admin/", "/admin/auth/user/", "/admin/jsi18n/", "/admin/autocomplete/", "/admin/login/"]


@pytest.mark.usefixtures("staff")
@pytest.mark.parametrize("path", ADMIN)
@pytest.mark.parametrize("verb", ["get", "post"])
def test_admin_is_closed_without_it(client: Client, admin: User, path: str, verb: str) -> None:
    client.force_login(admin)

    page = getattr(client, verb)(path)
    script = getattr(client, verb)(path, headers={"Accept": "application/json"})

    assert (page.status_code, page["Location"]) == (302, SECURITY)
    assert (script.status_code, script.json()["error"]["code"]) == (403, "mfa_required")


@pytest.mark.usefixtures("staff")
def test_admin_is_open_with_it(client: Client, admin: User) -> None:
    give_app(admin)

    log_in_with_app(client, "admin", PASSWORD)

    assert [client.get(path).status_code for path in ("/admin/", "/admin/auth/user/")] == [200, 200]


@pytest.mark.usefixtures("staff")
def test_admin_opens_to_an_old_session_once_it_has_shown_it(client: Client, admin: User) -> None:
    give_app(admin)
    client.force_login(admin)
    refused = client.get("/admin/auth/user/")

    client.post(refused["Location"], {"code": code_of()})

    assert refused["Location"] == f"{REAUTHENTICATE}?next=%2Fadmin%2Fauth%2Fuser%2F"
    assert client.get("/admin/auth/user/").status_code == 200


@pytest.mark.usefixtures("staff")
def test_others_need_none_and_staff_are_led_to_theirs(client: Client, ada: User, admin: User) -> None:
    other = Client()

    locations = [log_in(client, "ada", PASSWORD)["Location"], log_in(other, "admin", PASSWORD)["Location"]]

    assert locations == ["/", SECURITY]
    assert [each.get("/").status_code for each in (client, other)] == [200, 200]
    assert client.get("/admin/")["Location"] == "/admin/login/?next=/admin/"


def test_nobody_is_asked_by_default(client: Client, admin: User) -> None:
    client.force_login(admin)

    assert [client.get(path).status_code for path in ("/", "/admin/")] == [200, 200]


# Lost.


def test_reset_takes_the_factor_and_the_sessions_away(
    ada: User, admin: User, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    give_app(ada)
    give_app(admin)
    for user in (ada, admin):
        Client().force_login(user)
        Client().force_login(user)
    some = [Session.objects.for_user(user).first() for user in (ada, admin)]
    Session.objects.filter(pk__in=[row.pk for row in some if row]).update(owner_id=None)  # as the version before writes

    call_command("reset_mfa", "ada")

    assert set(Authenticator.objects.values_list("user", flat=True)) == {admin.pk}
    assert set(Session.objects.values_list("owner_id", flat=True)) == {admin.pk}
    assert f"the second factor of user {ada.pk} was reset" in caplog.messages
    assert "The password alone logs in now." in capsys.readouterr().out


@pytest.mark.django_db
def test_reset_of_nobody_is_told() -> None:
    with pytest.raises(CommandError, match="There is no account of this name"):
        call_command("reset_mfa", str(uuid4()))

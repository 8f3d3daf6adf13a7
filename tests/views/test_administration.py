"""The doors of Django admin: all of them lead to the site's own login."""

import pytest
from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from tests.factors import give_app, log_in

PASSWORD = "correct horse battery"
LOGIN = "/admin/login/"
VERBS = ("get", "post", "head", "put", "patch", "delete", "options")
ELSEWHERE = [
    "https://evil.example/",
    "//evil.example/",
    "/\\evil.example/",
    "https:evil.example",
    "javascript:alert(1)",
    "\0",
    "/admin/login/",
    "/admin/login/?next=/admin/login/",
]


@pytest.fixture
def ada(db: None) -> User:
    """An administrator with a second factor."""
    user = User.objects.create_superuser("ada", password=PASSWORD)
    give_app(user)
    return user


@pytest.fixture
def bob(db: None) -> User:
    """Another administrator, without one."""
    return User.objects.create_superuser("bob", password=PASSWORD)


@pytest.fixture
def eve(db: None) -> User:
    return User.objects.create_user("eve", password=PASSWORD)


@pytest.mark.parametrize("verb", VERBS)
def test_visitor_is_led_to_the_login_on_every_verb(client: Client, ada: User, verb: str) -> None:
    response = getattr(client, verb)(LOGIN)

    assert (response.status_code, response["Location"]) == (302, "/accounts/login/?next=/admin/")


@pytest.mark.parametrize("verb", VERBS)
def test_staff_are_led_on_on_every_verb(client: Client, bob: User, verb: str) -> None:
    client.force_login(bob)

    response = getattr(client, verb)(f"{LOGIN}?next=/admin/auth/user/")

    assert (response.status_code, response["Location"]) == (302, "/admin/auth/user/")


@pytest.mark.parametrize("verb", VERBS)
def test_others_are_refused_on_every_verb(client: Client, eve: User, verb: str) -> None:
    client.force_login(eve)

    assert getattr(client, verb)(LOGIN).status_code == 403


@pytest.mark.parametrize("name", ["ada", "bob"])
@pytest.mark.parametrize("who", [None, "bob", "eve"])
@pytest.mark.usefixtures("ada", "bob", "eve")
def test_password_logs_nobody_in_there(client: Client, who: str, name: str) -> None:
    if who:
        client.force_login(User.objects.get(username=who))
    before = client.session.get("_auth_user_id")

    client.post(LOGIN, {"username": name, "password": PASSWORD, "next": "/admin/"})

    assert client.session.get("_auth_user_id") == before


def test_way_from_the_admin_asks_for_the_second_factor(client: Client, ada: User) -> None:
    asked = client.get("/admin/", follow=True).redirect_chain[-1][0]

    client.post(asked, {"login": "ada", "password": PASSWORD})

    assert client.get("/admin/").status_code == 302


@pytest.mark.parametrize("wanted", ELSEWHERE)
@pytest.mark.parametrize("who", [None, "bob"])
def test_next_does_not_lead_off_the_site_nor_in_a_circle(client: Client, bob: User, who: str, wanted: str) -> None:
    if who:
        client.force_login(bob)

    response = client.get(LOGIN, {"next": wanted})

    assert response["Location"] == ("/admin/" if who else "/accounts/login/?next=/admin/")


def test_admin_is_open_after_the_login(client: Client, bob: User) -> None:
    log_in(client, "bob", PASSWORD)

    assert client.get("/admin/").status_code == 200


def test_password_is_changed_on_the_site_s_page(client: Client, bob: User) -> None:
    client.force_login(bob)

    assert client.get("/admin/password_change/")["Location"] == "/accounts/password/change/"


def test_admin_shows_no_keys_of_second_factors(client: Client, ada: User) -> None:
    reverse("admin:index")

    assert Authenticator not in admin.site._registry

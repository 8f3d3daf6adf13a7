"""The one-time link that makes the first admin."""

import re
import threading
from io import StringIO
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client

from conversations import accounts
from conversations.accounts import FirstAdminForm, first_admin_path

PASSWORD = "correct horse battery"


def filled(**changes: str) -> dict[str, str]:
    return {"username": "ada", "password1": PASSWORD, "password2": PASSWORD, **changes}


@pytest.mark.django_db
def test_link_shows_a_form(client: Client):
    response = client.get(first_admin_path())

    names = re.findall(r'name="(\w+)"', response.content.decode())
    assert response.status_code == 200
    assert [name for name in names if name in filled()] == ["username", "password1", "password2"]


@pytest.mark.django_db
def test_link_makes_an_admin_and_logs_in(client: Client):
    response = client.post(first_admin_path(), filled())

    ada = User.objects.get()
    assert (response.status_code, response["Location"]) == (302, "/")
    assert (ada.username, ada.is_superuser, ada.is_staff, ada.check_password(PASSWORD)) == ("ada", True, True, True)
    assert client.session["_auth_user_id"] == str(ada.pk)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"password2": "another"}, "match"),
        ({"password1": "12345678", "password2": "12345678"}, "too common"),
        ({"password1": "short", "password2": "short"}, "too short"),
        ({"username": "ada\x00"}, "Null characters"),
        ({"username": ""}, "required"),
    ],
)
def test_invalid_form_says_why_and_makes_nothing(client: Client, changes: dict[str, str], complaint: str):
    response = client.post(first_admin_path(), filled(**changes))

    assert response.status_code == 422
    assert complaint in response.content.decode()
    assert not User.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("changes", "first", "wrong"),
    [
        ({}, "username", []),
        ({"password1": "12345678", "password2": "12345678"}, "password1", ["password1"]),
        ({"password2": "another"}, "password2", ["password2"]),
        ({"password1": "12345678"}, "password1", ["password1", "password2"]),
        ({"username": "", "password1": "12345678"}, "username", ["username", "password1", "password2"]),
    ],
)
def test_first_wrong_field_has_the_focus_and_each_is_marked_and_described_by_its_error(
    client: Client, changes: dict[str, str], first: str, wrong: list[str]
):
    path = first_admin_path()

    page = (client.post(path, filled(**changes)) if changes else client.get(path)).content.decode()

    inputs = {name: tag for tag, name in re.findall(r'(<input[^>]* name="(username|password1|password2)"[^>]*>)', page)}
    described = [name for name, tag in inputs.items() if re.search(f'aria-describedby="[^"]*id_{name}_error"', tag)]
    assert [name for name, tag in inputs.items() if " autofocus" in tag] == [first]
    assert [name for name, tag in inputs.items() if 'aria-invalid="true"' in tag] == described == wrong
    assert re.findall(r'<ul class="errorlist" id="id_(\w+)_error"', page) == wrong


@pytest.mark.django_db
def test_link_works_once(client: Client):
    path = first_admin_path()
    client.post(path, filled())

    again = Client().post(path, filled(username="eve"))

    assert (again.status_code, User.objects.count()) == (404, 1)


@pytest.mark.django_db
def test_link_expires(client: Client, monkeypatch: pytest.MonkeyPatch):
    path = first_admin_path()
    monkeypatch.setattr(accounts, "LINK_SECONDS", -1)

    assert client.get(path).status_code == 404


@pytest.mark.django_db
@pytest.mark.parametrize("token", ["x", "first-admin", "first-admin:1:x", "\x00"])
def test_other_token_is_404(client: Client, token: str):
    assert client.get(f"/setup/{token}/").status_code == 404


@pytest.mark.django_db
def test_other_verb_is_405(client: Client):
    assert client.put(first_admin_path()).status_code == 405


@pytest.mark.django_db
def test_post_without_csrf_token_makes_nothing():
    client = Client(enforce_csrf_checks=True)

    response = client.post(first_admin_path(), filled())

    assert (response.status_code, User.objects.count()) == (403, 0)


@pytest.mark.django_db
def test_page_with_the_token_stays_here(client: Client):
    response = client.get(first_admin_path())

    assert response["Referrer-Policy"] == "same-origin"
    assert "no-store" in response["Cache-Control"]


@pytest.mark.django_db(transaction=True)
def test_two_at_once_make_one_admin():
    ready = threading.Barrier(2)
    made: list[Any] = []

    def create(name: str) -> None:
        form = FirstAdminForm(filled(username=name))
        assert form.is_valid()
        ready.wait()
        made.append(form.create())
        connection.close()

    threads = [threading.Thread(target=create, args=[name]) for name in ("ada", "eve")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(user is None for user in made) == [False, True]
    assert User.objects.count() == 1


@pytest.mark.django_db
def test_command_prints_a_link(client: Client):
    said = StringIO()

    call_command("first_admin_link", stdout=said)

    assert client.get(said.getvalue().strip().removeprefix("http://127.0.0.1:8000")).status_code == 200


@pytest.mark.django_db
def test_command_refuses_where_an_account_exists():
    User.objects.create_user("ada")

    with pytest.raises(CommandError, match="There is an account already"):
        call_command("first_admin_link")


@pytest.mark.django_db
def test_createsuperuser_works_without_questions(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("DJANGO_SUPERUSER_USERNAME", "ada")
    monkeypatch.setenv("DJANGO_SUPERUSER_EMAIL", "ada@example.org")
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", PASSWORD)

    call_command("createsuperuser", interactive=False, stdout=StringIO())

    assert User.objects.get().is_superuser

"""Which keys of a session reach the database."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.backends import db

from conversations.sessions import SessionStore
from tests.people import SESSION_COOKIE, Person


@pytest.mark.parametrize(
    "key", ["\0aaaaaaaaaaaa", "aaaaaaaaaaaa\0", "aaaaaaaaaaaa\n", "AAAAAAAAAAAA", "aaaaaaa\ud800", "aaaaaaa\u0661", ""]
)
def test_key_that_this_site_never_gave_is_none(key: str):
    assert SessionStore(key).session_key is None


def test_key_that_this_site_gave_is_kept(db: None):
    session = SessionStore()
    session.create()

    assert SessionStore(session.session_key).session_key == session.session_key


def test_session_of_django_s_own_store_is_read(transactional_db: None):
    session = db.SessionStore()
    session["theme"] = "dark"
    session.create()

    assert SessionStore(session.session_key)["theme"] == "dark"


@pytest.mark.parametrize("cookie", [r'"\000aaaaaaaaaaaa"', r'"aaaaaaaaaaaa\000"', r'"\355\240\200aaaaaaaaa"'])
@pytest.mark.parametrize("path", ["/", "/accounts/login/", "/admin/login/"])
def test_visitor_with_a_senseless_cookie_is_a_visitor(person: Callable[..., Person], path: str, cookie: str):
    User.objects.create_user("ada")
    visitor = person(None)
    expected = visitor.get(path).status
    visitor.cookies[SESSION_COOKIE] = cookie

    reply = visitor.get(path)

    assert (reply.status, expected in (200, 302)) == (expected, True)

"""Which keys of a session reach the database, whose each is, and when it is over."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from importlib import import_module

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.contrib.sessions.backends.db import SessionStore as DjangosStore
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from conversations.models import Session, session
from conversations.models.session import SessionStore
from tests.people import SESSION_COOKIE, Person


@pytest.mark.parametrize(
    "key", ["\0aaaaaaaaaaaa", "aaaaaaaaaaaa\0", "aaaaaaaaaaaa\n", "AAAAAAAAAAAA", "aaaaaaa\ud800", "aaaaaaa\u0661", ""]
)
def test_key_that_this_site_never_gave_is_none(key: str):
    assert SessionStore(key).session_key is None


def test_key_that_this_site_gave_is_kept(db: None):
    store = SessionStore()
    store.create()

    assert SessionStore(store.session_key).session_key == store.session_key


def row_of_before(key: str = "a" * 32, **data: str) -> Session:
    """As Django's own store wrote it, without an owner."""
    return Session.objects.create(session_key=key, session_data=DjangosStore().encode(data), expire_date=later())


def later(days: int = 1) -> datetime:
    return timezone.now() + timedelta(days=days)


def test_session_of_django_s_own_store_is_read(db: None):
    assert SessionStore(row_of_before(theme="dark").session_key)["theme"] == "dark"


def test_sessions_of_before_get_their_owners(db: None):
    ada = User.objects.create_user("ada")
    keys = {"a": str(ada.pk), "b": "9999", "c": "", "d": "x"}
    for key, owner in keys.items():
        row_of_before(key * 32, **({"_auth_user_id": owner} if owner else {}))

    import_module("conversations.migrations.0011_session").name_owners(apps, None)

    owners = dict(Session.objects.values_list("session_key", "owner_id"))
    assert owners == {"a" * 32: ada.pk, "b" * 32: 9999, "c" * 32: None, "d" * 32: None}


def test_session_that_a_process_of_before_writes_gets_its_owner_when_it_is_looked_for(db: None):
    ada, bob = User.objects.create_user("ada"), User.objects.create_user("bob")
    row_of_before("a" * 32, _auth_user_id=str(ada.pk))
    row_of_before("b" * 32, _auth_user_id=str(bob.pk))
    row_of_before("c" * 32)

    assert [row.session_key for row in Session.objects.for_user(ada)] == ["a" * 32]
    owners = dict(Session.objects.values_list("session_key", "owner_id"))
    assert owners == {"a" * 32: ada.pk, "b" * 32: bob.pk, "c" * 32: None}


def test_visitor_whom_a_process_of_before_logs_in_after_a_look_is_found_at_the_next(db: None):
    ada = User.objects.create_user("ada")
    row = row_of_before()
    assert not Session.objects.for_user(ada).exists()

    of_login = DjangosStore().encode({"_auth_user_id": str(ada.pk)})
    Session.objects.filter(pk=row.pk).update(session_data=of_login)

    assert Session.objects.for_user(ada).get() == row


def test_no_more_sessions_are_looked_through_than_the_newest(db: None, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(session, "MOST_UNREAD", 2)
    ada = User.objects.create_user("ada")
    for day, key in enumerate("abc", 1):
        row_of_before(key * 32, _auth_user_id=str(ada.pk))
        Session.objects.filter(pk=key * 32).update(expire_date=later(day))

    found = {row.session_key for row in Session.objects.for_user(ada)}

    assert found == {"b" * 32, "c" * 32}


def test_visitor_s_session_is_looked_through_by_nobody(db: None):
    visitor = SessionStore()
    visitor.create()

    assert Session.objects.get().owner_id == session.NOBODY


def test_session_is_its_person_s_from_the_login_to_the_logout(db: None):
    ada = User.objects.create_user("ada")
    client = Client()
    client.force_login(ada)
    at_login = [row.owner_id for row in Session.objects.all()]

    client.post("/accounts/logout/")

    assert (at_login, Session.objects.for_user(ada).count()) == ([ada.pk], 0)


def test_expired_sessions_are_removed_in_batches(db: None, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(session, "AT_ONCE", 2)
    for key in "cdefg":
        Session.objects.create(session_key=key * 32, expire_date=later(-1))
    SessionStore("b" * 32).save(must_create=True)

    steps = [(Session.objects.remove_expired(), Session.objects.count()) for _ in range(3)]

    assert steps == [(True, 4), (True, 2), (False, 1)]
    assert Session.objects.get().session_key == "b" * 32


def test_sessions_of_a_person_have_a_bound_and_the_newest_stay(db: None, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(session, "MOST", 3)
    ada, bob = User.objects.create_user("ada"), User.objects.create_user("bob")
    clients = [Client() for _ in range(5)]
    Client().force_login(bob)
    for client in clients:
        client.force_login(ada)

    keys = set(Session.objects.for_user(ada).values_list("session_key", flat=True))

    assert keys == {client.session.session_key for client in clients[2:]}
    assert Session.objects.for_user(bob).count() == 1


def test_login_costs_the_same_for_one_session_and_for_many(
    db: None, django_assert_num_queries: Callable[..., AbstractContextManager[None]]
):
    ada = User.objects.create_user("ada")
    Client().force_login(ada)
    with CaptureQueriesContext(connection) as first:
        Client().force_login(ada)
    for _ in range(20):
        Client().force_login(ada)

    with django_assert_num_queries(len(first)):
        Client().force_login(ada)


@pytest.mark.parametrize("change", ["deactivation", "deletion"])
def test_sessions_end_with_their_person(db: None, change: str):
    ada = User.objects.create_user("ada")
    Client().force_login(ada)

    if change == "deactivation":
        ada.is_active = False
        ada.save()
    else:
        ada.delete()

    assert not Session.objects.exists()


def test_person_whom_a_process_of_before_deletes_leaves_nobody_logged_in(db: None):
    ada = User.objects.create_user("ada")
    client = Client()
    client.force_login(ada)

    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM auth_user WHERE id = %s", [ada.pk])
    connection.check_constraints()

    assert client.get("/presets/")["Location"].startswith("/accounts/login/")


def test_session_is_called_by_its_person_s_number_and_never_by_its_key(db: None):
    ada = User.objects.create_user("ada")
    Client().force_login(ada)
    hers = Session.objects.get()

    assert str(hers) == f"a session of person {ada.pk}"
    assert [hers.session_key in text for text in (str(hers), repr(hers))] == [False, False]
    assert str(row_of_before()) == "a visitor’s session"


def test_name_of_a_session_does_not_have_its_key(db: None):
    row = row_of_before()

    assert (len(row.name), row.session_key in row.name) == (32, False)


@pytest.mark.parametrize("cookie", [r'"\000aaaaaaaaaaaa"', r'"aaaaaaaaaaaa\000"', r'"\355\240\200aaaaaaaaa"'])
@pytest.mark.parametrize("path", ["/", "/accounts/login/", "/admin/login/"])
def test_visitor_with_a_senseless_cookie_is_a_visitor(person: Callable[..., Person], path: str, cookie: str):
    User.objects.create_user("ada")
    visitor = person(None)
    expected = visitor.get(path).status
    visitor.cookies[SESSION_COOKIE] = cookie

    reply = visitor.get(path)

    assert (reply.status, expected in (200, 302)) == (expected, True)

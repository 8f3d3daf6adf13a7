"""What is compared: each table that holds something that cannot be made anew."""

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection

from conversations.backup.contents import Table, contents_of, differences
from tests.releases.dump import fill

pytestmark = pytest.mark.django_db
# The search's index, made anew from what was said; counts of tries to log in.
MADE_ANEW = {f"conversations_indexedtext_fts{ending}" for ending in ("", "_config", "_data", "_docsize", "_idx")}


def test_every_table_is_compared_but_those_that_are_made_anew():
    assert set(connection.introspection.table_names()) - {*contents_of(connection), *MADE_ANEW} == set()


def test_nothing_has_changed_where_nothing_was_changed():
    fill()

    assert differences(contents_of(connection), contents_of(connection)) == []


@pytest.mark.parametrize("statement", [
    "UPDATE conversations_message SET text = text || ' ' WHERE text = 'half'",
    "UPDATE conversations_message SET lease_until = '2026-01-01 00:00:00.000001+00:00' WHERE lease_until IS NOT NULL",
    "UPDATE conversations_message SET sent = '{}'",
])  # fmt: skip
def test_each_change_of_a_value_is_seen(statement: str):
    fill()
    before = contents_of(connection)

    with connection.cursor() as cursor:
        cursor.execute(statement)

    assert differences(before, contents_of(connection)) == ["conversations_message has other values"]


def test_two_rows_that_exchange_a_value_are_seen():
    first, second = Group.objects.create(name="a"), Group.objects.create(name="b")
    before = contents_of(connection)

    for group, name in ((first, "c"), (second, "a"), (first, "b")):
        Group.objects.filter(pk=group.pk).update(name=name)

    assert differences(before, contents_of(connection)) == ["auth_group has other values"]


def test_missing_and_further_rows_are_counted():
    before = contents_of(connection)
    User.objects.create(username="eve")

    assert differences(before, contents_of(connection)) == ["auth_user has 1 rows in place of 0"]


def test_tables_that_one_has_alone_are_told():
    one, other = {"a": Table(1, "0"), "b": Table(2, "0")}, {"a": Table(1, "0"), "c": Table(2, "0")}

    assert differences(one, other) == ["b is missing", "c is one table too many"]

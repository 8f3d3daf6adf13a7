"""Rows that are read a few at a time."""

import pytest
from django.contrib.auth.models import User
from pytest_django import DjangoAssertNumQueries

from conversations.models.batches import by_key


@pytest.mark.parametrize(
    ("count", "sizes", "queries"), [(0, [], 1), (1, [1], 1), (2, [2], 2), (5, [2, 2, 1], 3), (6, [2, 2, 2], 4)]
)
def test_all_rows_come_once_in_the_order_of_their_keys(
    db: None, django_assert_num_queries: DjangoAssertNumQueries, count: int, sizes: list[int], queries: int
) -> None:
    keys = [User.objects.create(username=str(number)).pk for number in range(count)]

    with django_assert_num_queries(queries):
        batches = list(by_key(User.objects.order_by("-username"), 2))

    assert [len(batch) for batch in batches] == sizes
    assert [row.pk for batch in batches for row in batch] == keys


def test_what_is_deleted_meanwhile_stops_nothing(db: None) -> None:
    keys = [User.objects.create(username=str(number)).pk for number in range(4)]
    batches = by_key(User.objects.all(), 2)

    first = next(batches)
    User.objects.filter(pk__in=keys[:3]).delete()

    assert [row.pk for row in first] == keys[:2]
    assert [[row.pk for row in batch] for batch in batches] == [keys[3:]]

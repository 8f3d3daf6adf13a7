"""The groups that come with the site, and what each may do."""

from importlib import import_module

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, Permission

MIGRATION = import_module("conversations.migrations.0008_read_records")


@pytest.fixture
def groups(db: None) -> None:
    Group.objects.all().delete()


def permissions(name: str) -> set[str]:
    return set(Group.objects.get(name=name).permissions.values_list("codename", flat=True))


def test_reviewers_read_texts_and_operators_do_not(groups: None) -> None:
    MIGRATION.make_groups(apps, None)

    assert permissions("Reviewers") == {"view_conversation", "view_message", "view_text", "change_review"}
    assert permissions("Operators") == {
        "view_conversation", "view_message", "view_preset", "view_readrecord", "view_sitesetting", "change_sitesetting",
    }  # fmt: skip


def test_a_group_of_that_name_that_is_there_already_gets_nothing(groups: None) -> None:
    Group.objects.create(name="Reviewers")

    MIGRATION.make_groups(apps, None)

    assert permissions("Reviewers") == set()


def test_permissions_that_are_not_there_yet_are_made(groups: None) -> None:
    Permission.objects.filter(content_type__app_label="conversations").delete()

    MIGRATION.make_groups(apps, None)

    assert "view_text" in permissions("Reviewers")

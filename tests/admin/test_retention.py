"""Retention in Django admin: rules with a reason, what would go in numbers, and nobody's text."""

from collections.abc import Callable
from datetime import timedelta
from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, Permission, User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from conversations.models import Conversation, Message, ReadRecord, RetentionRule, retention
from tests.admin.conftest import SECRET

ADD = "/admin/conversations/retentionrule/add/"
PREVIEW = "/admin/conversations/retentionrule/preview/"
RULE = {"days": "30", "category": "legal", "reason": "by our rules"}


@pytest.fixture
def officer(staff: Callable[..., Client]) -> Client:
    return staff("view_retentionrule", "add_retentionrule", "change_retentionrule")


@pytest.fixture
def old(conversation: Conversation) -> Conversation:
    """Ada's, 40 days old."""
    Message.objects.running().update(status="complete", lease_until=None)
    Conversation.objects.update(touched_at=timezone.now() - timedelta(days=40))
    return conversation


def change() -> str:
    return reverse("admin:conversations_retentionrule_change", args=[RetentionRule.objects.get().pk])


def rules() -> dict[str, int]:
    return {str(rule): rule.days for rule in RetentionRule.objects.all()}


def test_rules_are_made_for_the_site_for_a_group_and_for_a_person(officer: Client, conversation: Conversation):
    group = Group.objects.create(name="Staff")

    for target in ({}, {"members": group.pk}, {"account": "ada"}):
        officer.post(ADD, RULE | target)

    assert rules() == {"The whole site": 30, "Group Staff": 30, "Person ada": 30}
    assert {str(rule.changed_by) for rule in RetentionRule.objects.all()} == {"staff"}
    record = ReadRecord.objects.order_by("-sequence").first()
    assert record is not None
    assert (record.act, record.subject) == ("setting", "retention of person ada: no rule → 30 days")
    assert (record.reader_name, record.reason, record.address) == ("staff", "by our rules", "127.0.0.1")


@pytest.mark.parametrize(
    "fields",
    [
        {"days": ""},
        {"days": "0"},
        {"days": "3651"},
        {"days": "x"},
        {"days": "9" * 30},
        {"account": "nobody"},
        {"members": "999"},
        {"reason": " "},
        {"category": ""},
    ],
)
def test_what_cannot_be_is_refused(officer: Client, db: None, fields: dict[str, str]):
    reply = officer.post(ADD, RULE | fields)

    assert (reply.status_code, rules(), ReadRecord.objects.count()) == (200, {}, 0)


def test_rule_is_for_one_of_the_two_and_once(officer: Client, conversation: Conversation):
    both = officer.post(ADD, RULE | {"account": "ada", "members": Group.objects.create(name="Staff").pk})
    officer.post(ADD, RULE)
    again = officer.post(ADD, RULE | {"days": "20"})

    assert "Name a group or a person, one of the two." in both.content.decode()
    assert "There is a rule for this already. Change that one." in again.content.decode()
    assert rules() == {"The whole site": 30}


def test_environment_is_not_made_longer(officer: Client, settings: Any):
    settings.CHAT_RETENTION_DAYS = 20

    page = officer.post(ADD, RULE).content.decode()

    assert "The site’s environment allows at most 20." in page
    assert "are deleted 20 days after their last message" in officer.get(PREVIEW).content.decode()
    assert rules() == {}


def test_rule_by_which_something_goes_is_asked_for_once_more(officer: Client, old: Conversation):
    asked = officer.post(ADD, RULE)
    before = rules()
    officer.post(ADD, RULE | {"sure": "on"})

    assert "1 chat goes by this rule at the next run. Say that you are sure." in asked.content.decode()
    assert (before, rules()) == ({}, {"The whole site": 30})


def test_shorter_rule_is_asked_for_once_more_and_a_longer_one_is_not(officer: Client, old: Conversation):
    officer.post(ADD, RULE | {"days": "60"})

    shorter, longer = [officer.post(change(), RULE | {"days": days}) for days in ("39", "50")]

    assert (shorter.status_code, longer.status_code, rules()) == (200, 302, {"The whole site": 50})


def test_rule_ends_where_its_days_are_blank(officer: Client, old: Conversation):
    officer.post(ADD, RULE | {"days": "60"})

    reply = officer.post(change(), RULE | {"days": ""}, follow=True)

    assert (reply.status_code, rules()) == (200, {})
    newest = ReadRecord.objects.order_by("-sequence").first()
    assert newest is not None
    assert newest.subject == "retention of the site: 60 days → no rule"


def test_preview_has_what_would_go_in_numbers_and_no_text(officer: Client, old: Conversation):
    RetentionRule.objects.create(scope="site", days=30)

    reply = officer.get(PREVIEW)

    page = reply.content.decode()
    assert "1 chat would be removed for good" in page
    assert (reply.context["count"], [str(each.rule) for each in reply.context["reached"]]) == (1, ["The whole site"])
    assert list(reply.context["oldest"]) == [old]
    assert str(old.uuid) in page
    assert SECRET not in page
    assert retention.remove_expired() == 1
    assert "Nothing would go" in officer.get(PREVIEW).content.decode()


def test_preview_is_for_who_may_look_at_rules(staff: Callable[..., Client], old: Conversation):
    assert staff("view_conversation").get(PREVIEW).status_code == 403
    assert staff("view_retentionrule", name="other").post(PREVIEW).status_code == 405


def test_list_is_not_searched(officer: Client, db: None):
    RetentionRule.objects.create(scope="site", days=30)

    reply = officer.get("/admin/conversations/retentionrule/?q=x")

    assert [str(rule) for rule in reply.context["cl"].result_list] == ["The whole site"]


def test_who_may_look_changes_nothing(staff: Callable[..., Client], conversation: Conversation):
    RetentionRule.objects.create(scope="site", days=30)
    client = staff("view_retentionrule")

    got = [client.post(place, RULE | {"days": "9"}).status_code for place in (ADD, change())]

    assert (got, rules()) == ([403, 403], {"The whole site": 30})
    assert client.get(change()).status_code == 200


def test_person_with_a_rule_is_deleted_with_it(old: Conversation):
    RetentionRule.objects.create(scope="person", person=old.owner, days=30)
    root = Client()
    root.force_login(User.objects.create_superuser("root"))

    root.post(reverse("admin:auth_user_delete", args=[old.owner_id]), {"post": "yes"})

    assert (User.objects.filter(username="ada").exists(), rules()) == (False, {})


def test_operators_as_they_came_may_look_at_rules(db: None):
    migration = import_module("conversations.migrations.0019_retention")
    Group.objects.all().delete()
    as_it_came, own = Group.objects.create(name="Operators"), Group.objects.create(name="Others")
    as_it_came.permissions.add(Permission.objects.get(codename="view_sitesetting"))

    migration.show_to_operators(apps, None)

    codes = {group.name: set(group.permissions.values_list("codename", flat=True)) for group in (as_it_came, own)}
    assert codes == {"Operators": {"view_sitesetting", "view_retentionrule"}, "Others": set()}

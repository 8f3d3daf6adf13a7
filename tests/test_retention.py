"""manage.py retention tells what would go, and removes it to the end; the daily job does the same."""

from datetime import datetime, timedelta
from io import StringIO

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.utils import timezone

from conversations import jobs
from conversations.models import Conversation, RetentionRule, retention


@pytest.fixture
def old(db: None, monkeypatch: pytest.MonkeyPatch) -> list[Conversation]:
    """Five of Ada's, 40 to 44 days old, the oldest first, with a rule of 30 days; one more is new."""
    monkeypatch.setattr(retention, "AT_ONCE", 2)
    ada = User.objects.create_user("ada")
    RetentionRule.objects.create(scope="site", days=30)
    Conversation.objects.create(owner=ada)
    return [Conversation.objects.create(owner=ada, title="zebra", touched_at=ago(days)) for days in range(44, 39, -1)]


def ago(days: int) -> datetime:
    return timezone.now() - timedelta(days=days)


def said(*arguments: str) -> str:
    out = StringIO()
    call_command("retention", *arguments, stdout=out)
    return out.getvalue()


def test_dry_run_tells_what_would_go_and_removes_nothing(old: list[Conversation]):
    numbers, by_rule, *listed = said("--dry-run").splitlines()

    assert numbers == "5 conversations would go."
    assert by_rule == f"5 by the rule for The whole site: 30 days (the oldest: {old[0].touched_at:%Y-%m-%d})"
    assert listed == [f"{each.uuid} {each.touched_at:%Y-%m-%d %H:%M} ada" for each in old]
    assert Conversation.objects.count() == 6


def test_dry_run_lists_no_more_than_the_limit(old: list[Conversation]):
    assert len(said("--dry-run", "--limit", "3").splitlines()) == 2 + 3


def test_it_runs_to_the_end_and_a_second_time_finds_nothing(old: list[Conversation]):
    assert [said(), said()] == ["5 conversations removed.\n", "0 conversations removed.\n"]
    assert Conversation.objects.get() not in old


def test_it_ends_at_the_limit_with_the_oldest_gone(old: list[Conversation]):
    assert said("--limit", "3") == "3 conversations removed.\n"
    assert set(old) - set(Conversation.objects.all()) == set(old[:3])


def test_job_removes_what_the_command_would(old: list[Conversation]):
    call_command("run_jobs", "retention")

    assert Conversation.objects.get() not in old
    assert "retention" in jobs.NAMES

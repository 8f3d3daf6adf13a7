"""Site settings: the environment comes first, a row narrows it, and each change is recorded."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User

from conversations import refusals
from conversations.models import Category, ReadRecord, Reason, SiteSetting
from conversations.models.site_setting import Name, notice_delay

WHY = Reason(category=Category.LEGAL, text="by our rules")


@pytest.fixture
def admin(db: None) -> User:
    return User.objects.create_user("root")


@pytest.mark.parametrize(
    ("environment", "row", "days"), [(0, None, 0), (7, None, 7), (7, 3, 3), (7, 0, 0), (2, 5, 2), (0, 5, 0)]
)
def test_a_row_only_narrows(admin: User, settings: Any, environment: int, row: int | None, days: int) -> None:
    settings.REVIEW_NOTICE_DAYS = environment
    SiteSetting.objects.update_or_create(name=Name.REVIEW_NOTICE_DAYS, defaults={"value": row})

    assert notice_delay() == timedelta(days=days)


def test_without_a_row_the_environment_holds(db: None, settings: Any) -> None:
    settings.REVIEW_NOTICE_DAYS = 7
    SiteSetting.objects.all().delete()

    assert notice_delay() == timedelta(days=7)


def test_a_change_is_recorded_with_its_reason(admin: User, settings: Any) -> None:
    settings.REVIEW_NOTICE_DAYS = 7
    setting = SiteSetting(name=Name.REVIEW_NOTICE_DAYS)

    setting.change(3, by=admin, reason=WHY, address="192.0.2.1")
    setting.change(None, by=admin, reason=WHY)

    assert [(record.act, record.subject, record.reason, record.address) for record in ReadRecord.objects.all()] == [
        ("setting", "review_notice_days: 3 → as the environment says", "by our rules", ""),
        ("setting", "review_notice_days: as the environment says → 3", "by our rules", "192.0.2.1"),
    ]


def test_what_is_wider_than_the_environment_is_refused(admin: User, settings: Any) -> None:
    settings.REVIEW_NOTICE_DAYS = 7

    with pytest.raises(refusals.TooWide, match="at most 7"):
        SiteSetting(name=Name.REVIEW_NOTICE_DAYS).change(8, by=admin, reason=WHY)

    assert (notice_delay(), ReadRecord.objects.count()) == (timedelta(days=7), 0)

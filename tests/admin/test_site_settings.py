"""Site settings in Django admin: narrowed for a reason, and recorded."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from conversations.models import ReadRecord, SiteSetting

CHANGE = {"value": "3", "category": "legal", "reason": "by our rules"}


@pytest.fixture
def place(db: None, settings: Any) -> str:
    settings.REVIEW_NOTICE_DAYS = 7
    SiteSetting.objects.get_or_create(name="review_notice_days")
    return reverse("admin:conversations_sitesetting_change", args=["review_notice_days"])


@pytest.fixture
def operator(staff: Callable[..., Client]) -> Client:
    return staff("view_sitesetting", "change_sitesetting")


def value() -> int | None:
    return SiteSetting.objects.get().value


def test_a_change_is_kept_and_recorded(operator: Client, place: str) -> None:
    reply = operator.post(place, CHANGE)

    assert (reply.status_code, value()) == (302, 3)
    record = ReadRecord.objects.get()
    assert (record.act, record.reader_name, record.reason) == ("setting", "staff", "by our rules")
    assert record.subject == "review_notice_days: as the environment says → 3"


@pytest.mark.parametrize(
    "fields", [{"value": "8"}, {"value": "-1"}, {"value": "x"}, {"reason": " "}, {"category": "x"}]
)
def test_what_is_wider_or_unexplained_is_refused(operator: Client, place: str, fields: dict[str, str]) -> None:
    reply = operator.post(place, CHANGE | fields)

    assert (reply.status_code, value(), ReadRecord.objects.count()) == (200, None, 0)


def test_the_environments_own_value_is_told(operator: Client, place: str) -> None:
    operator.post(place, CHANGE)

    listed = operator.get(reverse("admin:conversations_sitesetting_changelist")).content.decode()

    assert '<td class="field-in_force">3</td>' in listed
    assert '<td class="field-widest">7</td>' in listed


def test_without_the_permission_nothing_is_changed(staff: Callable[..., Client], place: str) -> None:
    assert staff("view_sitesetting").post(place, CHANGE).status_code == 403
    assert value() is None

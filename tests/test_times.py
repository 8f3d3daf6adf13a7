"""How a moment is written for the reader."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone, translation

from conversations import times


@pytest.mark.parametrize("zone", ["UTC", "Pacific/Kiritimati", "America/New_York"])
def test_moment_of_the_readers_today_is_told_by_its_time_alone(zone: str) -> None:
    noon = datetime.now(ZoneInfo(zone)).replace(hour=12, minute=5)

    with timezone.override(zone):
        assert [times.told(noon), times.told(noon.replace(hour=22))] == ["12:05", "22:05"]


def test_moment_of_another_day_is_told_with_its_date() -> None:
    with timezone.override("Asia/Tokyo"):
        assert times.told(datetime(2026, 1, 1, 23, 30, tzinfo=UTC)) == "2 Jan 2026, 08:30"
        assert not times.is_today(timezone.now() - timedelta(days=1))


def test_today_is_named_where_a_list_tells_the_time_alone() -> None:
    noon = timezone.now().replace(hour=12, minute=5)

    told = [times.told_with_day(moment) for moment in (noon, datetime(2026, 1, 1, 23, 30, tzinfo=UTC))]

    assert told == ["Today 12:05", "1 Jan 2026, 23:30"]


def test_date_is_written_in_the_language_of_the_reader() -> None:
    with translation.override("de"):
        assert times.told(datetime(2026, 5, 1, 13, 30, tzinfo=UTC)) == "1. Mai 2026, 13:30"

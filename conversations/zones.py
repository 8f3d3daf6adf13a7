"""Time zones, by the names that people and browsers call them."""

import zoneinfo
from functools import lru_cache

REGIONS = (
    *("Africa/", "America/", "Antarctica/", "Arctic/", "Asia/"),
    *("Atlantic/", "Australia/", "Europe/", "Indian/", "Pacific/"),
)
OF_BROWSER = "browser_zone"  # under this name a session keeps what its browser told


def is_known(name: str) -> bool:
    """Whether there is such a zone on this machine, also under an old name."""
    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


@lru_cache(maxsize=1)
def names() -> tuple[str, ...]:
    """The zones to choose from, some 500: UTC, and those that are named for a place."""
    places = (name for name in zoneinfo.available_timezones() if name.startswith(REGIONS))
    return ("UTC", *sorted(places))

"""Whether only those come in who may: what a changed settings.py could undo of passwords, sessions and factors."""

import re
from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib.auth import get_user_model, load_backend
from django.core.checks import CheckMessage, Error, Info

from chatsite.environment import SQLITE

PERSON = "conversations.middleware.Person"
ADMIN = "conversations.views.administration.Site"
LIMIT = re.compile(r"(?P<count>\d+)/(?P<units>\d*)(?P<unit>[smhd])/(?P<kind>ip|key)")
SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
MOST_A_MINUTE = 60  # tries to log in: more is no limit


def rate_limits(app_configs: Any, **kwargs: Any) -> Iterator[CheckMessage]:
    """That passwords cannot be tried without end, at all processes together."""
    limits = settings.ACCOUNT_RATE_LIMITS or {}
    limit = limits.get("login_failed", "") if isinstance(limits, dict) else ""
    found = [LIMIT.fullmatch(part.strip()) for part in str(limit).split(",")]
    if not all(each and is_limit(each) for each in found) or {each["kind"] for each in found if each} != {"ip", "key"}:
        yield Error(
            "Passwords may be tried without end: ACCOUNT_RATE_LIMITS has no login_failed for addresses and names.",
            hint='Let it be {"login_failed": "10/m/ip,5/5m/key"}.',
            id="chatsite.E025",
        )
    engine, counts = settings.DATABASES["default"]["ENGINE"], settings.CACHES["default"]["BACKEND"]
    if "dummy" in counts or (engine != SQLITE and "locmem" in counts):
        yield Error(
            "Tries to log in are not counted for all processes together.",
            hint="Let CACHES be in the database where several processes may share it.",
            id="chatsite.E026",
        )


def is_limit(found: re.Match[str]) -> bool:
    seconds = int(found["units"] or 1) * SECONDS[found["unit"]]
    return seconds > 0 and 0 < int(found["count"]) * 60 / seconds <= MOST_A_MINUTE


def admin_login(app_configs: Any, **kwargs: Any) -> Iterator[CheckMessage]:
    """That Django admin has no door of its own, where tries are not counted and no second factor is asked for."""
    if getattr(apps.get_app_config("admin"), "default_site", "") != ADMIN or PERSON not in settings.MIDDLEWARE:
        yield Error(
            "Django admin has a login of its own, which counts no tries and asks for no second factor.",
            hint=f"Let conversations.apps.Admin be in INSTALLED_APPS, and {PERSON} in MIDDLEWARE.",
            id="chatsite.E027",
        )
    if settings.REQUIRE_MFA == "nobody":
        yield Info(
            "Administrators may log in with a password alone.",
            hint="Let them set up a second factor, then set REQUIRE_MFA=staff.",
            id="chatsite.I028",
        )


def deactivated_accounts(app_configs: Any, **kwargs: Any) -> Iterator[CheckMessage]:
    """That who was shut out stays out."""
    stranger = get_user_model()(is_active=False)
    for name in settings.AUTHENTICATION_BACKENDS:
        may = getattr(load_backend(name), "user_can_authenticate", None)
        if may and may(stranger):
            yield Error(
                f"People whose account was deactivated may log in: {name} lets them.",
                hint="Take it out of AUTHENTICATION_BACKENDS, or let it ask for is_active.",
                id="chatsite.E030",
            )


CHECKS = [rate_limits, admin_login, deactivated_accounts]

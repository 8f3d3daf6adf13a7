"""Whether only those come in who may: what a changed settings.py could undo of passwords, sessions and factors."""

import re
from collections.abc import Iterator
from typing import Any

from allauth.mfa import app_settings as factors
from django.apps import apps
from django.conf import settings
from django.contrib.auth import get_user_model, load_backend
from django.contrib.auth.hashers import get_hashers
from django.contrib.auth.password_validation import get_password_validators
from django.core.checks import CheckMessage, Error, Info
from django.core.exceptions import ValidationError

from chatsite.environment import SQLITE

PERSON = "conversations.middleware.Person"
ADMIN = "conversations.views.administration.Site"
LIMIT = re.compile(r"(?P<count>\d+)/(?P<units>\d*)(?P<unit>[smhd])/(?P<kind>ip|key)")
SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
MOST_A_MINUTE = 60  # tries to log in: more is no limit
SLOW = {"pbkdf2_sha256", "pbkdf2_sha1", "argon2", "bcrypt_sha256", "bcrypt", "scrypt"}
FEWEST = 100_000  # iterations of PBKDF2: a tenth of Django's
TOO_SHORT = "z8"
SESSIONS = "conversations.models.session"
MOST_STEPS = 1  # of 30 seconds, before and after, in which a code holds
PASSKEY_LIMITS = {"webauthn_login": "10/m/ip", "webauthn_question": "60/m/ip"}


def rate_limits(app_configs: Any, **kwargs: Any) -> Iterator[CheckMessage]:
    """That passwords cannot be tried without end, at all processes together."""
    limits = settings.ACCOUNT_RATE_LIMITS or {}
    if counted_by(limits.get("login_failed") if isinstance(limits, dict) else None) != {"ip", "key"}:
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


def counted_by(limit: Any) -> set[str]:
    """For whom each tries are counted; nobody where a part of it is no limit."""
    found = [LIMIT.fullmatch(part.strip()) for part in str(limit).split(",")]
    return {each["kind"] for each in found if each} if all(each and is_limit(each) for each in found) else set()


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


def passwords(app_configs: Any, **kwargs: Any) -> Iterator[CheckMessage]:
    """That they cannot be guessed, nor be told by whoever has a copy of the database."""
    preferred = get_hashers()[0]  # the others are for those that are there, until their owners log in
    if preferred.algorithm not in SLOW or getattr(preferred, "iterations", FEWEST) < FEWEST:
        yield Error(
            "Passwords are kept so that a copy of the database tells them: PASSWORD_HASHERS begins with a fast one.",
            hint="Take PASSWORD_HASHERS out: Django's first one is slow on purpose.",
            id="chatsite.E034",
        )
    if not any(refuses(each, TOO_SHORT) for each in get_password_validators(settings.AUTH_PASSWORD_VALIDATORS)):
        yield Error(
            "A password may have so few letters that all can be tried: no AUTH_PASSWORD_VALIDATORS refuses it.",
            hint="Take AUTH_PASSWORD_VALIDATORS back to what the site came with.",
            id="chatsite.E035",
        )


def refuses(validator: Any, password: str) -> bool:
    try:
        validator.validate(password)
    except ValidationError:
        return True
    return False


def sessions(app_configs: Any, **kwargs: Any) -> Iterator[CheckMessage]:
    """That who logs out, changes a password or is shut out ends what was logged in."""
    if settings.SESSION_ENGINE != SESSIONS:
        yield Error(
            f"What is logged in cannot be seen and ended by its owner: SESSION_ENGINE is {settings.SESSION_ENGINE}.",
            hint=f"Let it be {SESSIONS}.",
            id="chatsite.E036",
        )


def second_factors(app_configs: Any, **kwargs: Any) -> Iterator[CheckMessage]:
    """That a second factor is one."""
    if factors.WEBAUTHN_ALLOW_INSECURE_ORIGIN and settings.PUBLIC_URL.startswith("https:"):
        yield Error(
            "Passkeys are taken of pages that came unencrypted.",
            hint="Take MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN out.",
            id="chatsite.E037",
        )
    if factors.TOTP_TOLERANCE > MOST_STEPS:
        yield Error(
            f"Codes of a second factor hold for long: MFA_TOTP_TOLERANCE is {factors.TOTP_TOLERANCE}.",
            hint=f"Let it be {MOST_STEPS} at most, and the machine's clock be right (manage.py doctor clock).",
            id="chatsite.E038",
        )
    for name in sorted(PASSKEY_LIMITS):
        if "ip" not in counted_by(factors.RATE_LIMITS.get(name)):
            yield Error(
                f"Passkeys may be asked for and shown without end: MFA_RATE_LIMITS has no {name} for addresses.",
                hint=f'Let it have "{name}": "{PASSKEY_LIMITS[name]}".',
                id="chatsite.E039",
            )


CHECKS = [rate_limits, admin_login, deactivated_accounts, passwords, sessions, second_factors]

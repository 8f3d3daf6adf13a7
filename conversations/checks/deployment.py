"""Whether a site that others reach is as safe as this one means to be: what a changed settings.py could undo."""

import ipaddress
import re
from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.checks import CheckMessage, Error, Info
from django.core.checks import Warning as Doubt

from chatsite.environment import SQLITE

HEADERS = "conversations.middleware.response_headers"
PERSON = "conversations.middleware.Person"
ADMIN = "conversations.views.administration.Site"
NOTHING, OWN = "'none'", "'self'"
# What each may have at most; what is not named must be 'none' or missing, for which default-src then stands.
ALLOWED = {
    **{name: {OWN} for name in ("script-src", "style-src", "font-src", "connect-src", "manifest-src")},
    "img-src": {OWN, "data:"},
}
SIGN_IN = "form-action"  # may name the places where people sign in
WANTED = {"default-src": NOTHING, "base-uri": NOTHING, "frame-ancestors": NOTHING}  # without these a page is open
WIDEST = {4: 8, 6: 32}  # bits of a network that may be one's own, by the version of IP
LIMIT = re.compile(r"\d+/\d*[smhd](/(ip|user|key))?")
SHORTEST_TOKEN = 24  # characters


def public_url(app_configs: Any, **kwargs: Any) -> Iterator[CheckMessage]:
    if not settings.PUBLIC_URL:
        yield Doubt(
            "PUBLIC_URL is not set: cookies cross the network unencrypted, and links in mails lead nowhere.",
            hint="Set PUBLIC_URL to where people reach the site, such as https://chat.example.org.",
            id="chatsite.W020",
        )


def content_security_policy(app_configs: Any, **kwargs: Any) -> Iterator[CheckMessage]:
    """That nothing of a message, and nobody else's script, style or frame, runs in a page."""
    policy = directives(settings.CONTENT_SECURITY_POLICY)
    for name, value in WANTED.items():
        if policy.get(name) != {value}:
            yield _open_policy(f"it needs {name} {value}")
    for name, sources in policy.items():
        foreign = sources - ALLOWED.get(name, set()) - {NOTHING}
        if foreign and name != SIGN_IN:
            yield _open_policy(f"{name} allows {' '.join(sorted(foreign))}")
    if HEADERS not in settings.MIDDLEWARE[:1]:
        yield Error(
            "The content security policy is not sent with every reply.",
            hint=f"Let {HEADERS} stand first in MIDDLEWARE.",
            id="chatsite.E022",
        )


def directives(policy: str) -> dict[str, set[str]]:
    """A policy's sources by the names of its directives."""
    parts = [part.split() for part in policy.split(";") if part.strip()]
    return {name: set(sources) for name, *sources in parts}


def cookies(app_configs: Any, **kwargs: Any) -> Iterator[CheckMessage]:
    """That no neighbour under the same domain, and nobody on the network, sets or reads the cookies of people."""
    if not settings.PUBLIC_URL.startswith("https:"):
        return  # PUBLIC_URL's own warnings say so
    for kind in ("SESSION", "CSRF"):
        name, domain, path, is_secure, same_site = (
            getattr(settings, f"{kind}_COOKIE_{what}") for what in ("NAME", "DOMAIN", "PATH", "SECURE", "SAMESITE")
        )
        if not name.startswith("__Host-") or domain or path != "/" or not is_secure or same_site == "None":
            yield Error(
                f"The cookie {name} is not bound to this host: another site under the same domain could set it.",
                hint=f"Let {kind}_COOKIE_NAME begin with __Host-, and it be secure, with the path / and no domain.",
                id="chatsite.E023",
            )


def trusted_proxies(app_configs: Any, **kwargs: Any) -> Iterator[CheckMessage]:
    """That strangers cannot say whose address they have: limits are counted by it."""
    for word in settings.TRUSTED_PROXIES:
        network = ipaddress.ip_network(word)
        if network.prefixlen < WIDEST[network.version] or (network.num_addresses > 1 and network.is_global):
            yield Error(
                f"TRUSTED_PROXIES names {word}: strangers in it are believed whatever address they claim to have.",
                hint="Name the proxy's own address, or the private network in which there is nobody else.",
                id="chatsite.E024",
            )


def rate_limits(app_configs: Any, **kwargs: Any) -> Iterator[CheckMessage]:
    """That passwords cannot be tried without end, at all processes together."""
    limits = settings.ACCOUNT_RATE_LIMITS or {}
    limit = limits.get("login_failed", "") if isinstance(limits, dict) else ""
    if not limit or not all(LIMIT.fullmatch(part) for part in limit.split(",")):
        yield Error(
            "Passwords may be tried without end: ACCOUNT_RATE_LIMITS has no login_failed.",
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


def metrics_token(app_configs: Any, **kwargs: Any) -> Iterator[CheckMessage]:
    if settings.METRICS_TOKEN and len(settings.METRICS_TOKEN) < SHORTEST_TOKEN:
        yield Doubt(
            "METRICS_TOKEN is so short that it can be guessed.",
            hint="Set it to what `openssl rand -hex 24` prints.",
            id="chatsite.W029",
        )


CHECKS = [public_url, content_security_policy, cookies, trusted_proxies, rate_limits, admin_login, metrics_token]


def _open_policy(what: str) -> Error:
    return Error(
        f"The content security policy lets in what it should not: {what}.",
        hint="Take CONTENT_SECURITY_POLICY back to what the site came with.",
        id="chatsite.E021",
    )

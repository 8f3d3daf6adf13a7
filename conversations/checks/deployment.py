"""Whether a site that others reach is as safe as this one means to be: what a changed settings.py could undo."""

import ipaddress
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error
from django.core.checks import Warning as Doubt
from django.core.checks.security.base import SECRET_KEY_MIN_UNIQUE_CHARACTERS

HEADERS = "conversations.middleware.response_headers"
NOTHING, OWN = "'none'", "'self'"
# What each may have at most; what is not named must be 'none' or missing, for which default-src then stands.
ALLOWED = {
    **{name: {OWN} for name in ("script-src", "style-src", "font-src", "connect-src", "manifest-src", "worker-src")},
    "img-src": {OWN, "data:"},
}
FORMS = "form-action"  # for which default-src does not stand; may name places where people sign in
WITHOUT_SOURCES = {"report-uri", "report-to", "require-trusted-types-for", "trusted-types", "upgrade-insecure-requests"}
WANTED = {"default-src": NOTHING, "base-uri": NOTHING, "frame-ancestors": NOTHING}  # without these a page is open
OWN_NETWORKS = (
    *("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8", "169.254.0.0/16"),
    *("fc00::/7", "fe80::/10"),
)
PRIVATE = [ipaddress.ip_network(word) for word in OWN_NETWORKS]  # in which there may be nobody but one's own
NEARBY = (".local", ".internal", ".lan", ".localhost", ".home.arpa")  # names that no public server tells
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
    for name in policy.keys() - WITHOUT_SOURCES - {FORMS}:
        if foreign := policy[name] - ALLOWED.get(name, set()) - {NOTHING}:
            yield _open_policy(f"{name} allows {' '.join(sorted(foreign))}")
    if any("*" in source or source.endswith(":") for source in policy.get(FORMS, {"*"})):
        yield _open_policy(f"{FORMS} is missing, or allows any place")
    if HEADERS not in settings.MIDDLEWARE[:1]:
        yield Error(
            "The content security policy is not sent with every reply.",
            hint=f"Let {HEADERS} stand first in MIDDLEWARE.",
            id="chatsite.E022",
        )


def directives(policy: str) -> dict[str, set[str]]:
    """A policy's sources by the names of its directives; of one that stands twice browsers take the first."""
    parts = [part.split() for part in policy.split(";") if part.strip()]
    return {name.lower(): set(sources) for name, *sources in reversed(parts)}


def cookies(app_configs: Any, **kwargs: Any) -> Iterator[CheckMessage]:
    """That no neighbour under the same domain, and nobody on the network, sets or reads the cookies of people."""
    if not settings.PUBLIC_URL.startswith("https:"):
        return  # PUBLIC_URL's own warnings say so
    for kind in ("SESSION", "CSRF"):
        name, domain, path, is_secure, same_site = (
            getattr(settings, f"{kind}_COOKIE_{what}") for what in ("NAME", "DOMAIN", "PATH", "SECURE", "SAMESITE")
        )
        if not name.startswith("__Host-") or domain or path != "/" or not is_secure or not is_bound(same_site):
            yield Error(
                f"The cookie {name} is not bound to this host: another site under the same domain could set it.",
                hint=f"Let {kind}_COOKIE_NAME begin with __Host-, and it be secure, with the path / and no domain.",
                id="chatsite.E023",
            )


def is_bound(same_site: Any) -> bool:
    return str(same_site).lower() in ("lax", "strict")


def trusted_proxies(app_configs: Any, **kwargs: Any) -> Iterator[CheckMessage]:
    """That strangers cannot say whose address they have: limits are counted by it."""
    for word in settings.TRUSTED_PROXIES:
        network = ipaddress.ip_network(word)
        if network.num_addresses > 1 and not any(is_within(network, own) for own in PRIVATE):
            yield Error(
                f"TRUSTED_PROXIES names {word}: strangers in it are believed whatever address they claim to have.",
                hint="Name the proxy's own address, or the private network in which there is nobody else.",
                id="chatsite.E024",
            )


def is_within(network: Any, own: Any) -> bool:
    return bool(network.version == own.version and network.subnet_of(own))


def metrics_token(app_configs: Any, **kwargs: Any) -> Iterator[CheckMessage]:
    token = settings.METRICS_TOKEN
    if token and (len(token) < SHORTEST_TOKEN or len(set(token)) < SECRET_KEY_MIN_UNIQUE_CHARACTERS):
        yield Doubt(
            "METRICS_TOKEN is so short or simple that it can be guessed.",
            hint="Set it to what `openssl rand -hex 24` prints.",
            id="chatsite.W029",
        )


def trusted_origins(app_configs: Any, **kwargs: Any) -> Iterator[CheckMessage]:
    """That no page of somebody else's sends a form in a person's name."""
    for origin in settings.CSRF_TRUSTED_ORIGINS:
        if "*" in origin or (settings.PUBLIC_URL.startswith("https:") and not origin.startswith("https:")):
            yield Error(
                f"CSRF_TRUSTED_ORIGINS lets pages of {origin} send forms in a person's name.",
                hint="Name whole origins, with https: and without a star.",
                id="chatsite.E031",
            )
        elif urlsplit(origin).hostname not in {urlsplit(settings.PUBLIC_URL).hostname, *settings.ALLOWED_HOSTS}:
            yield Doubt(
                f"CSRF_TRUSTED_ORIGINS lets pages of {origin} send forms in a person's name, which is no name of the "
                "site.",
                hint="Take it out, or put its name into ALLOWED_HOSTS if it is the site's own.",
                id="chatsite.W040",
            )


def hosts(app_configs: Any, **kwargs: Any) -> Iterator[CheckMessage]:
    """That the site's name in mails is not a stranger's choice; of a lone star `values` tells."""
    for name in settings.ALLOWED_HOSTS:
        if name.startswith(".") and "." not in name[1:] and not name.endswith(NEARBY):
            yield Error(
                f"ALLOWED_HOSTS allows all names under {name}: strangers choose the addresses in the site's e-mails.",
                hint="Set ALLOWED_HOSTS to the names of the site, or set PUBLIC_URL alone.",
                id="chatsite.E041",
            )


def forwarded_headers(app_configs: Any, **kwargs: Any) -> Iterator[CheckMessage]:
    """That what a proxy says is believed of TRUSTED_PROXIES alone, as the site's own middleware has it."""
    for name in ("USE_X_FORWARDED_HOST", "USE_X_FORWARDED_PORT", "SECURE_PROXY_SSL_HEADER"):
        if getattr(settings, name):
            yield Error(
                f"{name} believes a header whoever sends it.",
                hint="Take it out: the site believes the proxies in TRUSTED_PROXIES, and nobody else.",
                id="chatsite.E032",
            )


CHECKS = [
    *(public_url, content_security_policy, cookies, trusted_proxies, metrics_token, trusted_origins),
    *(hosts, forwarded_headers),
]


def _open_policy(what: str) -> Error:
    return Error(
        f"The content security policy lets in what it should not: {what}.",
        hint="Take CONTENT_SECURITY_POLICY back to what the site came with.",
        id="chatsite.E021",
    )

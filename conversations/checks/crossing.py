"""Whether what people write, and what opens the site's doors, crosses a network that is not one's own in the clear."""

import ipaddress
import os
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage
from django.core.checks import Warning as Doubt

from chatsite.environment import SQLITE
from conversations.checks.deployment import NEARBY, PRIVATE, is_within

SMTP = "django.core.mail.backends.smtp.EmailBackend"
WITH_TLS = ("require", "verify-ca", "verify-full")  # else PostgreSQL's driver takes what the network offers it

Leading = tuple[str, str, str]  # a setting, the host that it leads to in the clear, and what to write instead


def unencrypted(app_configs: Any, **kwargs: Any) -> Iterator[CheckMessage]:
    for name, host, remedy in (*_to_provider(), *_to_mail(), *_to_database(), *_to_redis()):
        if not is_near(host):
            yield Doubt(
                f"What is sent by {name} crosses the network unencrypted, for all to read on the way to {host}.",
                hint=remedy,
                id="chatsite.W033",
            )


def is_near(host: str) -> bool:
    """Whether the way to it may be one's own: this machine, a private network, or a name that only such a one knows."""
    try:
        network = ipaddress.ip_network(host)
    except ValueError:
        return "." not in host or host.lower().endswith(NEARBY)
    return network.is_loopback or any(is_within(network, own) for own in PRIVATE)


def _to_provider() -> Iterator[Leading]:
    for name in ("OPENAI_BASE_URL", "AZURE_OPENAI_ENDPOINT"):
        url = urlsplit(getattr(settings, name))
        if url.scheme == "http":
            yield name, url.hostname or "", f"Let {name} begin with https."


def _to_mail() -> Iterator[Leading]:
    if settings.EMAIL_BACKEND == SMTP and not (settings.EMAIL_USE_TLS or settings.EMAIL_USE_SSL):
        yield "EMAIL_URL", settings.EMAIL_HOST, "Let EMAIL_URL begin with smtp+tls (port 587) or smtp+ssl (465)."


def _to_database() -> Iterator[Leading]:
    database = settings.DATABASES["default"]
    options = database.get("OPTIONS", {})
    if database["ENGINE"] == SQLITE or options.get("sslmode", os.environ.get("PGSSLMODE")) in WITH_TLS:
        return
    named = options.get("hostaddr") or options.get("host") or database["HOST"]
    for host in named.split(","):
        if not host.startswith(("/", "%2F", "@")):  # a socket
            yield "DATABASE_URL", host, "Put ?sslmode=verify-full behind it, or at least ?sslmode=require."


def _to_redis() -> Iterator[Leading]:
    url = urlsplit(settings.REDIS_URL)
    if url.scheme == "redis":
        yield "REDIS_URL", url.hostname or "", "Let REDIS_URL begin with rediss."


CHECKS = [unencrypted]

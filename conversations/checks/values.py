"""Finds settings that make no sense, each with its remedy: `manage.py check` tells, and nothing serves before."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error
from django.core.checks import Warning as Doubt

from chatsite.environment import SQLITE
from chatsite.settings import environment

PREFIXES = ("CHAT_", "AZURE_OPENAI_", "OPENAI_", "REVIEW_")
LOOPBACK = ("127.0.0.1", "::1", "localhost")


def values(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Values that could not be read at all. Their text is never shown: it may be a secret."""
    return [Error(found.message, hint=found.remedy, id="chatsite.E001") for found in environment.problems]


def provider(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    return list(azure_problems()) if azure_settings() else list(openai_problems())


def keys(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Keys go into a header, which takes letters of ASCII alone."""
    names = [name for name in ("OPENAI_API_KEY", "AZURE_OPENAI_API_KEY") if not getattr(settings, name).isascii()]
    return [
        Error(
            f"{name} holds a character that no key has.",
            hint=f"Set {name} to the whole key as the provider shows it, or leave it out.",
            id="chatsite.E009",
        )
        for name in names
    ]


def azure_settings() -> list[str]:
    names = ("AZURE_OPENAI_ENDPOINT", "AZURE_OPENAI_API_KEY", "AZURE_OPENAI_DEPLOYMENT")
    return [name for name in names if getattr(settings, name)]


def azure_problems() -> Iterator[CheckMessage]:
    given = azure_settings()
    if "AZURE_OPENAI_ENDPOINT" not in given:
        yield Error(
            f"{' and '.join(given)} {'is' if len(given) == 1 else 'are'} set, but AZURE_OPENAI_ENDPOINT is not.",
            hint="Set AZURE_OPENAI_ENDPOINT to the address of your resource, or remove the others.",
            id="chatsite.E002",
        )
        return
    if "AZURE_OPENAI_API_KEY" not in given:
        yield Error(
            "AZURE_OPENAI_ENDPOINT is set, but AZURE_OPENAI_API_KEY is not.",
            hint="Set AZURE_OPENAI_API_KEY to a key of that resource.",
            id="chatsite.E003",
        )
    if not settings.AZURE_OPENAI_DEPLOYMENT and not settings.CHAT_MODELS:
        yield Error(
            "AZURE_OPENAI_ENDPOINT is set, but no deployment is named.",
            hint="Set AZURE_OPENAI_DEPLOYMENT to the name of your deployment, or CHAT_MODELS to the names of several.",
            id="chatsite.E004",
        )
    if settings.OPENAI_BASE_URL:
        yield Error(
            "OPENAI_BASE_URL and AZURE_OPENAI_ENDPOINT are both set: only one can answer.",
            hint="Remove one of the two.",
            id="chatsite.E005",
        )
    elif settings.OPENAI_API_KEY:
        yield Doubt(
            "OPENAI_API_KEY is not used while AZURE_OPENAI_ENDPOINT is set.",
            hint="Remove one of the two.",
            id="chatsite.W005",
        )


def openai_problems() -> Iterator[CheckMessage]:
    if "openai.azure.com" in settings.OPENAI_BASE_URL and "/openai/v1" not in settings.OPENAI_BASE_URL:
        yield Error(
            "OPENAI_BASE_URL is the address of an Azure resource.",
            hint="Set AZURE_OPENAI_ENDPOINT, AZURE_OPENAI_API_KEY and AZURE_OPENAI_DEPLOYMENT instead.",
            id="chatsite.E006",
        )


def tokens(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    if settings.CHAT_ANSWER_TOKENS < settings.CHAT_CONTEXT_TOKENS:
        return []
    return [
        Error(
            f"CHAT_ANSWER_TOKENS ({settings.CHAT_ANSWER_TOKENS}) leaves no room for the question in "
            f"CHAT_CONTEXT_TOKENS ({settings.CHAT_CONTEXT_TOKENS}).",
            hint="Set CHAT_ANSWER_TOKENS to a quarter of CHAT_CONTEXT_TOKENS, for example.",
            id="chatsite.E007",
        )
    ]


def addresses(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    public = urlsplit(settings.PUBLIC_URL)
    return [*public_url_problems(public.path + public.query, public.scheme, public.hostname or ""), *reach_problems()]


def public_url_problems(path: str, scheme: str, host: str) -> Iterator[CheckMessage]:
    if path:
        yield Doubt(
            "PUBLIC_URL has a path, but the site is always at the root of its address.",
            hint="Leave the path out: https://chat.example.org",
            id="chatsite.W001",
        )
    if scheme == "http" and host not in LOOPBACK:
        yield Doubt(
            "PUBLIC_URL begins with http: passwords and conversations cross the network unencrypted.",
            hint="Put a proxy that speaks HTTPS before the site and let PUBLIC_URL begin with https.",
            id="chatsite.W002",
        )
    if scheme == "https" and not settings.TRUSTED_PROXIES:
        yield Doubt(
            "PUBLIC_URL begins with https, so a proxy stands before the site, but TRUSTED_PROXIES does not name it: "
            "every visitor seems to come from the proxy's address, and a few wrong passwords lock out all of them.",
            hint="Set TRUSTED_PROXIES to the proxy's address as the site sees it, such as 127.0.0.1.",
            id="chatsite.W003",
        )


def reach_problems() -> Iterator[CheckMessage]:
    names = set(settings.ALLOWED_HOSTS) - {"localhost", "127.0.0.1", "[::1]"}
    if settings.HOST not in LOOPBACK and not names:
        yield Doubt(
            f"HOST is {settings.HOST}, which other machines reach, but no name of the site is known: "
            "whoever comes by another name than localhost is refused.",
            hint="Set PUBLIC_URL to the address that people type, or ALLOWED_HOSTS to the names in it.",
            id="chatsite.W004",
        )
    if "*" in settings.ALLOWED_HOSTS:
        yield Doubt(
            "ALLOWED_HOSTS allows any name, so that a stranger chooses the addresses in the site's e-mails.",
            hint="Set ALLOWED_HOSTS to the names of the site, or set PUBLIC_URL alone.",
            id="chatsite.W006",
        )


def folders(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """The folders that must be there and writable; a broken DATA_DIR has already been found when it was read."""
    database = settings.DATABASES["default"]
    if database["ENGINE"] != SQLITE:
        return []
    folder = Path(database["NAME"]).parent
    if folder.is_dir() or folder == settings.DATA_DIR:
        return []
    return [
        Error(
            "DATABASE_URL names a file in a folder that is not there.",
            hint=f"Make the folder {folder}, or leave DATABASE_URL out to keep the database in DATA_DIR.",
            id="chatsite.E008",
        )
    ]


def processes(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Redis joins several processes; without it they follow each other's answers by the database alone."""
    if not settings.REDIS_URL or settings.DATABASES["default"]["ENGINE"] != SQLITE:
        return []
    return [
        Doubt(
            "REDIS_URL is set, but an SQLite database has one process, which needs no Redis.",
            hint="Set DATABASE_URL to a PostgreSQL database that several processes share, or remove REDIS_URL.",
            id="chatsite.W008",
        )
    ]


def spelling(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    return [
        Doubt(
            f"{wrong} is no setting of this site and does nothing.",
            hint=f"Did you mean {right}?",
            id="chatsite.W007",
        )
        for wrong, right in environment.misspelled(PREFIXES).items()
    ]


CHECKS = [values, keys, provider, tokens, addresses, folders, processes, spelling]

"""`manage.py check --deploy`: what a changed setting would undo is found, with its remedy."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.conf import global_settings
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.core.checks import CheckMessage, run_checks

from chatsite.environment import Environment
from conversations.checks import DEPLOYED

ROOT = Path(__file__).resolve().parent.parent
AS_IT_IS = {
    "PUBLIC_URL": "https://chat.example.org",
    "SESSION_COOKIE_NAME": "__Host-session",
    "CSRF_COOKIE_NAME": "__Host-csrf",
    "SESSION_COOKIE_SECURE": True,
    "CSRF_COOKIE_SECURE": True,
    "TRUSTED_PROXIES": ["127.0.0.1"],
    "REQUIRE_MFA": "staff",
    "PASSWORD_HASHERS": global_settings.PASSWORD_HASHERS,
}

SHARED = {"default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "limits"}}
HASHERS = "django.contrib.auth.hashers"
SIMILAR_ALONE = [{"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"}]
SIGNED = "django.contrib.sessions.backends.signed_cookies"


class Hasty(PBKDF2PasswordHasher):
    iterations = 1


@pytest.fixture(autouse=True)
def deployed(settings: Any) -> None:
    for name, value in AS_IT_IS.items():
        setattr(settings, name, value)


def found() -> list[tuple[str | None, str]]:
    """The ids and sentences of our own checks."""
    messages: list[CheckMessage] = [message for check in DEPLOYED for message in check(None)]
    assert all(message.hint for message in messages)
    return [(message.id, message.msg) for message in messages]


def test_site_as_it_comes_is_safe():
    assert found() == []


def test_they_are_asked_with_deploy_alone(settings: Any):
    settings.REQUIRE_MFA = "nobody"
    without = {message.id for message in run_checks()}
    with_it = {message.id for message in run_checks(include_deployment_checks=True)}

    assert ("chatsite.I028" in without, "chatsite.I028" in with_it) == (False, True)


@pytest.mark.parametrize(
    ("name", "value", "identity", "text"),
    [
        ("PUBLIC_URL", "", "chatsite.W020", "PUBLIC_URL is not set"),
        ("SESSION_COOKIE_NAME", "session", "chatsite.E023", "The cookie session is not bound to this host"),
        ("CSRF_COOKIE_NAME", "__Secure-csrf", "chatsite.E023", "The cookie __Secure-csrf is not bound"),
        ("SESSION_COOKIE_DOMAIN", ".example.org", "chatsite.E023", "The cookie __Host-session is not bound"),
        ("CSRF_COOKIE_PATH", "/chat", "chatsite.E023", "The cookie __Host-csrf is not bound"),
        ("SESSION_COOKIE_SECURE", False, "chatsite.E023", "The cookie __Host-session is not bound"),
        ("SESSION_COOKIE_SAMESITE", "None", "chatsite.E023", "The cookie __Host-session is not bound"),
        ("CSRF_COOKIE_SAMESITE", "none", "chatsite.E023", "The cookie __Host-csrf is not bound"),
        ("SESSION_COOKIE_SAMESITE", False, "chatsite.E023", "The cookie __Host-session is not bound"),
        ("TRUSTED_PROXIES", ["0.0.0.0/0"], "chatsite.E024", "TRUSTED_PROXIES names 0.0.0.0/0"),
        ("TRUSTED_PROXIES", ["127.0.0.1", "::/0"], "chatsite.E024", "TRUSTED_PROXIES names ::/0"),
        ("TRUSTED_PROXIES", ["8.8.8.0/24"], "chatsite.E024", "TRUSTED_PROXIES names 8.8.8.0/24"),
        ("TRUSTED_PROXIES", ["100.64.0.0/10"], "chatsite.E024", "TRUSTED_PROXIES names 100.64.0.0/10"),
        ("TRUSTED_PROXIES", ["2001::/32"], "chatsite.E024", "TRUSTED_PROXIES names 2001::/32"),
        ("ACCOUNT_RATE_LIMITS", {}, "chatsite.E025", "Passwords may be tried without end"),
        ("ACCOUNT_RATE_LIMITS", False, "chatsite.E025", "Passwords may be tried without end"),
        ("ACCOUNT_RATE_LIMITS", {"login_failed": "often"}, "chatsite.E025", "Passwords may be tried without end"),
        ("ACCOUNT_RATE_LIMITS", {"login_failed": "9999/s/ip,5/m/key"}, "chatsite.E025", "Passwords may be tried"),
        ("ACCOUNT_RATE_LIMITS", {"login_failed": "10/m/ip"}, "chatsite.E025", "Passwords may be tried without end"),
        ("ACCOUNT_RATE_LIMITS", {"login_failed": "0/m/ip,5/m/key"}, "chatsite.E025", "Passwords may be tried"),
        ("ACCOUNT_RATE_LIMITS", {"login_failed": ["5/m/ip"]}, "chatsite.E025", "Passwords may be tried without end"),
        ("REQUIRE_MFA", "nobody", "chatsite.I028", "Administrators may log in with a password alone"),
        ("METRICS_TOKEN", "secret", "chatsite.W029", "METRICS_TOKEN is so short or simple"),
        ("METRICS_TOKEN", "a" * 24, "chatsite.W029", "METRICS_TOKEN is so short or simple"),
        ("PASSWORD_HASHERS", [f"{HASHERS}.MD5PasswordHasher"], "chatsite.E034", "Passwords are kept so that a copy"),
        ("PASSWORD_HASHERS", [f"{__name__}.Hasty"], "chatsite.E034", "Passwords are kept so that a copy"),
        ("AUTH_PASSWORD_VALIDATORS", [], "chatsite.E035", "A password may have so few letters"),
        ("AUTH_PASSWORD_VALIDATORS", SIMILAR_ALONE, "chatsite.E035", "A password may have so few letters"),
        ("SESSION_ENGINE", SIGNED, "chatsite.E036", "What is logged in cannot be seen and ended by its owner"),
        ("MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN", True, "chatsite.E037", "Passkeys are taken of pages that came"),
        ("MFA_TOTP_TOLERANCE", 100_000, "chatsite.E038", "Codes of a second factor hold for long"),
        ("MFA_RATE_LIMITS", {}, "chatsite.E039", "Passkeys may be asked for and shown without end"),
        ("MFA_RATE_LIMITS", {"webauthn_question": "9999/s/ip"}, "chatsite.E039", "Passkeys may be asked for and"),
        ("ALLOWED_HOSTS", ["chat.example.org", ".org"], "chatsite.E041", "ALLOWED_HOSTS allows all names under .org"),
    ],
)
def test_setting_that_opens_a_door_is_told(settings: Any, name: str, value: Any, identity: str, text: str):
    setattr(settings, name, value)

    ((told, sentence),) = found()

    assert (told, sentence[: len(text)]) == (identity, text)


@pytest.mark.parametrize("proxies", [["10.0.0.0/8"], ["172.31.93.0/24", "fd00::/8"], ["203.0.113.7"], []])
def test_networks_of_ones_own_and_single_addresses_are_fine(settings: Any, proxies: list[str]):
    settings.TRUSTED_PROXIES = proxies

    assert found() == []


@pytest.mark.parametrize(
    ("before", "behind", "what"),
    [
        ("script-src 'self'", "script-src 'self' 'unsafe-inline'", "script-src allows 'unsafe-inline'"),
        ("script-src 'self'", "script-src https:", "script-src allows https:"),
        ("style-src 'self'", "style-src *", "style-src allows *"),
        ("connect-src 'self'", "connect-src 'self' https://elsewhere.example", "connect-src allows https://elsewhere"),
        ("img-src 'self' data:", "img-src https:", "img-src allows https:"),
        ("default-src 'none'", "default-src 'self'", "it needs default-src 'none'"),
        ("frame-ancestors 'none'", "", "it needs frame-ancestors 'none'"),
        ("base-uri 'none'", "", "it needs base-uri 'none'"),
        ("font-src 'self'", "font-src 'self'; frame-src https:", "frame-src allows https:"),
        ("default-src 'none'", "script-src *; default-src 'none'", "script-src allows *"),
        ("form-action 'self'", "", "form-action is missing, or allows any place"),
        ("form-action 'self'", "form-action https:", "form-action is missing, or allows any place"),
    ],
)
def test_policy_that_lets_something_in_is_told(settings: Any, before: str, behind: str, what: str):
    assert before in settings.CONTENT_SECURITY_POLICY
    settings.CONTENT_SECURITY_POLICY = settings.CONTENT_SECURITY_POLICY.replace(before, behind)

    (identity, sentence), *_ = found()

    assert identity == "chatsite.E021"
    assert what in sentence


def test_forms_may_go_to_configured_places(settings: Any):
    policy = settings.CONTENT_SECURITY_POLICY
    settings.CONTENT_SECURITY_POLICY = policy.replace(
        "form-action 'self'", "form-action 'self' https://sign-in.example"
    )

    assert found() == []


def test_policy_that_is_not_sent_is_told(settings: Any):
    settings.MIDDLEWARE = settings.MIDDLEWARE[1:]

    assert [identity for identity, _ in found()] == ["chatsite.E022"]


def test_counts_that_each_process_keeps_for_itself_are_told(settings: Any, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(settings.DATABASES["default"], "ENGINE", "chatsite.postgresql")

    assert [identity for identity, _ in found()] == ["chatsite.E026"]


def test_door_of_its_own_into_django_admin_is_told(settings: Any, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("conversations.apps.Admin.default_site", "django.contrib.admin.sites.AdminSite")

    assert [identity for identity, _ in found()] == ["chatsite.E027"]


def test_backend_that_lets_deactivated_people_in_is_told(settings: Any):
    settings.AUTHENTICATION_BACKENDS = [
        *settings.AUTHENTICATION_BACKENDS,
        "django.contrib.auth.backends.AllowAllUsersModelBackend",
    ]

    assert [identity for identity, _ in found()] == ["chatsite.E030"]


@pytest.mark.parametrize("origin", ["https://*.example.org", "http://chat.example.org"])
def test_pages_of_others_that_may_send_forms_are_told(settings: Any, origin: str):
    settings.CSRF_TRUSTED_ORIGINS = ["https://chat.example.org", origin]

    assert found() == [("chatsite.E031", f"CSRF_TRUSTED_ORIGINS lets pages of {origin} send forms in a person's name.")]


def test_pages_of_a_name_that_is_not_the_sites_are_told(settings: Any):
    settings.CSRF_TRUSTED_ORIGINS = ["https://chat.example.org", "https://evil.example"]

    assert [identity for identity, _ in found()] == ["chatsite.W040"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PASSWORD_HASHERS", [*global_settings.PASSWORD_HASHERS[::-1], f"{HASHERS}.MD5PasswordHasher"]),
        ("MFA_TOTP_TOLERANCE", 1),
        ("MFA_RATE_LIMITS", {"webauthn_login": "5/m/ip", "webauthn_question": "20/m/ip"}),
        ("ALLOWED_HOSTS", [".example.org", ".lan"]),
    ],
)
def test_what_opens_no_door_is_fine(settings: Any, name: str, value: Any):
    setattr(settings, name, value)

    assert found() == []


def test_second_name_of_the_site_may_send_forms(settings: Any):
    settings.ALLOWED_HOSTS = [*settings.ALLOWED_HOSTS, "talk.example.org"]
    settings.CSRF_TRUSTED_ORIGINS = ["https://chat.example.org", "https://talk.example.org"]

    assert found() == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("USE_X_FORWARDED_HOST", True),
        ("USE_X_FORWARDED_PORT", True),
        ("SECURE_PROXY_SSL_HEADER", ("HTTP_X_FORWARDED_PROTO", "https")),
    ],
)
def test_headers_that_are_believed_of_anybody_are_told(settings: Any, name: str, value: object):
    setattr(settings, name, value)

    assert found() == [("chatsite.E032", f"{name} believes a header whoever sends it.")]


@pytest.mark.parametrize(
    ("name", "value", "host"),
    [
        ("OPENAI_BASE_URL", "http://203.0.113.5/v1", "203.0.113.5"),
        ("AZURE_OPENAI_ENDPOINT", "http://name.openai.azure.com", "name.openai.azure.com"),
        ("EMAIL_URL", "smtp://me:secret@mail.example.org:25", "mail.example.org"),
        ("DATABASE_URL", "postgres://me:secret@203.0.113.9/chat", "203.0.113.9"),
        ("DATABASE_URL", "postgres://me:secret@203.0.113.9/chat?sslmode=prefer", "203.0.113.9"),
        ("DATABASE_URL", "postgres://me:secret@10.0.0.2,db.example.org/chat", "db.example.org"),
        ("DATABASE_URL", "postgres://me:secret@near/chat?hostaddr=203.0.113.9", "203.0.113.9"),
        ("REDIS_URL", "redis://:secret@[2001:db8::1]:6379/0", "2001:db8::1"),
    ],
)
def test_way_on_which_anybody_may_listen_is_told(
    settings: Any, monkeypatch: pytest.MonkeyPatch, name: str, value: str, host: str
):
    give(settings, monkeypatch, name, value)

    assert found() == [
        (
            "chatsite.W033",
            f"What is sent by {name} crosses the network unencrypted, for all to read on the way to {host}.",
        )
    ]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("OPENAI_BASE_URL", "https://203.0.113.5/v1"),
        ("OPENAI_BASE_URL", "http://host.docker.internal:11434/v1"),
        ("OPENAI_BASE_URL", "http://192.168.1.5:8080/v1"),
        ("OPENAI_BASE_URL", "http://[::1]:8080/v1"),
        ("EMAIL_URL", "smtp+tls://me:secret@mail.example.org:587"),
        ("EMAIL_URL", "smtp+ssl://me:secret@mail.example.org:465"),
        ("EMAIL_URL", "smtp://localhost:25"),
        ("EMAIL_URL", "consolemail://"),
        ("DATABASE_URL", "postgres://me:secret@203.0.113.9/chat?sslmode=require"),
        ("DATABASE_URL", "postgres://me:secret@203.0.113.9/chat?sslmode=verify-full"),
        ("DATABASE_URL", "postgres://me:secret@postgresql/chat"),
        ("DATABASE_URL", "postgres://me@%2Frun%2Fpostgresql/chat"),
        ("DATABASE_URL", "postgres:///chat?host=/run/postgresql"),
        ("DATABASE_URL", "sqlite:////srv/chat/db.sqlite3"),
        ("REDIS_URL", "rediss://:secret@redis.example.org/0"),
        ("REDIS_URL", "redis://redis:6379/0"),
        ("REDIS_URL", "unix:///run/redis.sock"),
    ],
)
def test_ways_of_ones_own_and_encrypted_ones_are_fine(
    settings: Any, monkeypatch: pytest.MonkeyPatch, name: str, value: str
):
    give(settings, monkeypatch, name, value)

    assert found() == []


def test_mode_that_the_driver_takes_from_the_environment_counts(settings: Any, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PGSSLMODE", "verify-full")
    give(settings, monkeypatch, "DATABASE_URL", "postgres://me:secret@203.0.113.9/chat")

    assert found() == []


def give(settings: Any, monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    """As the environment gives it."""
    if name == "EMAIL_URL":
        for part, meaning in Environment({name: value}).email(name).items():
            setattr(settings, part, meaning)
    elif name == "DATABASE_URL":
        settings.CACHES = SHARED
        monkeypatch.setitem(settings.DATABASES, "default", Environment({name: value}).database(name, {}))
    else:
        setattr(settings, name, value)


@pytest.mark.parametrize("database", [{}, {"DATABASE_URL": "postgres://user:password@127.0.0.1/chat"}])
def test_site_with_its_public_address_is_without_complaint(tmp_path: Path, database: dict[str, str]):
    given = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "DATA_DIR": str(tmp_path / "var")}
    public = {"PUBLIC_URL": "https://chat.example.org", "TRUSTED_PROXIES": "127.0.0.1"}
    command = [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"]

    done = subprocess.run(command, cwd=ROOT, env=given | public | database, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    assert "chatsite.I028" in done.stderr


def test_directives_that_let_nothing_in_are_fine(settings: Any):
    more = "; worker-src 'self'; report-uri /csp; require-trusted-types-for 'script'"
    settings.CONTENT_SECURITY_POLICY = settings.CONTENT_SECURITY_POLICY.replace("script-src", "Script-Src") + more

    assert found() == []

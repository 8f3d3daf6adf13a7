"""Every setting of the site. What a host may choose comes from the environment; README.md has the table.

`environment.problems` holds the values that make no sense; `conversations.checks` reports them.
"""

import os
import sys
from contextlib import suppress
from pathlib import Path
from tempfile import NamedTemporaryFile
from urllib.parse import urlsplit

from django.core.management.utils import get_random_secret_key

from chatsite.environment import SQLITE, Environment
from conversations import files

BASE_DIR = Path(__file__).resolve().parent.parent
environment = Environment(os.environ)

# --- Where things are kept -------------------------------------------------------------------------------------------

DATA_DIR = environment.path("DATA_DIR", BASE_DIR / "var")


def kept_secret_key() -> str:
    """The key in DATA_DIR, made on the first run, whole or not at all, and readable by its owner alone."""
    path = DATA_DIR / "secret-key"
    try:
        DATA_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not path.exists():
            keep_new_secret_key(path)
        if key := path.read_text().strip():
            return key
        environment.complain("SECRET_KEY", f"The file {path} is empty.", "Remove it (everybody logs in again).")
    except (OSError, UnicodeDecodeError) as error:
        environment.complain(
            "DATA_DIR",
            f"The folder {DATA_DIR} cannot be used ({type(error).__name__}).",
            "Set DATA_DIR to a folder that this user may write, or set SECRET_KEY and DATABASE_URL.",
        )
    return get_random_secret_key()


def keep_new_secret_key(path: Path) -> None:
    with NamedTemporaryFile("w", dir=path.parent, prefix=path.name) as file:  # 0600
        file.write(get_random_secret_key())
        file.flush()
        files.give(Path(file.name), to_owner_of=path.parent)  # a command of root's must leave what the site can read
        with suppress(FileExistsError):  # another process was first: its key counts
            path.hardlink_to(file.name)


SECRET_KEY = environment.text("SECRET_KEY") or kept_secret_key()
DEBUG = environment.flag("DEBUG", default=False)

# --- Where the site is reached ---------------------------------------------------------------------------------------

HOST = environment.text("HOST", "127.0.0.1")
PORT = environment.number("PORT", 8000, least=0, most=65535)
PUBLIC_URL = environment.url("PUBLIC_URL", example="https://chat.example.org")
TRUSTED_PROXIES = environment.addresses("TRUSTED_PROXIES")
SHUTDOWN_GRACE = environment.number("SHUTDOWN_GRACE", 20, least=1, most=600)  # seconds

_public = urlsplit(PUBLIC_URL)
_is_https = _public.scheme == "https"
ALLOWED_HOSTS = [
    *environment.hosts("ALLOWED_HOSTS"),
    *filter(None, [_public.hostname]),
    "localhost",
    "127.0.0.1",
    "[::1]",
]
CSRF_TRUSTED_ORIGINS = [f"{_public.scheme}://{_public.netloc}"] if PUBLIC_URL else []
SESSION_ENGINE = "conversations.models.session"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _is_https
SESSION_COOKIE_NAME = "__Host-session" if _is_https else "session"
CSRF_COOKIE_NAME = "__Host-csrf" if _is_https else "csrf"
SECURE_HSTS_SECONDS = 31_536_000 if _is_https else 0
SILENCED_SYSTEM_CHECKS = [
    "security.W005",  # whether other names under this domain speak HTTPS is not ours to say
    "security.W008",  # the proxy that ends TLS sends people from HTTP to HTTPS; here it would go round in circles
    "templates.W003",  # our tags for translations stand in the place of Django's
    "security.W021",  # nor whether the domain goes into the browsers' list
]
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CSRF_FAILURE_VIEW = "conversations.views.errors.csrf_failure"
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)

# --- What the site is made of ----------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "conversations",  # before staticfiles: its runserver is the one that streams
    "conversations.apps.Admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "conversations.apps.StaticFiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "django_htmx",
    "heroicons",
]
MIDDLEWARE = [
    "conversations.middleware.response_headers",
    "conversations.middleware.compressed_pages",
    "django.middleware.security.SecurityMiddleware",
    "conversations.middleware.StaticFiles",
    "conversations.middleware.browser_language",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "conversations.middleware.Person",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "chatsite.urls"
ASGI_APPLICATION = "chatsite.asgi.application"
LOADERS = ["django.template.loaders.filesystem.Loader", "django.template.loaders.app_directories.Loader"]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "loaders": [("chatsite.templates.Loader", LOADERS)],
            "libraries": {"i18n": "conversations.templatetags.sentences"},
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]

# --- Database --------------------------------------------------------------------------------------------------------

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATABASES = {"default": environment.database("DATABASE_URL", {"ENGINE": SQLITE, "NAME": str(DATA_DIR / "db.sqlite3")})}
if DATABASES["default"]["ENGINE"] == SQLITE:
    # IMMEDIATE waits for the writer before it instead of failing in the middle; WAL lets readers go on meanwhile.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-2000;",
    }
    DATABASES["default"]["CONN_MAX_AGE"] = None  # a thread keeps its own: a new one costs a millisecond
else:
    DATABASES["default"]["ENGINE"] = "chatsite.postgresql"
    DATABASES["default"]["OPTIONS"] = {
        # However many streams are open, the process has at most this many connections. Where the database is away, a
        # request is refused after `timeout`; when it is back, it is found within `reconnect_timeout`.
        "pool": {"min_size": 1, "max_size": 10, "timeout": 5, "reconnect_timeout": 5, "max_idle": 60},
        "connect_timeout": 3,
        "application_name": "chatsite",
        # A machine that vanished is noticed after 10 s and not after minutes.
        "keepalives_idle": 5,
        "keepalives_interval": 2,
        "keepalives_count": 3,
        "tcp_user_timeout": 10_000,
        # A process that is paused in the middle of a transaction holds its rows' locks, for which the others would wait
        # with their only writing thread. Shorter than a lease, so that recovery hardly ever meets such a lock.
        "options": "-c idle_in_transaction_session_timeout=10s -c lock_timeout=5s",
        **DATABASES["default"].get("OPTIONS", {}),  # what the address itself says, such as ?sslmode=require
    }
    DATABASES["default"]["CONN_MAX_AGE"] = 0  # it goes back to the pool

# Counts tries to log in: in the database, where several processes may share it. Nobody logs in without it anyway, and
# Redis may be away or emptied at any time. An attacker who fills it pushes out old counts, so it is large.
_cache = ("locmem.LocMemCache", "") if DATABASES["default"]["ENGINE"] == SQLITE else ("db.DatabaseCache", "limits")
CACHES = {
    "default": {
        "BACKEND": f"django.core.cache.backends.{_cache[0]}",
        "LOCATION": _cache[1],
        "OPTIONS": {"MAX_ENTRIES": 20_000},
    }
}

REDIS_URL = environment.redis("REDIS_URL")  # what processes tell each other of running answers; without it, rows do

# --- Accounts --------------------------------------------------------------------------------------------------------

REGISTRATION = environment.choice("REGISTRATION", "closed", ("closed", "open"))
REQUIRE_MFA = environment.choice("REQUIRE_MFA", "nobody", ("nobody", "staff", "everyone"))
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
ACCOUNT_ADAPTER = "conversations.accounts.AccountAdapter"
ACCOUNT_FORMS = {
    "signup": "conversations.accounts.SignupForm",
    "change_password": "conversations.accounts.ChangePasswordForm",
    "reset_password": "conversations.accounts.ResetPasswordForm",
    "reset_password_from_key": "conversations.accounts.ResetPasswordKeyForm",
}
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_RATE_LIMITS = {"login_failed": "10/m/ip,5/5m/key"}  # the key is the name that was tried
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False  # a stranger cannot make this site write to any address
ACCOUNT_DEFAULT_HTTP_PROTOCOL = _public.scheme or "http"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_RATE_LIMITS = {"webauthn_question": "60/m/ip"}
MFA_ADAPTER = "conversations.factors.MFAAdapter"
MFA_FORMS = {
    "add_webauthn": "conversations.factors.AddPasskeyForm",
    "authenticate_webauthn": "conversations.factors.ShowPasskeyForm",
    "edit_webauthn": "conversations.factors.RenamePasskeyForm",
    "login_webauthn": "conversations.factors.ShowPasskeyAloneForm",
    "reauthenticate_webauthn": "conversations.factors.ShowPasskeyAgainForm",
}
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
_email = environment.email("EMAIL_URL")
CAN_SEND_EMAIL = bool(_email)
MFA_ALLOW_UNVERIFIED_EMAIL = not CAN_SEND_EMAIL  # where no mail can be sent, no address can be verified
EMAIL_FILE_PATH = _email.get("EMAIL_FILE_PATH") or None
EMAIL_BACKEND = _email.get("EMAIL_BACKEND", "django.core.mail.backends.dummy.EmailBackend")
EMAIL_HOST = _email.get("EMAIL_HOST", "localhost")
EMAIL_PORT = _email.get("EMAIL_PORT") or 25
EMAIL_HOST_USER = _email.get("EMAIL_HOST_USER") or ""
EMAIL_HOST_PASSWORD = _email.get("EMAIL_HOST_PASSWORD") or ""
EMAIL_USE_TLS = _email.get("EMAIL_USE_TLS", False)
EMAIL_USE_SSL = _email.get("EMAIL_USE_SSL", False)
EMAIL_TIMEOUT = 10  # seconds
DEFAULT_FROM_EMAIL = SERVER_EMAIL = f"chat@{_public.hostname or 'localhost'}"

# --- Language and time -----------------------------------------------------------------------------------------------

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("de", "Deutsch"), ("fr", "Français")]  # each as its speakers call it
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = environment.zone("TIME_ZONE", "UTC")
USE_TZ = True

# --- Static files ----------------------------------------------------------------------------------------------------

STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"  # `serve` collects and hashes them there
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "conversations.storage.HashedStaticFiles"
    },
}
WHITENOISE_ALLOW_ALL_ORIGINS = False

# --- Limits ----------------------------------------------------------------------------------------------------------

BODY_LIMIT = 4 * 1024 * 1024  # bytes of a request; refused before a byte of it is kept
DATA_UPLOAD_MAX_MEMORY_SIZE = BODY_LIMIT
FILE_UPLOAD_MAX_MEMORY_SIZE = BODY_LIMIT
DATA_UPLOAD_MAX_NUMBER_FIELDS = 150  # 100 conversations may be chosen at once, each by a field
DATA_UPLOAD_MAX_NUMBER_FILES = 1  # an import

# --- Chat ------------------------------------------------------------------------------------------------------------

OPENAI_API_KEY = environment.text("OPENAI_API_KEY")
OPENAI_BASE_URL = environment.url("OPENAI_BASE_URL", example="http://127.0.0.1:8080/v1")
AZURE_OPENAI_ENDPOINT = environment.url("AZURE_OPENAI_ENDPOINT", example="https://name.openai.azure.com")
AZURE_OPENAI_API_KEY = environment.text("AZURE_OPENAI_API_KEY")
AZURE_OPENAI_API_VERSION = environment.text("AZURE_OPENAI_API_VERSION", "2024-10-21")
AZURE_OPENAI_DEPLOYMENT = environment.text("AZURE_OPENAI_DEPLOYMENT")
CHAT_MODELS = environment.words("CHAT_MODELS")
CHAT_HISTORY_TURNS = environment.number("CHAT_HISTORY_TURNS", 10, least=0, most=1000)
CHAT_CONTEXT_TOKENS = environment.number("CHAT_CONTEXT_TOKENS", 8_000, least=256, most=10_000_000)
CHAT_ANSWER_TOKENS = environment.number("CHAT_ANSWER_TOKENS", 2_000, least=16, most=1_000_000)
CHAT_FIRST_DELTA_TIMEOUT = environment.number("CHAT_FIRST_DELTA_TIMEOUT", 300, least=1, most=3600)  # seconds
CHAT_ANSWERS_AT_ONCE = environment.number("CHAT_ANSWERS_AT_ONCE", 500, least=1, most=100_000)
CHAT_ANSWERS_PER_PERSON = environment.number("CHAT_ANSWERS_PER_PERSON", 10, least=1, most=1000)
CHAT_SYSTEM_PROMPT = environment.text("CHAT_SYSTEM_PROMPT", "You are a helpful assistant. Answer in Markdown.")
CHAT_BIN_DAYS = environment.number("CHAT_BIN_DAYS", 30, least=1, most=365)
CHAT_SANITIZER = environment.choice("CHAT_SANITIZER", "nh3", ("nh3", "bleach"))

# --- Retention -------------------------------------------------------------------------------------------------------

CHAT_RETENTION_DAYS = environment.number("CHAT_RETENTION_DAYS", 0, least=0, most=3650)  # 0: for ever; rules shorten it

# --- Review ----------------------------------------------------------------------------------------------------------

REVIEW_NOTICE_DAYS = environment.number("REVIEW_NOTICE_DAYS", 0, least=0, most=90)  # a site setting may shorten it
REVIEW_WORDS = environment.phrases("REVIEW_WORDS", most=200, longest=100)

# --- Logs ------------------------------------------------------------------------------------------------------------

LOG_LEVEL = environment.choice("LOG_LEVEL", "INFO", ("DEBUG", "INFO", "WARNING", "ERROR"))
LOG_FORMAT = environment.choice("LOG_FORMAT", "text" if sys.stderr.isatty() else "json", ("json", "text"))
# Libraries quote whole requests below it, and with them people.
_library_level = "INFO" if LOG_LEVEL == "DEBUG" else LOG_LEVEL
LOGGING_CONFIG = "conversations.logs.configure"
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "conversations.logs.Json"}, "text": {"()": "conversations.logs.Text"}},
    "filters": {"without_query": {"()": "conversations.logs.WithoutQuery"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": LOG_FORMAT}},
    "root": {"handlers": ["stderr"], "level": _library_level},
    "loggers": {
        "conversations": {"level": LOG_LEVEL},
        "conversations.models.read_record": {"level": "INFO"},  # by its heads a tail that was cut off is found
        "django": {"handlers": [], "propagate": True, "level": _library_level},
        "django.security.DisallowedHost": {"propagate": False},  # told by a line of our own, without a stack
        "psycopg.pool": {"level": "ERROR"},  # a line for each try while the database is away: ours say it once
        "uvicorn": {"level": "DEBUG" if LOG_LEVEL == "DEBUG" else "WARNING"},
        "uvicorn.access": {"filters": ["without_query"]},
    },
}

# --- Watching --------------------------------------------------------------------------------------------------------

METRICS_TOKEN = environment.text("METRICS_TOKEN")  # what /metrics asks for; without it there is no such page

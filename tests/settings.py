"""The site's settings for a test run: a data folder of its own, and nothing of the shell that started it.

TEST_DATABASE=postgresql starts a PostgreSQL for the run; without it the tests are on SQLite.
"""

import atexit
import os
import shutil
import tempfile

from tests.programs.postgresql import PostgreSQL

PRIVATE = (
    *("AZURE_OPENAI_", "CHAT_", "OPENAI_", "DATABASE_URL", "REDIS_URL", "EMAIL_URL", "PUBLIC_URL", "REGISTRATION"),
    "REQUIRE_MFA",
    "SECRET_KEY",
)
for _name in [name for name in os.environ if name.startswith(PRIVATE)]:
    del os.environ[_name]

_folder = tempfile.mkdtemp(prefix="chatsite-tests-")
atexit.register(shutil.rmtree, _folder, ignore_errors=True)
os.environ["DATA_DIR"] = _folder

TEST_DATABASE = os.environ.get("TEST_DATABASE", "sqlite")
if TEST_DATABASE == "postgresql":
    _postgresql = PostgreSQL()
    _postgresql.__enter__()
    atexit.register(_postgresql.__exit__)
    os.environ["DATABASE_URL"] = _postgresql.url()

from chatsite.settings import *  # noqa: E402, F403
from chatsite.settings import DATABASES, STATIC_ROOT, STORAGES  # noqa: E402

os.environ.pop("DATABASE_URL", None)  # not for the programs that tests start

if TEST_DATABASE == "sqlite":
    # A file and not memory: generation writes from a thread of its own, as in production.
    DATABASES["default"]["TEST"] = {"NAME": f"{_folder}/test.sqlite3"}
else:
    # Threads of tests do not give their connections back, as requests do.
    DATABASES["default"]["OPTIONS"]["pool"]["max_size"] = 50
OLLAMA_URL = "http://127.0.0.1:9"  # nobody listens there: no Ollama of whoever runs the tests answers them
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

# Each test counts for itself, also one that may not touch the database. tests/processes has the counts that are shared.
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

# Static files straight from their sources; tests/test_storage.py and test_serve.py hold the collected ones.
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = True
STATIC_ROOT.mkdir()

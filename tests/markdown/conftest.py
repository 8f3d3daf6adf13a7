import os

import pytest
from django.conf import settings

from tests.markdown.corpora import FOLDER

if not settings.configured and "DJANGO_SETTINGS_MODULE" not in os.environ:
    settings.configure(CHAT_SANITIZER="nh3")


@pytest.fixture(scope="session")
def corpora() -> None:
    """For tests of the corpora: skips where they are not, fails in CI."""
    if FOLDER.is_dir():
        return
    if os.environ.get("CI") == "true":
        pytest.fail(f"no corpora in {FOLDER}: set CORPORA_DIR")
    pytest.skip(f"no corpora in {FOLDER}: set CORPORA_DIR")

"""The site with other pages for accounts than by default."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.test import override_settings
from django.urls import clear_url_caches, include, path

from chatsite.urls import urlpatterns
from conversations import accounts


@contextmanager
def pages(**changes: object) -> Iterator[None]:
    """The site with the pages that other settings give it."""
    with override_settings(**changes):
        patterns = [path("accounts/", include(accounts.pages())), *urlpatterns]
        with override_settings(ROOT_URLCONF=tuple(patterns)):
            clear_url_caches()
            yield
    clear_url_caches()

"""Fixtures of a running site; tests/conftest.py makes them known everywhere."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from conversations import jobs
from tests.fakes.provider import FakeProvider
from tests.people import SESSION_COOKIE, Person
from tests.serving import Site


@pytest.fixture(scope="session")
def running_site(django_db_setup: None, django_db_blocker: Any) -> Iterator[Site]:
    with pytest.MonkeyPatch.context() as patch, django_db_blocker.unblock():
        patch.setattr(jobs, "LOOK_AGAIN", 86_400.0)  # a test does the jobs that it wants, and none beside it
        with Site() as site:
            yield site


@pytest.fixture
def fake(settings: Any) -> Iterator[FakeProvider]:
    """The model provider of the site in this test."""
    with FakeProvider() as fake:
        settings.OPENAI_BASE_URL, settings.OPENAI_API_KEY = fake.base_url, "key-of-the-site"
        settings.CHAT_MODELS = ["fake-model", "other-model"]
        yield fake


@pytest.fixture
def site(running_site: Site, transactional_db: None, fake: FakeProvider) -> Iterator[Site]:
    """The site with an empty database and a fake provider; what still runs at the test's end is interrupted."""
    yield running_site
    running_site.settle()


@pytest.fixture
def person(site: Site) -> Callable[..., Person]:
    """Makes people: `person("ada")` has an account and is logged in, `person(None)` is a visitor."""

    def make(name: str | None = "ada", **fields: Any) -> Person:
        user = User.objects.create_user(name, password="a long password", **fields) if name else None
        return Person(site.url, session_of(user) if user else None, user=user, streams=site.streams)

    return make


def session_of(user: User) -> str:
    client = Client()
    client.force_login(user)
    return client.cookies[SESSION_COOKIE].value


@pytest.fixture
def ada(person: Callable[..., Person]) -> Person:
    return person("ada")


@pytest.fixture
def bob(person: Callable[..., Person]) -> Person:
    return person("bob")

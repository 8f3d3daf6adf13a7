"""A person for the tests of views that need no running site."""

import pytest
from django.contrib.auth.models import User
from django.test import Client


@pytest.fixture
def owner(db: None) -> User:
    """Whose conversations they are."""
    return User.objects.create_user("owner")


@pytest.fixture
def owner_client(owner: User) -> Client:
    """Django's test client, in which the owner is logged in."""
    client = Client()
    client.force_login(owner)
    return client

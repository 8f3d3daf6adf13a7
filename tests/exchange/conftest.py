"""Whose conversations are exchanged."""

import pytest
from django.contrib.auth.models import User


@pytest.fixture
def owner(db: None) -> User:
    return User.objects.create_user("owner")

"""The owner's conversations, wherever they are put."""

from typing import Any

import pytest
from django.contrib.auth.models import User

from conversations.models import Conversation
from tests.views.places.placed import Put
from tests.views.test_pages import finished


@pytest.fixture
def put(owner: User) -> Put:
    """Makes the owner's conversations, with these columns."""

    def made(title: str, **columns: Any) -> Conversation:
        pk = finished(owner, title).pk
        Conversation.objects.filter(pk=pk).update(**columns)
        return Conversation.objects.get(pk=pk)

    return made

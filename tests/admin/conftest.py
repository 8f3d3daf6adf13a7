"""Who looks at Django admin, and at what."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import Permission, User
from django.core.management import call_command
from django.test import Client

from conversations.models import Conversation, Message, Preset

SECRET = "zebra"
METADATA = ("view_conversation", "view_message", "view_preset")


@pytest.fixture
def conversation(db: None) -> Conversation:
    """Ada's, with the secret word in everything that is text."""
    ada = User.objects.create_user("ada", "ada@example.org")
    answer = Conversation.begin(ada, text=f"question {SECRET}", model="fake-model")
    Message.objects.filter(pk=answer.pk).update(
        status="failed", text=f"answer **{SECRET}**", reasoning=SECRET, error_code="rejected", error_detail=SECRET
    )
    Conversation.objects.update(title=f"title {SECRET}", system_prompt=SECRET)
    call_command("check_index")  # which these updates went past
    conversation = Conversation.objects.get()
    Preset.keep(f"name {SECRET}", conversation, owner_id=ada.pk)
    return conversation


@pytest.fixture
def staff(db: None) -> Callable[..., Client]:
    """A member of the staff with these permissions, logged in."""

    def make(*permissions: str, name: str = "staff") -> Client:
        user = User.objects.create_user(name, is_staff=True)
        user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
        client = Client()
        client.force_login(user)
        return client

    return make

"""Addresses that are put together are those that Django gives."""

from uuid import uuid4

import pytest
from django.urls import clear_script_prefix, reverse, set_script_prefix

from conversations.paths import path_of


@pytest.mark.parametrize("prefix", ["/", "/chat/"])
@pytest.mark.parametrize("name", ["conversation", "conversation-messages", "message", "message-events", "message-stop"])
def test_path_is_what_django_gives(name: str, prefix: str) -> None:
    uuid = uuid4()

    set_script_prefix(prefix)
    paths = path_of(name, uuid), reverse(name, args=[uuid])
    clear_script_prefix()

    assert paths[0] == paths[1] != ""
    assert paths[0].startswith(prefix)

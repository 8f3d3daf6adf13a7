"""What the database finds in a tree of messages, held against the same tree walked in Python."""

import pytest
from django.contrib.auth.models import User

from conversations.models import Conversation, Message, branches
from tests.large import grown


@pytest.fixture
def conversation(db: None) -> Conversation:
    ada = User.objects.create_user("ada")
    grown(ada, depth=4, count=8)  # another one, to be mistaken for it
    return grown(ada, depth=8, count=40)


def tree(conversation: Conversation) -> dict[int, int | None]:
    return dict(conversation.messages.values_list("pk", "parent_id"))


def test_a_branch_leads_from_the_first_message_to_its_end(conversation: Conversation) -> None:
    parents = tree(conversation)

    for leaf in parents:
        path, up = [leaf], parents[leaf]
        while up is not None:
            path, up = [up, *path], parents[up]
        assert branches.up_to(leaf) == path
        assert branches.up_to(leaf, most=3) == path[-3:]


def test_nothing_leads_to_nothing() -> None:
    assert branches.up_to(None) == []


def test_the_newest_end_is_where_the_newest_versions_lead(conversation: Conversation) -> None:
    parents = tree(conversation)

    for message in parents:
        end = message
        while below := [pk for pk, parent in parents.items() if parent == end]:
            end = max(below)
        assert branches.newest_end(message) == end


def test_each_message_knows_its_place_among_its_versions(conversation: Conversation) -> None:
    parents = tree(conversation)
    names = dict(conversation.messages.values_list("pk", "uuid"))

    placed = conversation.messages.places()

    for pk, *place in placed:
        versions = sorted(other for other, parent in parents.items() if parent == parents[pk])
        at = versions.index(pk)
        around = [None, *(names[version] for version in versions), None]
        assert place == [at + 1, len(versions), around[at], around[at + 2]]
    assert len(placed) == len(parents) == Message.objects.filter(conversation=conversation).count()

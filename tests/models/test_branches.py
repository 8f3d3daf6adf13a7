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


def test_the_newest_end_is_what_was_written_last_below_a_message(conversation: Conversation) -> None:
    parents = tree(conversation)

    for message in parents:
        below = {message}
        for pk, parent in sorted(parents.items()):
            below |= {pk} if parent in below else set()
        assert branches.newest_end(message) == max(below)


def test_going_back_to_a_version_shows_where_it_was_left(conversation: Conversation) -> None:
    """Not the newest version of every message below: what was written last may be under an older one."""
    first, *_, end = branches.up_to(conversation.leaf_id)
    other = conversation.messages.filter(parent=None).latest("pk")

    for pk in (other.pk, first):
        conversation.show(Message.objects.get(pk=pk))

    conversation.refresh_from_db()
    assert conversation.leaf_id == end


def test_each_message_knows_its_place_among_its_versions(conversation: Conversation) -> None:
    parents = tree(conversation)
    names = dict(conversation.messages.values_list("pk", "uuid"))

    placed = branches.places(list(conversation.messages.values_list("pk", flat=True)))

    for pk, *place in placed:
        versions = sorted(other for other, parent in parents.items() if parent == parents[pk])
        at = versions.index(pk)
        around = [None, *(names[version] for version in versions), None]
        assert place == [at + 1, len(versions), around[at], around[at + 2]]
    assert len(placed) == len(parents) == Message.objects.filter(conversation=conversation).count()

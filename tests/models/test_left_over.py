"""What a process of the version before leaves behind is found by nobody, and removed."""

import pytest
from django.contrib.auth.models import User

from conversations.models import Conversation, Import, ImportPart, Origin, Tag, left_over


@pytest.fixture
def ada(db: None) -> User:
    return User.objects.create_user("ada")


def tagged(owner: User, name: str) -> Conversation:
    conversation = Conversation.objects.create(owner=owner, title=name)
    Tag.put(name, Conversation.objects.filter(pk=conversation.pk))
    return conversation


def test_what_names_something_stays(ada: User) -> None:
    tagged(ada, "x")
    Import.begin(ada, name="chats.json")
    Origin.objects.create(owner=ada, source="chatsite", source_id="1")

    assert left_over.remove_some() is False

    assert (Tag.objects.count(), Import.objects.count(), Origin.objects.count()) == (1, 1, 1)
    assert Tag.objects.get().conversations.count() == 1


def test_a_tag_whose_chats_are_gone_goes(ada: User) -> None:
    gone = tagged(ada, "gone")
    tagged(ada, "stays")
    rows = Conversation.objects.filter(pk=gone.pk)
    rows._raw_delete(rows.db)

    assert left_over.remove_some() is False

    assert list(Tag.objects.values_list("name", flat=True)) == ["stays"]
    assert Tag.conversations.through.objects.count() == 1


def test_all_that_names_a_person_who_is_gone_goes_step_by_step(ada: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(left_over, "AT_ONCE", 1)
    gone = User.objects.create_user("gone")
    Import.begin(gone, name="chats.json").keep_part(0, b"a secret")
    for number in range(3):
        tagged(gone, str(number))
        Origin.objects.create(owner=gone, source="chatsite", source_id=str(number))
    for rows in (Conversation.objects.filter(owner=gone), User.objects.filter(pk=gone.pk)):
        rows._raw_delete(rows.db)

    steps = 1
    while left_over.remove_some():
        steps += 1

    assert steps == 4
    rows = (Tag, Tag.conversations.through, Import, ImportPart, Origin)
    assert [model.objects.count() for model in rows] == [0] * 5


def test_what_is_left_over_is_in_nobodys_lists(ada: User) -> None:
    gone = tagged(ada, "gone")
    tagged(ada, "stays")
    rows = Conversation.objects.filter(pk=gone.pk)
    rows._raw_delete(rows.db)

    theirs = Conversation.objects.for_user(ada)

    assert list(Tag.objects.for_user(ada).used_in(theirs).values_list("name", flat=True)) == ["stays"]
    assert list(theirs.tagged(Tag.objects.get(name="gone"))) == []

"""Tags: one of a name in each case and script, bounded, and gone when they are on nothing."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.utils import timezone

from conversations import refusals
from conversations.models import Conversation, Tag, tag


@pytest.fixture
def ada(db: None) -> User:
    return User.objects.create_user("ada")


def make(owner: User, *titles: str, **columns: Any) -> Any:
    """The owner's new conversations, as a set."""
    rows = Conversation.objects.bulk_create(Conversation(owner=owner, title=title, **columns) for title in titles)
    return Conversation.objects.filter(pk__in=[row.pk for row in rows])


def tags() -> dict[str, list[str]]:
    return {each.name: sorted(each.conversations.values_list("title", flat=True)) for each in Tag.objects.all()}


@pytest.mark.parametrize(
    ("name", "same"),
    [("Work", "wORK"), ("Straße", "STRASSE"), ("Ёлка", "ёЛКА"), ("Cafe\u0301", "CAFÉ"), ("旅行", " 旅行 "), ("İ", "İ")],
)
def test_a_name_is_the_same_in_each_case(ada: User, name: str, same: str) -> None:
    one, two = make(ada, "one"), make(ada, "two")

    Tag.put(name, one)
    Tag.put(same, two)

    assert tags() == {name: ["one", "two"]}


def test_what_was_changed_is_told_and_taken_back(ada: User) -> None:
    one = make(ada, "one")
    Tag.put("x", one)
    both = one | make(ada, "two")

    changed = Tag.put("x", both)

    assert changed == [both.get(title="two").uuid]
    assert Tag.take("X", Conversation.objects.named(changed)) == changed
    assert tags() == {"x": ["one"]}


def test_a_tag_that_is_on_nothing_goes_away(ada: User) -> None:
    Tag.put("taken", make(ada, "one"))
    Tag.put("removed", make(ada, "two"))
    Tag.put("stays", make(ada, "two", "three"))

    Tag.take("taken", Conversation.objects.all())
    for row in Conversation.objects.filter(title="two"):
        row.remove()

    assert tags() == {"stays": ["three"]}


def test_two_people_have_their_own(ada: User) -> None:
    bob = User.objects.create_user("bob")
    Tag.put("x", make(ada, "hers"))
    Tag.put("X", make(bob, "his"))

    taken = Tag.take("x", Conversation.objects.for_user(bob))

    assert taken == list(Conversation.objects.filter(owner=bob).values_list("uuid", flat=True))
    assert tags() == {"x": ["hers"]}


@pytest.mark.parametrize("columns", [{"binned_at": timezone.now()}, {"is_temporary": True}])
def test_what_is_not_kept_is_not_tagged(ada: User, columns: dict[str, Any]) -> None:
    assert Tag.put("x", make(ada, "one", **columns)) == []
    assert tags() == {}


@pytest.mark.parametrize("name", ["", "  \n", "\u200b"])
def test_a_tag_has_a_name(ada: User, name: str) -> None:
    with pytest.raises(refusals.Invalid, match=r"Give the tag a name\."):
        Tag.put(name, make(ada, "one"))


def test_a_name_is_one_line_and_not_too_long(ada: User) -> None:
    Tag.put("a\nb" + "ﬃ" * 50, make(ada, "one"))

    assert tags() == {"a b" + "ﬃ" * 37: ["one"]}


def test_tags_are_bounded(ada: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tag, "MOST_TAGS", 3)
    monkeypatch.setattr(tag, "MOST_ON_ONE", 2)
    full, other = make(ada, "full"), make(ada, "other")
    for name in ("one", "two"):
        Tag.put(name, full)

    with pytest.raises(refusals.Invalid, match="A chat has 2 tags at most"):
        Tag.put("three", full | other)

    assert tags() == {"one": ["full"], "two": ["full"]}
    Tag.put("three", other)
    with pytest.raises(refusals.Invalid, match="You have 3 tags, which is all there can be"):
        Tag.put("four", other)
    Tag.put("ONE", other)
    assert tags() == {"one": ["full", "other"], "two": ["full"], "three": ["other"]}


@pytest.mark.django_db(transaction=True)
def test_two_at_once_make_one_tag(transactional_db: None) -> None:
    ada = User.objects.create_user("ada")
    chosen = [make(ada, title) for title in "abcd"]

    def at_once(each: Any) -> int:
        try:
            return len(Tag.put("x", each))
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as threads:
        counts = list(threads.map(at_once, chosen))

    assert counts == [1] * 4
    assert tags() == {"x": list("abcd")}

"""Presets: their names, and how many there can be."""

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from conversations import refusals
from conversations.models import Conversation, Preset, preset

CHOSEN = {"model": "m", "system_prompt": "Be brief.", "history_turns": 0, "temperature": 0.5, "answer_tokens": 9}


@pytest.fixture
def ada(db: None) -> User:
    return User.objects.create_user("ada")


def keep(owner: User, name: str) -> Preset:
    return Preset.keep(name, Conversation(owner=owner, **CHOSEN), owner_id=owner.pk)


def names() -> list[str]:
    return list(Preset.objects.values_list("name", flat=True))


def test_a_preset_keeps_what_was_chosen(ada: User) -> None:
    assert keep(ada, "  My\nname ").chosen == CHOSEN
    assert names() == ["My name"]


def test_a_name_is_one_line_of_80_characters(ada: User) -> None:
    keep(ada, "x" * 81)

    assert names() == ["x" * 80]


@pytest.mark.parametrize("name", ["", "  \n", "\u200b", "taken"])
def test_no_name_and_a_taken_one_are_refused(ada: User, name: str) -> None:
    keep(ada, "taken")
    other = keep(ada, "other")

    for work in (lambda: keep(ada, name), lambda: other.rename(name)):
        with pytest.raises(refusals.Invalid):
            work()
    assert names() == ["other", "taken"]


def test_two_people_may_use_one_name(ada: User) -> None:
    keep(ada, "one")
    keep(User.objects.create_user("bob"), "one")

    assert names() == ["one", "one"]


def test_there_are_only_so_many(ada: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preset, "MOST_PRESETS", 2)
    keep(ada, "one")
    keep(ada, "two")

    with pytest.raises(refusals.Invalid, match="2 presets"):
        keep(ada, "three")
    keep(User.objects.create_user("bob"), "three")


def test_what_is_deleted_meanwhile_is_not_renamed(ada: User) -> None:
    kept = keep(ada, "one")
    keep(ada, "two").remove()
    Preset.objects.get().remove()

    with pytest.raises(refusals.NotFound):
        kept.rename("three")
    kept.remove()
    assert names() == []


@pytest.mark.parametrize("columns", [{"name": ""}, {"temperature": 3}, {"answer_tokens": 0}, {"name": "two"}])
def test_the_database_refuses_what_cannot_be(ada: User, columns: dict[str, object]) -> None:
    kept = keep(ada, "one")
    keep(ada, "two")

    with pytest.raises(IntegrityError), transaction.atomic():
        Preset.objects.filter(pk=kept.pk).update(**columns)

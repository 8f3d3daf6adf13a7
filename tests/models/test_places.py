"""Where conversations are put, what is refused in the bin, and what is removed for good in time."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from conversations import refusals
from conversations.models import Conversation, LegalHold, Message, Place, Tag, places

Make = Callable[..., Conversation]
PLACES = [Place.CHATS, Place.ARCHIVE, Place.BIN, Place.TEMPORARY]


@pytest.fixture
def ada(db: None) -> User:
    return User.objects.create_user("ada")


@pytest.fixture
def make(ada: User) -> Make:
    """Makes conversations of ada's with a finished answer, and these columns."""

    def made(title: str = "Hi", **columns: Any) -> Conversation:
        answer = Conversation.begin(ada, text=title, model="demo")
        Message.objects.filter(pk=answer.pk).update(status="complete", text="Hello")
        Conversation.objects.filter(pk=answer.conversation_id).update(**columns)
        return Conversation.objects.get(pk=answer.conversation_id)

    return made


@pytest.fixture
def one_of_each(make: Make) -> dict[str, Conversation]:
    now = timezone.now()
    return {
        "current": make("current"),
        "pinned": make("pinned", pinned_at=now),
        "archived": make("archived", archived_at=now),
        "archived and pinned": make("archived and pinned", archived_at=now, pinned_at=now),
        "binned": make("binned", binned_at=now),
        "binned, archived and pinned": make(
            "binned, archived and pinned", binned_at=now, archived_at=now, pinned_at=now
        ),
        "temporary": make("temporary", is_temporary=True),
    }


def titles(rows: Any) -> set[str]:
    return set(rows.values_list("title", flat=True))


def days_ago(days: float) -> Any:
    return timezone.now() - timedelta(days=days)


def test_each_conversation_is_in_one_place(one_of_each: dict[str, Conversation]) -> None:
    found = {place: titles(Conversation.objects.at(place)) for place in PLACES}

    assert found == {
        Place.CHATS: {"current", "pinned"},
        Place.ARCHIVE: {"archived", "archived and pinned"},
        Place.BIN: {"binned", "binned, archived and pinned"},
        Place.TEMPORARY: {"temporary"},
    }
    assert {place: {each.title for each in one_of_each.values() if each.place == place} for place in PLACES} == found
    assert titles(Conversation.objects.pinned()) == {"pinned"}


@pytest.mark.parametrize(
    ("verb", "moved"),
    [
        ("pin", {"current"}),
        ("unpin", {"pinned"}),
        ("archive", {"current", "pinned"}),
        ("unarchive", {"archived", "archived and pinned"}),
        ("bin", {"current", "pinned", "archived", "archived and pinned"}),
        ("restore", {"binned", "binned, archived and pinned"}),
        ("keep", {"temporary"}),
        ("unkeep", {"current"}),
    ],
)
def test_a_verb_moves_what_it_can_and_tells_which(
    one_of_each: dict[str, Conversation], verb: str, moved: set[str]
) -> None:
    uuids = getattr(Conversation.objects.all(), verb)()

    assert {each.title for each in one_of_each.values() if each.uuid in uuids} == moved
    assert getattr(Conversation.objects.all(), verb)() == []


@pytest.mark.parametrize(
    ("verb", "inverse"), [("pin", "unpin"), ("archive", "unarchive"), ("bin", "restore"), ("keep", "unkeep")]
)
def test_a_verb_is_undone_by_its_inverse(one_of_each: dict[str, Conversation], verb: str, inverse: str) -> None:
    def state() -> list[Any]:
        columns = ("title", "pinned_at", "archived_at", "binned_at", "is_temporary", "touched_at")
        return list(Conversation.objects.order_by("pk").values_list(*columns))

    before = state()

    moved = getattr(Conversation.objects.all(), verb)()
    during = state()
    getattr(Conversation.objects.filter(uuid__in=moved), inverse)()

    assert during != before
    assert state() == before


def test_what_would_be_removed_at_once_or_has_a_tag_is_not_made_temporary(make: Make) -> None:
    make("day over", touched_at=days_ago(1.01))
    make("day not over", touched_at=days_ago(0.99))
    Tag.put("work", Conversation.objects.filter(pk=make("tagged").pk))

    Conversation.objects.unkeep()

    assert titles(Conversation.objects.at(Place.TEMPORARY)) == {"day not over"}


def test_a_day_counts_on_while_a_chat_is_kept(make: Make) -> None:
    conversation = make("kept", is_temporary=True, touched_at=days_ago(0.9))

    Conversation.objects.keep()
    Conversation.objects.unkeep()

    conversation.refresh_from_db()
    assert conversation.is_temporary
    assert conversation.touched_at < days_ago(0.9)


def test_nothing_is_begun_in_the_bin_until_it_is_restored(make: Make) -> None:
    conversation = make()
    question, answer = conversation.messages.order_by("pk")
    begins = [
        lambda: conversation.send("more", parent=answer, model="demo"),
        lambda: conversation.edit(question, "other", model="demo"),
        lambda: conversation.answer_again(answer, model="demo"),
        lambda: conversation.fork(answer),
    ]
    Conversation.objects.bin()

    for begin in begins:
        with pytest.raises(refusals.InBin):
            begin()

    assert Message.objects.count() == 2
    conversation.show(answer)
    Conversation.objects.restore()
    assert conversation.send("more", parent=answer, model="demo").parent.text == "more"


def test_a_fork_of_a_temporary_conversation_is_temporary(make: Make) -> None:
    conversation = make(is_temporary=True, pinned_at=timezone.now())

    fork = conversation.fork(conversation.messages.answers().get()).conversation

    assert (fork.is_temporary, fork.pinned_at) == (True, None)


def test_what_is_long_enough_in_the_bin_is_removed_for_good(make: Make, settings: Any) -> None:
    settings.CHAT_BIN_DAYS = 3
    make("not yet", binned_at=days_ago(2.9))
    make("due", binned_at=days_ago(3.1))
    make("old", touched_at=days_ago(400))

    swept = Conversation.objects.sweep()

    assert (swept, titles(Conversation.objects), Message.objects.count()) == (1, {"not yet", "old"}, 4)
    assert Conversation.objects.sweep() == 0


def test_temporary_conversations_end_a_day_after_their_last_message(make: Make) -> None:
    make("fresh", is_temporary=True, touched_at=days_ago(0.9))
    make("due", is_temporary=True, touched_at=days_ago(1.1))
    running = make("still answered", is_temporary=True, touched_at=days_ago(1.1))
    running.messages.answers().update(status="streaming")

    swept = Conversation.objects.sweep()

    assert (swept, titles(Conversation.objects)) == (1, {"fresh", "still answered"})


def test_a_sweep_is_bounded_and_takes_the_oldest_first(make: Make) -> None:
    for days in (41, 43, 42):
        make(f"{days}", binned_at=days_ago(days))
    make("temporary", is_temporary=True, touched_at=days_ago(50))

    sweeps = [(Conversation.objects.sweep(most=2), titles(Conversation.objects)) for _ in range(2)]

    assert sweeps == [(2, {"41", "temporary"}), (2, set())]


def test_what_went_is_told_and_nothing_else(make: Make) -> None:
    rows = [make(str(number)) for number in range(4)]
    LegalHold.objects.bulk_create([LegalHold(conversation=rows[1], subject=str(rows[1]), placed_for="a claim")])

    removed = Conversation.objects.order_by("pk").remove_each(most=2)

    assert removed == [rows[0].uuid, rows[2].uuid]
    assert titles(Conversation.objects) == {"1", "3"}


def test_a_step_of_a_sweep_ends_in_time(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "STEP", 0)
    for days in (43, 42, 41):
        make(f"{days}", binned_at=days_ago(days))

    left = [(Conversation.objects.sweep_some(), titles(Conversation.objects)) for _ in range(4)]

    assert left == [(True, {"42", "41"}), (True, {"41"}), (True, set()), (False, set())]


def test_what_is_removed_ends_in_time_with_one_at_least(make: Make) -> None:
    for number in range(3):
        make(str(number))

    removed = [len(Conversation.objects.remove_each(most=3, within=seconds)) for seconds in (0, 60)]

    assert removed == [1, 2]


def test_what_was_restored_meanwhile_is_not_removed(make: Make) -> None:
    conversation = make(binned_at=days_ago(40))
    expired = Conversation.objects.expired_in_bin()
    keys = list(expired.values_list("pk", flat=True))
    Conversation.objects.restore()

    removed = [expired._remove(pk) for pk in keys]

    assert removed == [False]
    assert Conversation.objects.get() == conversation


def test_one_in_the_bin_tells_when_it_leaves_it(make: Make, settings: Any) -> None:
    settings.CHAT_BIN_DAYS = 3
    now = timezone.now()

    assert make(binned_at=now).leaves_bin_at == now + timedelta(days=3)
    assert make().leaves_bin_at is None

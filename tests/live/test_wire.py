import pytest

from conversations.live import Channel, End, Notice, Snapshot, wire

BEGUN = Snapshot(status="streaming", model="m", text="one ", reasoning="hm")
ENDED = BEGUN._replace(
    status="complete", text="one two", title="T", notice=Notice(""), end=End("complete", "stop", {"a": 1})
)


def channel(text: str = "", reasoning: str = "", status: str = "pending") -> Channel:
    return Channel(model="m", text=text, reasoning=reasoning, status=status)


def entry(told: Snapshot | None, now: Snapshot) -> str:
    made = wire.entry(wire.Told.of(told) if told else wire.Told(), now)
    assert made is not None
    return made


@pytest.mark.parametrize("moments", [[BEGUN, ENDED], [ENDED], [BEGUN, BEGUN, ENDED]])
async def test_entries_one_after_another_make_the_same_answer(moments: list[Snapshot]) -> None:
    replica = channel()

    told = wire.Told()
    for now in moments:
        if (made := wire.entry(told, now)) is not None:
            assert wire.apply(made, replica)
        told = wire.Told.of(now)

    assert replica.snapshot() == ENDED


async def test_an_entry_used_twice_changes_nothing() -> None:
    replica = channel()
    made = entry(None, BEGUN)
    wire.apply(made, replica)

    assert wire.apply(made, replica)
    assert replica.snapshot() == BEGUN


async def test_a_text_that_is_ahead_takes_only_what_it_lacks() -> None:
    replica = channel("one tw", "hm", "streaming")

    assert wire.apply(entry(None, ENDED), replica)
    assert replica.snapshot().text == "one two"


@pytest.mark.parametrize("has", [("on", "hm"), ("one ", "h")])
async def test_a_text_that_is_behind_is_noticed_and_left_alone(has: tuple[str, str]) -> None:
    replica = channel(*has)

    assert not wire.apply(entry(BEGUN, ENDED), replica)
    assert (replica.snapshot().text, replica.snapshot().reasoning) == has


def test_nothing_new_is_nothing_said() -> None:
    assert wire.entry(wire.Told.of(BEGUN), BEGUN) is None


async def test_a_notice_that_is_taken_back_is_taken_back_everywhere() -> None:
    replica = channel()
    waiting = BEGUN._replace(notice=Notice("place", place=2))
    wire.apply(entry(None, waiting), replica)
    assert replica.snapshot().notice == Notice("place", place=2)

    wire.apply(entry(waiting, BEGUN), replica)

    assert replica.snapshot().notice == Notice("")

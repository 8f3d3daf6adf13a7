import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from dataclasses import replace
from uuid import UUID, uuid4

import pytest

from conversations import live
from conversations.live import Channel, Cursor, End, Event, Notice, Snapshot, following
from conversations.live.following import MayGoOn, ReadRow


@pytest.fixture
def answer() -> Iterator[UUID]:
    uuid = uuid4()
    yield uuid
    live.channels.pop(uuid, None)


async def no_row() -> Snapshot | None:
    return None


async def allowed() -> bool:
    return True


def follow(
    answer: UUID, cursor: Cursor | None = None, read_row: ReadRow = no_row, may_go_on: MayGoOn = allowed
) -> AsyncGenerator[list[Event], None]:
    return live.follow(answer, cursor or Cursor(), read_row=read_row, may_go_on=may_go_on)


async def rest(batches: AsyncIterator[list[Event]]) -> list[Event]:
    return [event async for batch in batches for event in batch]


def said(events: list[Event]) -> str:
    return "".join(event.data["text"] for event in events if event.name == "message")


async def test_memory_is_followed_from_start_to_end(answer: UUID) -> None:
    channel = live.channels[answer] = Channel(model="m")
    reading = asyncio.create_task(rest(follow(answer)))

    channel.begin()
    for piece in ("one ", "two ", "three"):
        channel.append(piece)
        await asyncio.sleep(0)
    channel.close(End("complete"))
    events = await reading

    assert said(events) == "one two three"
    assert (events[0].name, events[-1].name) == ("start", "end")


async def test_deltas_close_together_are_one_event_and_the_first_is_sent_at_once(answer: UUID) -> None:
    channel = live.channels[answer] = Channel(model="m")
    batches = follow(answer)
    await anext(batches)

    channel.append("first")
    first = await anext(batches)
    channel.append(" and")
    channel.append(" then")
    second = await anext(batches)

    assert (said(first), said(second)) == ("first", " and then")


@pytest.mark.fault(44)
async def test_a_slow_reader_gets_one_larger_piece(answer: UUID) -> None:
    channel = live.channels[answer] = Channel(model="m")
    batches = follow(answer)
    await anext(batches)

    for _ in range(1000):
        channel.append("x")
    channel.close(End("complete"))
    events = await rest(batches)

    assert [event.name for event in events] == ["message", "end"]
    assert said(events) == "x" * 1000


async def test_a_late_reader_and_an_early_one_have_the_same_text(answer: UUID) -> None:
    channel = live.channels[answer] = Channel(model="m")
    early = asyncio.create_task(rest(follow(answer)))
    channel.append("some 😀")
    late = asyncio.create_task(rest(follow(answer, Cursor(0, 4))))
    await asyncio.sleep(0)
    channel.append(" more")
    channel.close(End("complete"))

    assert said(await early) == "some 😀 more"
    assert said(await late) == " 😀 more"


async def test_a_row_is_followed_as_it_grows(answer: UUID, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "ROW_INTERVAL", 0.001)
    growing = Snapshot(status="streaming", model="m", text="one ")
    states = iter(
        [growing, growing, replace(growing, text="one two"), replace(growing, text="one two 3", end=End("complete"))]
    )

    async def read_row() -> Snapshot:
        return next(states)

    events = await rest(follow(answer, read_row=read_row))

    assert [event.name for event in events] == ["start", "message", "message", "message", "end"]
    assert said(events) == "one two 3"


async def test_a_deleted_row_ends_the_stream_without_an_end(answer: UUID) -> None:
    assert await rest(follow(answer)) == []


async def test_an_abandoned_channel_leads_to_the_row(answer: UUID) -> None:
    channel = live.channels[answer] = Channel(model="m")

    async def read_row() -> Snapshot:
        return Snapshot(status="interrupted", model="m", text="kep", end=End("interrupted"))

    batches = follow(answer, read_row=read_row)
    channel.append("kept not")
    seen = await anext(batches)
    live.channels.pop(answer)
    channel.abandon()
    events = seen + await rest(batches)

    assert [event.name for event in events] == ["start", "message", "rewind", "end"]
    assert events[2].data["length"] == 3


@pytest.mark.fault(43)
async def test_silence_is_broken_by_pings_and_the_right_to_read_is_asked_again(
    answer: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "PING_INTERVAL", 0.001)
    live.channels[answer] = Channel(model="m")
    answers = iter([True, True, False])

    async def may_go_on() -> bool:
        return next(answers)

    events = await rest(follow(answer, may_go_on=may_go_on))

    assert [event.name for event in events] == ["start", "ping", "ping", "ping"]
    assert [event.cursor for event in events] == [None] * 4


async def test_a_notice_is_taken_back_by_the_next_delta(answer: UUID) -> None:
    channel = live.channels[answer] = Channel(model="m")
    batches = follow(answer)
    await anext(batches)

    channel.announce(Notice("waiting"))
    waiting = await anext(batches)
    channel.append("at last")
    over = await anext(batches)

    assert [event.data for event in waiting] == [{"code": "waiting", "until": None, "place": None}]
    assert [event.name for event in over] == ["message", "notice"]
    assert over[1].data["code"] == ""

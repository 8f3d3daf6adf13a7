import asyncio
import threading
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from uuid import UUID, uuid4

import pytest

from conversations import live
from conversations.bell import Bell
from conversations.live import Channel, Cursor, End, Event, Notice, Snapshot, following
from conversations.live import channel as channels
from conversations.live.drawing import Growing
from conversations.live.following import MayGoOn, ReadRow
from tests.patience import PATIENCE


@pytest.fixture
def answer() -> Iterator[UUID]:
    uuid = uuid4()
    yield uuid
    live.channels.pop(uuid, None)


class Lines:
    """A text whose blocks are its lines."""

    def __init__(self) -> None:
        self.rest = ""

    def feed(self, more: str) -> bool:
        self.rest += more
        return "\n" in self.rest

    def draw(self) -> list[tuple[str, str]]:
        *lines, self.rest = self.rest.split("\n")
        return [(f"{line}\n", f"<p>{line}</p>") for line in lines]


async def no_row() -> Snapshot | None:
    return None


async def allowed() -> bool:
    return True


def follow(
    answer: UUID,
    cursor: Cursor | None = None,
    read_row: ReadRow = no_row,
    may_go_on: MayGoOn = allowed,
    growing: Callable[[], Growing] = Lines,
) -> AsyncGenerator[list[Event], None]:
    return live.follow(answer, cursor or Cursor(), read_row=read_row, may_go_on=may_go_on, growing=growing)


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


async def test_deltas_close_together_are_one_event_and_the_first_is_sent_at_once(
    answer: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(channels, "TICK", 0.3)  # in which a busy machine comes as far as the second delta
    channel = live.channels[answer] = Channel(model="m")
    batches = follow(answer)
    await anext(batches)
    reading = asyncio.create_task(anext(batches))
    await asyncio.sleep(0)

    channel.append("first")
    first = await reading
    reading = asyncio.create_task(anext(batches))
    for piece in (" and", " then"):
        channel.append(piece)
        for _ in range(5):  # a reader that was told of it would have it by now
            await asyncio.sleep(0)
    second = await reading

    assert (said(first), said(second)) == ("first", " and then")


async def test_delta_that_comes_a_moment_after_another_is_told_at_once() -> None:
    channel, bell = Channel(model="m"), Bell()
    now = asyncio.get_running_loop().time
    channel.append("one")
    channel.tell(bell)
    await bell.wait(now() + channels.TICK)

    channel.append("two")
    heard = await bell.wait(now())

    assert heard


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
        [growing, growing, growing._replace(text="one two"), growing._replace(text="one two 3", end=End("complete"))]
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


def drawn(events: list[Event]) -> list[dict[str, object]]:
    return [event.data for event in events if event.name == "block"]


async def until_drawn(batches: AsyncIterator[list[Event]]) -> list[Event]:
    events: list[Event] = []
    async for batch in batches:
        events += batch
        if drawn(batch):
            return events
    raise AssertionError(f"no block: {events}")


async def test_blocks_are_sent_once_their_text_is_there(answer: UUID) -> None:
    channel = live.channels[answer] = Channel(model="m")
    channel.begin()
    batches = follow(answer)

    channel.append("one 😀\ntw")
    first = await until_drawn(batches)
    channel.append("o\nthree\nrest")
    second = await until_drawn(batches)
    await batches.aclose()

    assert [event.name for event in first] == ["start", "message", "block"]
    assert first[-1].cursor == Cursor(text=9, blocks=7)
    assert drawn(first) == [{"html": "<p>one 😀</p>", "from": 0, "to": 7}]
    assert drawn(second) == [
        {"html": "<p>two</p>", "from": 7, "to": 11},
        {"html": "<p>three</p>", "from": 11, "to": 17},
    ]


async def test_a_reader_is_sent_the_blocks_that_it_lacks(answer: UUID) -> None:
    channel = live.channels[answer] = Channel(model="m", text="one\ntwo\nrest")
    channel.begin()
    batches = follow(answer, Cursor(text=12, blocks=4))

    events = await until_drawn(batches)
    await batches.aclose()

    assert [event.name for event in events] == ["start", "block"]
    assert drawn(events) == [{"html": "<p>two</p>", "from": 4, "to": 8}]


async def test_a_reader_with_other_blocks_goes_on_without(answer: UUID) -> None:
    channel = live.channels[answer] = Channel(model="m", text="one\ntwo\n")
    channel.begin()
    other = follow(answer)
    await until_drawn(other)
    reading = asyncio.create_task(rest(follow(answer, Cursor(text=8, blocks=2))))
    await asyncio.sleep(0)

    channel.append("three\n")
    await until_drawn(other)
    channel.close(End("complete"))
    events = await reading
    await other.aclose()

    assert [event.name for event in events] == ["start", "message", "end"]


async def test_blocks_of_an_answer_are_drawn_once_for_all_its_readers(answer: UUID) -> None:
    made: list[Lines] = []

    def counted() -> Lines:
        made.append(Lines())
        return made[-1]

    channel = live.channels[answer] = Channel(model="m", text="one\n")
    channel.begin()
    readers = [follow(answer, growing=counted) for _ in range(3)]
    events = [await until_drawn(batches) for batches in readers]
    for batches in readers:
        await batches.aclose()
    again = follow(answer, growing=counted)
    await until_drawn(again)
    await again.aclose()

    assert [drawn(each) for each in events] == [[{"html": "<p>one</p>", "from": 0, "to": 4}]] * 3
    assert len(made) == 2  # the second after everybody had left


async def test_text_is_sent_while_a_block_is_drawn(answer: UUID) -> None:
    may_draw = threading.Event()

    class Slow(Lines):
        def draw(self) -> list[tuple[str, str]]:
            may_draw.wait(PATIENCE)
            return super().draw()

    channel = live.channels[answer] = Channel(model="m", text="one\n")
    channel.begin()
    batches = follow(answer, growing=Slow)
    await anext(batches)
    channel.append("two\n")
    meanwhile = await anext(batches)
    may_draw.set()
    events = await until_drawn(batches)
    await batches.aclose()

    assert [event.name for event in meanwhile] == ["message"]
    assert [data["to"] for data in drawn(events)] == [4]


async def test_an_answer_whose_blocks_cannot_be_drawn_is_followed_as_text(
    answer: UUID, caplog: pytest.LogCaptureFixture
) -> None:
    class Broken(Lines):
        def draw(self) -> list[tuple[str, str]]:
            raise ZeroDivisionError

    channel = live.channels[answer] = Channel(model="m", text="one\n")
    channel.begin()
    reading = asyncio.create_task(rest(follow(answer, growing=Broken)))
    async with asyncio.timeout(PATIENCE):
        while "could not be drawn" not in caplog.text:  # noqa: ASYNC110 - a log has no event
            await asyncio.sleep(0)
    channel.append("two\n")
    channel.append("three\n")
    channel.close(End("complete"))

    assert said(await reading) == "one\ntwo\nthree\n"

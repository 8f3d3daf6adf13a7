"""Two processes' relays at one real Redis."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from uuid import UUID, uuid4

import pytest

from conversations import live
from conversations.live import Channel, Cursor, End, Event, Snapshot, following, hub, wire
from conversations.live import relay as relay_module
from conversations.live.relay import Relay
from conversations.markdown import Growing
from tests.patience import PATIENCE
from tests.programs.redis import Redis

pytestmark = pytest.mark.redis

ROW = Snapshot(status="streaming", model="m", text="")


@pytest.fixture(scope="module")
def redis() -> Iterator[Redis]:
    with Redis() as running:
        yield running


@asynccontextmanager
async def running(redis: Redis, stopped: list[UUID] | None = None) -> AsyncIterator[Relay]:
    made = Relay(redis.url, on_stop=(stopped if stopped is not None else []).append)
    task = asyncio.create_task(made.run())
    await until(lambda: made.is_connected)
    try:
        yield made
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def until(claim: Callable[[], object]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not claim():  # noqa: ASYNC110 - it has no event
            await asyncio.sleep(0.005)


def text_of(channel: Channel) -> str:
    return channel.snapshot().text


async def test_what_one_tells_the_other_follows_to_the_end(redis: Redis) -> None:
    answer, ours = uuid4(), Channel(model="m")
    async with running(redis) as here, running(redis) as there:
        here.tell(answer, ours)
        theirs = there.join(answer, ROW)
        assert theirs
        for piece in ("one ", "two ", "🙂"):
            ours.append(piece)
            await until(lambda: text_of(theirs) == text_of(ours))
        ours.close(End("complete", "stop", {"completion_tokens": 3}))
        await until(lambda: theirs.snapshot().end)

        assert theirs.snapshot() == ours.snapshot()


async def test_who_joins_late_begins_with_the_row_and_misses_nothing(redis: Redis) -> None:
    answer, ours = uuid4(), Channel(model="m")
    async with running(redis) as here, running(redis) as there:
        here.tell(answer, ours)
        first = there.join(answer, ROW)
        assert first
        ours.append("checkpointed, ")
        await until(lambda: text_of(first) == "checkpointed, ")
        ours.append("and more")
        await until(lambda: text_of(first) == "checkpointed, and more")
        there.leave(answer, first)

        late = there.join(answer, Snapshot(status="streaming", model="m", text="checkpointed, "))

        assert late
        await until(lambda: text_of(late) == "checkpointed, and more")


async def test_a_stop_is_heard_elsewhere(redis: Redis) -> None:
    answer, stopped = uuid4(), []
    async with running(redis, stopped) as here, running(redis) as there:
        here.tell(answer, Channel(model="m"))

        there.ask_to_stop(answer)

        await until(lambda: answer in stopped)


async def test_the_last_word_is_told_also_when_the_process_ends(redis: Redis) -> None:
    answer, ours = uuid4(), Channel(model="m")
    async with running(redis) as there:
        async with running(redis) as here:
            here.tell(answer, ours)
            theirs = there.join(answer, ROW)
            assert theirs
            ours.append("all of it")
            ours.close(End("interrupted"))

        await until(lambda: theirs.snapshot().end)
        assert text_of(theirs) == "all of it"


@pytest.mark.fault(55)
async def test_a_lost_redis_gives_readers_up_and_a_found_one_goes_on_where_it_was(redis: Redis) -> None:
    answer, ours = uuid4(), Channel(model="m")
    async with running(redis) as here, running(redis) as there:
        here.tell(answer, ours)
        first = there.join(answer, ROW)
        assert first
        ours.append("before ")
        await until(lambda: text_of(first) == "before ")

        redis.stop()
        ours.append("during ")
        await until(lambda: first.is_lost and not here.is_connected and not there.is_connected)
        assert there.join(answer, ROW) is None

        redis.start()
        await until(lambda: here.is_connected and there.is_connected)
        again = there.join(answer, Snapshot(status="streaming", model="m", text="before during "))
        assert again
        ours.append("after")
        await until(lambda: text_of(again) == "before during after")


async def test_a_redis_that_stays_away_costs_no_memory(redis: Redis) -> None:
    async with running(redis) as here:
        redis.stop()
        await until(lambda: not here.is_connected)
        runs, ended, lost = (Channel(model="m") for _ in range(3))
        for channel in (runs, ended, lost):
            here.tell(uuid4(), channel)
        here.ask_to_stop(uuid4())

        ended.close(End("complete"))
        lost.abandon()
        await until(lambda: len(here._ours) == 1)

        assert ([ours.channel for ours in here._ours.values()], here._stops) == ([runs], set())
        redis.start()


async def test_a_gap_gives_readers_up(redis: Redis) -> None:
    answer, ours = uuid4(), Channel(model="m", text="a long text that was told before")
    async with running(redis) as here, running(redis) as there:
        here.tell(answer, ours)
        here._ours[answer].told = wire.Told.of(ours.snapshot())
        theirs = there.join(answer, Snapshot(status="streaming", model="m", text="a long"))
        assert theirs

        ours.append(" and goes on")

        await until(lambda: theirs.is_lost)


async def test_what_is_no_entry_of_ours_troubles_its_own_answer_alone(redis: Redis) -> None:
    ours = {uuid4(): Channel(model="m") for _ in range(2)}
    async with running(redis) as here, running(redis) as there:
        theirs = {answer: there.join(answer, ROW) for answer in ours}
        poisoned, sound = ours
        await here._redis.xadd(relay_module.key_of(poisoned), {"entry": '{"at": [0, 0], "end": 7}'})
        await here._redis.xadd(relay_module.STOPS, {"foo": "bar"})
        for answer, channel in ours.items():
            here.tell(answer, channel)
            channel.append("text")

        await until(lambda: theirs[sound] and text_of(theirs[sound]) == "text")
        assert theirs[poisoned]
        assert (theirs[poisoned].is_lost, there.is_connected) == (True, True)


async def test_a_lost_answer_is_told_at_once(redis: Redis) -> None:
    answer, ours = uuid4(), Channel(model="m")
    async with running(redis) as here, running(redis) as there:
        here.tell(answer, ours)
        theirs = there.join(answer, ROW)
        assert theirs

        ours.abandon()

        await until(lambda: theirs.is_lost)


async def test_redis_keeps_one_copy_of_a_text_and_not_for_ever(redis: Redis) -> None:
    answer, ours = uuid4(), Channel(model="m")
    key = relay_module.key_of(answer)
    async with running(redis) as here:
        await here._redis.set("chatsite:stops", "no stream")  # every round trip writes, and fails
        here.tell(answer, ours)
        for _ in range(5):
            ours.append("x" * 1000)
            ours.begin()
            told = here._ours[answer].told
            await until(lambda told=told: here._ours[answer].told.text > told.text)
        await here._redis.delete("chatsite:stops")
        await until(lambda: here.is_connected)

        entries = await here._redis.xrange(key)
        assert (sum(len(fields["entry"]) for _, fields in entries) < 6000, await here._redis.ttl(key) > 0) == (
            True,
            True,
        )


async def test_a_process_has_one_connection_whatever_it_relays(redis: Redis) -> None:
    ours = [(uuid4(), Channel(model="m")) for _ in range(50)]
    async with running(redis) as here, running(redis) as there:
        for answer, channel in ours:
            here.tell(answer, channel)
        theirs = [there.join(answer, ROW) for answer, _ in ours]
        for _, channel in ours:
            channel.append("x")
        await until(lambda: all(text_of(channel) == "x" for channel in theirs if channel))

        assert await asyncio.to_thread(redis.client_count) == 2


# Readers, with a relay between them and the answer.


@pytest.fixture
async def theirs(redis: Redis, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Relay]:
    """This process relays; what the fixture gives is another process."""
    async with running(redis) as own, running(redis) as other:
        monkeypatch.setattr(hub, "_relay", own)
        yield other


class Row:
    """The answer's row, which whoever generates it writes now and then."""

    def __init__(self, text: str = "") -> None:
        self.now: Snapshot | None = Snapshot(status="streaming", model="m", text=text)
        self.reads = 0

    async def read(self) -> Snapshot | None:
        self.reads += 1
        return self.now


async def always() -> bool:
    return True


def said(events: list[Event]) -> str:
    """What a reader shows after these events."""
    text = ""
    for event in events:
        text = text[: event.data["length"]] if event.name == "rewind" else text
        text += event.data["text"] if event.name == "message" else ""
    return text


async def test_a_reader_follows_another_process_and_reads_the_row_once(theirs: Relay) -> None:
    answer, ours, row = uuid4(), Channel(model="m"), Row()
    theirs.tell(answer, ours)
    batches = live.follow(answer, Cursor(), read_row=row.read, may_go_on=always, growing=Growing)
    seen = await anext(batches)

    ours.append("there")
    seen += await anext(batches)
    ours.close(End("complete"))
    seen += [event async for batch in batches for event in batch]

    assert (said(seen), seen[-1].name, row.reads) == ("there", "end", 1)


@pytest.mark.fault(55)
async def test_a_reader_without_redis_follows_the_row_and_never_goes_back(
    redis: Redis, theirs: Relay, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "ROW_INTERVAL", 0.01)
    answer, ours, row = uuid4(), Channel(model="m"), Row()
    theirs.tell(answer, ours)
    batches = live.follow(answer, Cursor(), read_row=row.read, may_go_on=always, growing=Growing)
    seen = await anext(batches)
    ours.append("seen by the reader")
    while said(seen) != "seen by the reader":
        seen += await anext(batches)

    redis.stop()
    row.now = Snapshot(status="streaming", model="m", text="seen by")
    reading = asyncio.create_task(anext(batches))
    await until(lambda: row.reads > 3)
    assert not reading.done()
    row.now = Snapshot(status="complete", model="m", text="seen by the reader, kept", end=End("complete"))
    seen += await reading
    redis.start()

    assert (said(seen), "rewind" in [event.name for event in seen]) == ("seen by the reader, kept", False)


async def test_a_reader_of_a_process_that_fell_silent_asks_the_row(
    theirs: Relay, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "DOUBT", 0.01)
    answer, ours, row = uuid4(), Channel(model="m"), Row("kept")
    theirs.tell(answer, ours)
    batches = live.follow(answer, Cursor(), read_row=row.read, may_go_on=always, growing=Growing)
    seen = await anext(batches)
    ours.append("kept and never checkpointed")
    while "never" not in said(seen):
        seen += await anext(batches)

    row.now = Snapshot(status="interrupted", model="m", text="kept", end=End("interrupted"))
    seen += [event async for batch in batches for event in batch]

    assert (said(seen), seen[-1].data["status"]) == ("kept", "interrupted")


async def test_a_reader_whose_channel_lags_behind_the_row_follows_the_row(
    theirs: Relay, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "DOUBT", 0.01)
    monkeypatch.setattr(following, "ROW_INTERVAL", 0.01)
    answer, row = uuid4(), Row("one ")  # nothing is told of it: only its own process has lost Redis
    batches = live.follow(answer, Cursor(), read_row=row.read, may_go_on=always, growing=Growing)
    seen = await anext(batches)

    for text in ("one two ", "one two three "):
        row.now = Snapshot(status="streaming", model="m", text=text)
        while said(seen) != text:
            seen += await anext(batches)

    assert said(seen) == "one two three "


async def test_a_process_that_ends_sends_its_readers_away_without_an_end(theirs: Relay) -> None:
    answer, ours, row = uuid4(), Channel(model="m"), Row()
    theirs.tell(answer, ours)
    batches = live.follow(answer, Cursor(), read_row=row.read, may_go_on=always, growing=Growing)
    seen = await anext(batches)

    live.hang_up()
    seen += [event async for batch in batches for event in batch]
    live.open_up()

    assert [event.name for event in seen] == ["start"]

"""The server's start and end: what lost processes left is ended, and a shutdown loses nothing."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db.models.functions import Now

from conversations import generation, live
from conversations.generation import serving
from conversations.markdown import Growing
from conversations.models import Conversation, Message, message
from tests.fakes.provider import FakeProvider
from tests.fakes.replies import Gate, chunk, raw


@pytest.fixture
async def own_serving(transactional_db: None) -> AsyncIterator[None]:
    """A server's life in this test's loop, beside that of the running site."""
    before = serving._serving
    generation.attach(asyncio.get_running_loop())
    yield
    await generation.drain()
    serving._serving = before
    live.open_up()


def begin() -> Message:
    ada, _ = User.objects.get_or_create(username="ada")
    return Conversation.begin(ada, text="Hi", model="fake-model")


async def test_answers_of_lost_processes_are_interrupted_with_their_text(
    transactional_db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = await asyncio.to_thread(begin)
    lost = Message.objects.filter(pk=answer.pk)
    await lost.aupdate(status="streaming", runner="gone", text="half", lease_until=Now())
    monkeypatch.setattr(serving, "RECOVERY_INTERVAL", 0.01)
    monkeypatch.setattr(message, "LEASE", timedelta(0))
    before = serving._serving

    generation.attach(asyncio.get_running_loop())
    while not await Message.objects.filter(status="interrupted").aexists():  # noqa: ASYNC110 - the database has no event
        await asyncio.sleep(0)
    await generation.drain()
    serving._serving = before
    live.open_up()

    row = await Message.objects.aget(pk=answer.pk)
    assert (row.text, row.lease_until) == ("half", None)


async def test_answers_with_a_lease_are_left_alone(transactional_db: None) -> None:
    answer = await asyncio.to_thread(begin)

    interrupted = await asyncio.to_thread(Message.objects.abandoned().interrupt)

    assert interrupted == 0
    assert (await Message.objects.aget(pk=answer.pk)).status == "pending"


async def test_two_recoveries_race_and_one_wins(transactional_db: None) -> None:
    answer = await asyncio.to_thread(begin)
    await Message.objects.filter(pk=answer.pk).aupdate(lease_until=Now())

    counts = await asyncio.gather(*(asyncio.to_thread(Message.objects.abandoned().interrupt) for _ in range(4)))

    assert sorted(counts) == [0, 0, 0, 1]


async def test_a_shutdown_waits_for_what_ends_in_time(own_serving: None, fake: FakeProvider) -> None:
    gate = Gate()
    fake.script(raw(chunk({"content": "one "}), gate, chunk({"content": "two"}, finish="stop")))
    answer = await asyncio.to_thread(begin)
    generation.start(answer)
    await gate.reached()

    draining = asyncio.create_task(generation.drain())
    gate.open()
    await draining

    row = await Message.objects.aget(pk=answer.pk)
    assert (row.status, row.text) == ("complete", "one two")


async def test_a_shutdown_interrupts_what_takes_too_long_and_tells_its_readers(
    own_serving: None, fake: FakeProvider, settings: Any
) -> None:
    settings.SHUTDOWN_GRACE = serving.TIME_TO_WRITE
    gate = Gate()
    fake.script(raw(chunk({"content": "one "}), gate, chunk({"content": "two"}, finish="stop")))
    answer = await asyncio.to_thread(begin)
    generation.start(answer)
    reading = live.follow(answer.uuid, live.Cursor(), read_row=no_row, may_go_on=yes, growing=Growing)
    seen: list[str] = []
    async with contextlib.aclosing(reading):
        async for batch in reading:
            seen += [event.name for event in batch]
            if "message" in seen:
                generation.begin_shutdown()

    await generation.drain()
    row = await Message.objects.aget(pk=answer.pk)
    assert (row.status, row.text, seen[-1]) == ("interrupted", "one ", "end")


async def no_row() -> None:
    return None


async def yes() -> bool:
    return True


async def test_what_was_committed_before_a_shutdown_still_begins(own_serving: None, fake: FakeProvider) -> None:
    answer = await asyncio.to_thread(begin)

    generation.begin_shutdown()
    is_serving = generation.is_serving()
    generation.start(answer)
    await fake.called()
    await generation.drain()

    row = await Message.objects.aget(pk=answer.pk)
    assert (is_serving, row.status, row.text) == (False, "complete", "Hello there")


async def test_what_begins_too_late_in_a_shutdown_is_interrupted(
    own_serving: None, fake: FakeProvider, settings: Any
) -> None:
    settings.SHUTDOWN_GRACE = 0
    answer = await asyncio.to_thread(begin)
    generation.begin_shutdown()
    while not serving.current().is_interrupting:  # noqa: ASYNC110 - nobody is told of it
        await asyncio.sleep(0)

    generation.start(answer)
    while not serving.current().answers:  # noqa: ASYNC110 - nobody is told of it
        await asyncio.sleep(0)
    await asyncio.wait(set(serving.current().answers))

    row = await Message.objects.aget(pk=answer.pk)
    assert (row.status, row.text, fake.calls) == ("interrupted", "", [])


async def test_nothing_begins_after_a_shutdown(own_serving: None) -> None:
    answer = await asyncio.to_thread(begin)

    await generation.drain()

    with pytest.raises(generation.NotServing):
        generation.start(answer)

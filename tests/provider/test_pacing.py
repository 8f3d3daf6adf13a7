"""When an answer that grows is read on."""

import asyncio
from contextlib import ExitStack

import pytest

from conversations.provider import answers, pacing
from tests.fakes.provider import FakeProvider
from tests.fakes.replies import DONE, Gate, chunk, raw
from tests.provider.asking import MESSAGES, streamed

LATE = 0.3  # seconds by which a busy machine may be


class Connection(asyncio.Transport):
    """One that tells when it is read from again."""

    def __init__(self) -> None:
        super().__init__()
        self.is_read = asyncio.Event()
        self.is_read.set()

    def pause_reading(self) -> None:
        self.is_read.clear()

    def resume_reading(self) -> None:
        self.is_read.set()


async def rested(pace: pacing.Pace) -> float:
    """Seconds of one pause."""
    connection, loop = Connection(), asyncio.get_running_loop()
    began = loop.time()
    pace.rest(connection, after=0)
    await connection.is_read.wait()
    return loop.time() - began


@pytest.mark.parametrize(("answers", "seconds"), [(1, 0.02), (50, 0.05), (100, 0.1), (5_000, 0.1)])
async def test_pause_is_the_longer_the_more_answers_are_read(answers: int, seconds: float) -> None:
    with ExitStack() as all_of_them:
        pace = [all_of_them.enter_context(pacing.reading()) for _ in range(answers)][-1]
        shortest = min([await rested(pace) for _ in range(3)])

    assert pace.answers == 0
    assert seconds - 0.001 <= shortest < seconds + LATE


async def test_pauses_of_many_end_together_and_those_of_more_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pacing, "SHORTEST", 2 * LATE)
    connections = [Connection() for _ in range(pacing.TOGETHER + 1)]
    with pacing.reading() as pace:
        for connection in connections[:-1]:
            pace.rest(connection, after=0)
        await asyncio.sleep(LATE)
        pace.rest(connections[-1], after=0)
        await connections[0].is_read.wait()

    assert [connection.is_read.is_set() for connection in connections] == [True] * pacing.TOGETHER + [False]


async def test_slow_answer_is_not_left_unread() -> None:
    fast, slow = Connection(), Connection()
    with pacing.reading() as pace:
        pace.rest(fast, after=0.02)
        pace.rest(slow, after=0.05)

    assert (fast.is_read.is_set(), slow.is_read.is_set()) == (False, True)


async def test_answers_of_a_loop_share_its_pace() -> None:
    with pacing.reading() as first, pacing.reading() as second:
        assert first is second
        assert first.answers == 2


async def test_what_comes_in_a_pause_is_read_together(fake: FakeProvider, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pacing, "SHORTEST", 0.5)
    gate, pieces = Gate(), list[bytes]()
    fake.script(raw(chunk({"content": "First"}), gate, *[chunk({"content": "more"})] * 20, chunk(finish="stop"), DONE))
    take = answers.Answer.take
    monkeypatch.setattr(
        answers.Answer, "take", lambda self, piece, told: pieces.append(piece) or take(self, piece, told)
    )
    parts = streamed(model="fake-model", messages=MESSAGES, max_tokens=7)

    first = await anext(parts)
    gate.open()
    rest = [part async for part in parts]

    assert [first.text, *(part.text for part in rest[:-1])] == ["First", *["more"] * 20]
    assert [piece.count(b'"content"') for piece in pieces] == [1, 20]

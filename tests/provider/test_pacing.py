"""When an answer that grows is read on."""

import asyncio
from contextlib import ExitStack

import pytest

from conversations.provider import pacing

LATE = 0.02  # seconds by which a busy machine may wake even the luckiest of five


async def paused(pace: pacing.Pace) -> float:
    """Seconds of one pause."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    await pace.pause()
    return loop.time() - began


@pytest.mark.parametrize(
    ("answers", "shortest", "longest"), [(1, 0, 0.02), (50, 0.055, 0.075), (100, 0.13, 0.15), (5_000, 0.13, 0.15)]
)
async def test_pause_is_the_longer_the_more_answers_are_read(answers: int, shortest: float, longest: float) -> None:
    with ExitStack() as all_of_them:
        pace = [all_of_them.enter_context(pacing.reading()) for _ in range(answers)][-1]
        pauses = [await paused(pace) for _ in range(5)]

    assert pace.answers == 0
    assert shortest <= min(pauses)
    assert min(pauses) < longest + LATE


async def test_pauses_that_begin_together_end_together_also_where_one_is_given_up() -> None:
    with pacing.reading() as pace:
        pauses = [asyncio.ensure_future(pace.pause()) for _ in range(3)]
        await asyncio.sleep(0)
        pauses[0].cancel()
        await asyncio.wait(pauses)

    assert [pause.cancelled() for pause in pauses] == [True, False, False]


async def test_answers_of_a_loop_share_its_pace() -> None:
    with pacing.reading() as first, pacing.reading() as second:
        assert first is second
        assert first.answers == 2

"""What wakes tasks."""

import asyncio

from conversations.bell import Round


async def test_a_round_calls_together_what_was_left_since_the_last_one() -> None:
    moments, called, is_over = Round(0.01), list[str](), asyncio.Event()
    moments.leave(lambda: called.append("one"))
    moments.leave(lambda: moments.leave(is_over.set))
    moments.leave(lambda: called.append("two"))
    at_once = list(called)

    await is_over.wait()

    assert (at_once, called) == ([], ["one", "two"])

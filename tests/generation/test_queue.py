import asyncio
from collections.abc import Callable

import pytest

from conversations.generation.queue import Queue

ADA, BOB = 1, 2


class Visitor:
    """Somebody who waits for a turn and holds it until `leave`."""

    def __init__(self, queue: Queue, owner: int) -> None:
        self.places: list[int] = []
        self.given_up, self._leaving = asyncio.Event(), asyncio.Event()
        self.is_in = False
        self.task = asyncio.create_task(self._visit(queue, owner))

    async def _visit(self, queue: Queue, owner: int) -> None:
        async with queue.turn(owner, told=self.places.append, given_up=self.given_up):
            self.is_in = True
            await self._leaving.wait()
        self.is_in = False

    async def leave(self) -> None:
        self._leaving.set()
        await self.task


async def settled() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def visitors(queue: Queue, *owners: int) -> list[Visitor]:
    made = []
    for owner in owners:
        made.append(Visitor(queue, owner))
        await settled()
    return made


def inside(all_of_them: list[Visitor]) -> list[bool]:
    return [visitor.is_in for visitor in all_of_them]


async def end(all_of_them: list[Visitor]) -> None:
    await asyncio.gather(*(visitor.leave() for visitor in all_of_them))


async def test_the_line_is_served_in_order_and_everybody_knows_their_place() -> None:
    queue = Queue(most=1, most_each=9)
    first, second, third = all_of_them = await visitors(queue, ADA, BOB, ADA)
    assert inside(all_of_them) == [True, False, False]

    await first.leave()
    await settled()

    assert inside(all_of_them) == [False, True, False]
    assert (first.places, second.places, third.places) == ([], [1], [2, 1])
    await end(all_of_them)


async def test_nobodys_own_line_holds_up_other_people() -> None:
    queue = Queue(most=9, most_each=1)

    all_of_them = await visitors(queue, ADA, ADA, ADA, BOB)

    assert inside(all_of_them) == [True, False, False, True]
    assert [visitor.places for visitor in all_of_them] == [[], [1], [2], []]
    await end(all_of_them)


async def test_who_sends_much_holds_up_nobody_else() -> None:
    queue = Queue(most=1, most_each=9)
    adas = await visitors(queue, *[ADA] * 6)
    [bobs] = await visitors(queue, BOB)
    assert bobs.places == [1]

    [bobs_second] = await visitors(queue, BOB)
    await adas[0].leave()
    await settled()
    assert inside([*adas, bobs]) == [False] * 6 + [True]
    await bobs.leave()
    await settled()

    assert (adas[1].is_in, bobs_second.places[-1]) == (True, 1)
    await end([*adas, bobs_second])


@pytest.mark.parametrize("leave", [lambda waiting: waiting.given_up.set(), lambda waiting: waiting.task.cancel()])
async def test_who_gives_up_leaves_the_line(leave: Callable[[Visitor], object]) -> None:
    queue = Queue(most=1, most_each=9)
    first, second, third = await visitors(queue, ADA, BOB, BOB)

    leave(second)
    await settled()
    if not second.task.cancelled():
        await second.leave()
    assert third.places == [2, 1]
    await first.leave()
    await settled()

    assert (third.is_in, queue.running, len(queue)) == (True, 1, 0)
    await third.leave()


async def test_all_turns_are_given_back() -> None:
    queue = Queue(most=2, most_each=1)
    all_of_them = await visitors(queue, ADA, ADA, BOB, BOB, ADA)

    await end(all_of_them)

    assert (queue.running, len(queue)) == (0, 0)

"""A conversation of 10,000 messages, its branch 500 deep: its page costs what the page of a small one costs."""

import gc
import statistics
import time
from collections.abc import Callable, Sequence

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from conversations.models import Conversation
from tests.large import grown
from tests.pace import slowness

BOUND = 60  # ms, which 95 of 100 pages need at most
PAGES = 40


@pytest.fixture
def small(owner: User) -> Conversation:
    return grown(owner, depth=10, count=10)


SHAPES = {"deep": 500, "wide": 40}  # the depth of the branch; in the wide one every message has 250 versions


@pytest.fixture(params=SHAPES.values(), ids=SHAPES)
def large(owner: User, small: Conversation, request: pytest.FixtureRequest) -> Conversation:
    return grown(owner, depth=request.param, count=10_000)


def queries(work: Callable[[], object]) -> int:
    with CaptureQueriesContext(connection) as captured:
        work()
    return len(captured)


def test_the_page_costs_as_many_queries_as_with_ten(
    owner_client: Client, small: Conversation, large: Conversation
) -> None:
    def costs(conversation: Conversation) -> int:
        return queries(lambda: owner_client.get(conversation.get_absolute_url()))

    assert (costs(small), costs(large)) == (12, 12)


def test_its_parts_cost_as_many_queries_too(owner_client: Client, small: Conversation, large: Conversation) -> None:
    def costs(conversation: Conversation) -> list[int]:
        one = f"/messages/{conversation.leaf.uuid}/"
        older = f"{conversation.get_absolute_url()}messages/?before={conversation.leaf.uuid}"
        return [
            queries(lambda: owner_client.get(one)),
            queries(lambda: owner_client.get(older, headers={"HX-Request": "true"})),
            queries(lambda: owner_client.post(one, {"action": "show"})),
        ]

    assert costs(small) == costs(large)


@pytest.mark.alone
def test_its_page_is_there_at_once(owner_client: Client, small: Conversation, large: Conversation) -> None:
    """Held by the processor's time, as the machine may be busy with other things; `pytest -s` shows both."""
    gc.collect()
    gc.freeze()  # what the fixtures and the tests before have made is not the page's to look through

    measured = {each.title: [milliseconds(owner_client, each) for _ in range(PAGES)] for each in (small, large)}

    gc.unfreeze()
    for title, times in measured.items():
        for clock, taken in zip(("by the wall", "of the processor"), zip(*times, strict=True), strict=True):
            print(f"{title}, ms {clock}: median {statistics.median(taken):.1f}, p95 {p95(taken):.1f}")  # noqa: T201
    assert p95([processor for _, processor in measured[large.title]]) < BOUND * slowness()


def p95(times: Sequence[float]) -> float:
    return sorted(times)[len(times) * 95 // 100]


def milliseconds(client: Client, conversation: Conversation) -> tuple[float, float]:
    """What a page takes by the wall's clock, and of this thread's processor."""
    wall, processor = time.perf_counter(), time.thread_time()
    assert client.get(conversation.get_absolute_url()).status_code == 200
    return 1000 * (time.perf_counter() - wall), 1000 * (time.thread_time() - processor)

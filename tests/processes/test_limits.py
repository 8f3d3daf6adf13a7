"""Tries to log in are counted for all processes together, whatever becomes of Redis."""

from collections.abc import Iterator

import pytest

from tests.programs.cluster import Cluster

pytestmark = [pytest.mark.postgresql, pytest.mark.redis]

LIMIT = 5  # wrong passwords for one name
WRONG, LOCKED = "wrong", "locked"


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    with Cluster(2) as running:
        yield running


def outcome(cluster: Cluster, name: str, at: int) -> str:
    """What becomes of a wrong password at this process."""
    reply = cluster.person(None, at).post("/accounts/login/", {"login": name, "password": "no"})
    assert reply.status == 200
    assert "errorlist" in reply.text
    return WRONG if "Wrong username or password." in reply.text else LOCKED


def forget_addresses(cluster: Cluster) -> None:
    """All of these tests come from one address, whose own limit is another matter."""
    cluster.serves[0].run("from django.core.cache import cache; cache.clear()")


def test_processes_count_together(cluster: Cluster) -> None:
    forget_addresses(cluster)

    outcomes = [outcome(cluster, "ada", number % 2) for number in range(LIMIT + 2)]

    assert outcomes == [WRONG] * LIMIT + [LOCKED] * 2


def test_counting_goes_on_without_redis(cluster: Cluster) -> None:
    assert cluster.redis
    forget_addresses(cluster)
    before = [outcome(cluster, "bob", number % 2) for number in range(3)]

    cluster.redis.stop()
    without = [outcome(cluster, "bob", number % 2) for number in range(LIMIT - 3 + 1)]
    cluster.redis.start()
    after = outcome(cluster, "bob", 0)

    assert (before, without, after) == ([WRONG] * 3, [WRONG] * (LIMIT - 3) + [LOCKED], LOCKED)


def test_a_try_elsewhere_is_not_forgotten_with_a_restart(cluster: Cluster) -> None:
    forget_addresses(cluster)
    before = [outcome(cluster, "cleo", 1) for _ in range(LIMIT)]

    cluster.serves[1].kill()
    cluster.serves[1].restart()

    assert (before, outcome(cluster, "cleo", 1)) == ([WRONG] * LIMIT, LOCKED)


def test_counts_have_a_bound_in_the_database(cluster: Cluster) -> None:
    code = "from django.core.cache import cache; cache._max_entries = 10\nfor n in range(40): cache.set(f'k{n}', n, 60)"

    cluster.serves[0].run(code)

    ((kept,),) = cluster.rows("SELECT count(*) FROM limits")
    assert 0 < int(str(kept)) <= 10

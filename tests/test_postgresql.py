"""The site on PostgreSQL, as real processes: how they begin, what they hold, and what a restart of it costs."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.people import Person
from tests.programs.cluster import Cluster
from tests.programs.postgresql import PostgreSQL
from tests.programs.program import free_port
from tests.programs.serve import Serve

pytestmark = pytest.mark.postgresql
POOL = 10  # connections of one process at most


@pytest.fixture(scope="module")
def running() -> Iterator[Cluster]:
    with Cluster(2, redis=False) as cluster:
        yield cluster.make_accounts("ada")


@pytest.fixture
def cluster(running: Cluster) -> Iterator[Cluster]:
    yield running
    running.hang_up()


@pytest.fixture
def ada(cluster: Cluster) -> Person:
    return cluster.person("ada")


def test_processes_that_start_at_the_same_moment_prepare_once(tmp_path: Path):
    with PostgreSQL() as postgresql:
        together = [Serve(data=tmp_path / "data", DATABASE_URL=postgresql.url()) for _ in range(3)]
        try:
            for serve in together:
                serve.start()
            for serve in together:
                serve.wait_ready()
            said = [line for serve in together for line in serve.program.said]
        finally:
            for serve in together:
                serve.kill()

    assert sum(line.startswith("Preparing the database") for line in said) == 1
    assert sum(line.startswith("The static files are in") for line in said) == 1


def test_database_that_is_away_at_the_start_is_one_sentence(tmp_path: Path):
    serve = Serve(data=tmp_path / "data", DATABASE_URL=f"postgres://user:secret@127.0.0.1:{free_port()}/chat")

    serve.start()
    status = serve.wait()

    assert status == 1
    assert re.fullmatch(r"CommandError: The database cannot be used: .*Connection refused.*\n", serve.log)
    assert "secret" not in serve.log


def test_process_has_no_more_connections_than_its_pool(cluster: Cluster, ada: Person):
    with ThreadPoolExecutor(40) as many:
        statuses = list(many.map(lambda _: ada.get("/").status, range(80)))
    count = cluster.postgresql.connections()["chatsite"]

    assert statuses == [200] * 80
    assert count <= POOL * len(cluster.serves)


def test_connections_that_a_restart_broke_are_replaced_unseen(cluster: Cluster, ada: Person):
    with ThreadPoolExecutor(20) as many:  # so that the pool is as large as it gets
        list(many.map(lambda _: ada.get("/").status, range(40)))

    cluster.postgresql.stop()
    cluster.postgresql.start()
    statuses = [ada.get("/").status for _ in range(5)]

    assert statuses == [200] * 5


@pytest.mark.fault(54)
def test_message_is_refused_while_the_database_is_away_and_taken_when_it_is_back(cluster: Cluster, ada: Person):
    cluster.postgresql.stop("immediate")
    away = ada.script("/conversations/", {"message": "Are you there?"})
    cluster.postgresql.start()
    back = ada.script("/conversations/", {"message": "And now?"})

    assert (away.status, away.error) == (503, "unavailable")
    assert back.status == 201
    assert [text for (text,) in cluster.rows("SELECT text FROM conversations_message WHERE role = 'user'")] == [
        "And now?"
    ]

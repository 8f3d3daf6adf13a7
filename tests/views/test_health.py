"""Whether the site says of itself that it lives and can do its work; tests/faults/test_disk.py fills its disk."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client

from conversations import generation, upgrades
from conversations.views import health
from tests.patience import PATIENCE
from tests.people import Person

WELL = {"database": True, "migrations": True, "disk": True, "live": True}


@pytest.fixture
def visitor(person: Callable[..., Person]) -> Person:
    return person(None)


def told(visitor: Person) -> tuple[int, dict[str, bool]]:
    reply = visitor.get("/readyz")
    assert "no-store" in reply.headers["Cache-Control"]
    return reply.status, reply.json


def test_process_that_answers_is_alive(client: Client):
    reply = client.get("/healthz")  # without django_db a query would fail

    assert (reply.status_code, reply.json()) == (200, {"alive": True})


def test_site_that_can_do_its_work_is_ready(visitor: Person):
    assert told(visitor) == (200, WELL)


def test_ending_site_is_not_ready(visitor: Person, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(generation, "is_serving", lambda: False)

    assert told(visitor) == (503, WELL | {"live": False})


@pytest.fixture
def unmigrated(transactional_db: None) -> Iterator[None]:
    recorder = MigrationRecorder(connection)
    (newest,) = MigrationLoader(connection).graph.leaf_nodes("conversations")
    recorder.record_unapplied(*newest)
    yield
    recorder.record_applied(*newest)


def test_site_whose_database_is_older_is_not_ready(visitor: Person, unmigrated: None):
    assert told(visitor) == (503, WELL | {"migrations": False})


def test_site_without_database_is_not_ready_and_tells_no_detail(visitor: Person, monkeypatch: pytest.MonkeyPatch):
    def fails(database: object) -> list[str]:
        raise OperationalError("no such host: database.internal")

    monkeypatch.setattr(upgrades, "lacking", fails)

    assert told(visitor) == (503, WELL | {"database": False, "migrations": False, "disk": False})


def test_database_that_hangs_is_waited_for_by_one_look_and_not_for_long(
    visitor: Person, monkeypatch: pytest.MonkeyPatch
):
    asked: list[str] = []
    answers = threading.Event()

    def hangs(database: object) -> list[str]:
        asked.append(threading.current_thread().name)
        answers.wait(PATIENCE)
        return []

    with monkeypatch.context() as hanging:
        hanging.setattr(upgrades, "lacking", hangs)
        hanging.setattr(health, "PATIENCE", 0.01)
        with ThreadPoolExecutor(4) as probes:
            replies = list(probes.map(lambda _: told(visitor), range(8)))
        looks = list(asked)
    answers.set()
    health._last._thread.join()  # type: ignore[union-attr]  # the look that hung

    assert replies == [(503, WELL | {"database": False, "migrations": False, "disk": False})] * 8
    assert (looks, told(visitor)) == (["readiness"], (200, WELL))


def test_site_that_lost_redis_says_so_and_stays_ready(visitor: Person, settings: Any):
    settings.REDIS_URL = "redis://127.0.0.1:9"  # nobody has connected to it

    assert told(visitor) == (200, WELL | {"redis": False})

"""The site on PostgreSQL, as real processes: how they begin, what they hold, and what a restart of it costs."""

import json
import re
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

from conversations.management.preparation import PREPARATION
from conversations.views import transcript
from tests.patience import PATIENCE
from tests.people import SESSION_COOKIE, Person, text_of
from tests.processes.waiting import held, said, script, texts, until
from tests.programs.cluster import Cluster
from tests.programs.postgresql import PostgreSQL
from tests.programs.program import free_port
from tests.programs.serve import Serve

pytestmark = pytest.mark.postgresql
POOL = 10  # connections that the requests of one process have at most
LANES = 3  # that it has beside them: to save, to read, for jobs
LARGE = 5_000_000  # bytes of a page: more than a connection holds while nobody reads

LARGE_PAGE = """
from django.contrib.auth.models import User
from conversations.models import Conversation
ada = User.objects.get(username="ada")
conversation, parent = Conversation.objects.create(owner=ada), None
for _ in range({count}):
    parent = conversation.messages.create(role="user", owner=ada, text="<" * 50_000, parent=parent)
conversation.leaf = parent
conversation.save()
print(conversation.uuid)
"""

# What two steps come to of which the second waits behind the first: what they return, or the name of the error.
STEPS = """
import asyncio, json
from django.db import connection, transaction
from conversations import database

def pid():
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return cursor.fetchone()[0]

def lock():
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout = '10ms'")
        cursor.execute("LOCK TABLE auth_group")

def end(pid):
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])

async def together(*steps):
    done = await asyncio.gather(*map(database.run, steps), return_exceptions=True)
    return [type(one).__name__ if isinstance(one, Exception) else one for one in done]

async def one_after_the_other():
    first, second = await database.run(pid), await database.run(pid)
    await database.read(end, second)
    return [first, second, await database.run(pid)]

print(json.dumps(asyncio.run({what})))
"""


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


# How long a process has waited for another one to prepare the database.
WAITED = """SELECT count(*) FROM pg_stat_activity
            WHERE wait_event = 'advisory' AND clock_timestamp() - query_start > interval '0.3 seconds'"""


def test_process_waits_while_another_prepares_for_longer_than_a_lock_is_waited_for(tmp_path: Path):
    with PostgreSQL() as postgresql, ExitStack() as stack:
        impatient = f"{postgresql.url()}?options=-c%20lock_timeout%3D100ms"
        serve = Serve(data=tmp_path / "data", DATABASE_URL=impatient)
        other = stack.enter_context(psycopg.connect(postgresql.url(), autocommit=True))
        other.execute("SELECT pg_advisory_lock(%s)", [PREPARATION])

        serve.start()
        stack.callback(serve.__exit__)
        serve.program.wait_line("Another process is preparing the database")
        until(lambda: other.execute(WAITED).fetchone() == (1,) or not serve.is_running)
        other.execute("SELECT pg_advisory_unlock_all()")
        serve.wait_ready()

        assert serve.is_running


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
    assert count <= (POOL + LANES) * len(cluster.serves)


@pytest.mark.fault(44)
@pytest.mark.fault(57)
def test_readers_who_do_not_read_a_large_page_keep_nobody_out(cluster: Cluster, ada: Person):
    page = f"/conversations/{cluster.serves[0].run(LARGE_PAGE.format(count=transcript.PAGE)).strip()}/"
    size = len(ada.get(page).body)

    with ExitStack() as stack:
        readers = [stack.enter_context(unread(cluster, ada, page)) for _ in range(POOL + LANES)]
        begun = [reader.recv(12) for reader in readers]
        statuses = [ada.get("/").status for _ in range(3)]

    assert size > LARGE
    assert begun == [b"HTTP/1.1 200"] * len(readers)
    assert statuses == [200] * 3


@pytest.mark.fault(57)
def test_answer_is_saved_while_requests_hold_every_connection(cluster: Cluster, ada: Person):
    gate, reply = held({"content": "Kept"}, after=" to the end")
    script(cluster, "Crowded", reply)
    begun = ada.ask("Crowded")
    stream = ada.follow(begun["answer"]["events_url"])
    said(stream, "Kept")

    with ThreadPoolExecutor(2 * POOL) as many:
        with locked(cluster, "django_session"):
            crowd = [many.submit(ada.get, "/") for _ in range(2 * POOL)]
            until(lambda: waiting_for_locks(cluster) >= POOL)
            gate.open()
            until(lambda: texts(cluster, begun) == ["Kept to the end"])
            still_waiting = waiting_for_locks(cluster)
        for one in crowd:
            one.result()

    assert still_waiting >= POOL
    assert (text_of(list(stream)), texts(cluster, begun)) == (" to the end", ["Kept to the end"])


@pytest.mark.fault(52)
def test_step_that_waits_for_a_lock_in_vain_fails_alone(cluster: Cluster):
    with locked(cluster, "auth_group"):
        locks, behind = steps(cluster, "together(lock, pid)")

    assert locks == "OperationalError"
    assert isinstance(behind, int)


@pytest.mark.fault(53)
def test_connection_for_answers_is_kept_and_replaced_once_it_is_broken(cluster: Cluster):
    first, second, third = steps(cluster, "one_after_the_other()")

    assert first == second != third


@contextmanager
def unread(cluster: Cluster, person: Person, page: str) -> Iterator[socket.socket]:
    """A connection on which the page was asked for, with hardly any room for what comes."""
    with socket.socket() as reader:
        reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        reader.settimeout(PATIENCE)
        reader.connect(("127.0.0.1", cluster.serves[0].port))
        cookie = f"{SESSION_COOKIE}={person.cookies[SESSION_COOKIE]}"
        reader.sendall(f"GET {page} HTTP/1.1\r\nHost: localhost\r\nCookie: {cookie}\r\n\r\n".encode())
        yield reader


@contextmanager
def locked(cluster: Cluster, table: str) -> Iterator[None]:
    """Nobody else reads or writes the table meanwhile."""
    with psycopg.connect(cluster.postgresql.url(), application_name="tests") as other:
        other.execute(f"LOCK TABLE {table}")
        yield


def waiting_for_locks(cluster: Cluster) -> int:
    question = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'chatsite' AND wait_event_type = 'Lock'"
    return int(str(cluster.rows(question)[0][0]))


def steps(cluster: Cluster, what: str) -> list[Any]:
    return list(json.loads(cluster.serves[0].run(STEPS.format(what=what))))


def test_connections_that_a_restart_broke_are_replaced_unseen(cluster: Cluster, ada: Person):
    with ThreadPoolExecutor(20) as many:  # so that the pool is as large as it gets
        list(many.map(lambda _: ada.get("/").status, range(40)))

    cluster.postgresql.stop()
    cluster.postgresql.start()
    statuses = [ada.get("/").status for _ in range(5)]

    assert statuses == [200] * 5


@pytest.mark.fault(53)
def test_many_are_refused_together_while_the_database_is_away(cluster: Cluster, ada: Person):
    cluster.postgresql.stop("immediate")
    began = time.monotonic()
    with ThreadPoolExecutor(100) as many:
        statuses = list(many.map(lambda _: ada.script("/conversations/", {"message": "Hi"}).status, range(100)))
    took = time.monotonic() - began
    cluster.postgresql.start()
    until(lambda: ada.get("/").status == 200)

    assert statuses == [503] * 100
    assert took < 12  # one after the other, by as many as there are threads, they would wait for 20


@pytest.mark.fault(54)
def test_message_is_refused_while_the_database_is_away_and_taken_when_it_is_back(cluster: Cluster, ada: Person):
    cluster.postgresql.stop("immediate")
    away = ada.script("/conversations/", {"message": "Are you there?"})
    cluster.postgresql.start()
    back = ada.script("/conversations/", {"message": "And now?"})

    assert (away.status, away.error) == (503, "unavailable")
    assert back.status == 201
    sent = cluster.rows("SELECT text FROM conversations_message WHERE text IN ('Are you there?', 'And now?')")
    assert sent == [("And now?",)]

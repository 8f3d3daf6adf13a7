"""The programs that tests start: each does what it says, comes back after a stop, and leaves nothing behind."""

import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis

from tests.programs.cluster import Cluster
from tests.programs.nginx import Nginx
from tests.programs.postgresql import PostgreSQL
from tests.programs.program import Program, free_port
from tests.programs.redis import Redis
from tests.programs.serve import Serve, family

HEARD = ["sh", "-c", "echo one; echo two >&2; exec cat /dev/zero >/dev/null"]


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_program_is_heard_on_both_outputs():
    with Program(HEARD) as program:
        heard = (program.wait_line("o"), program.wait_line("tw"), program.said, program.log)

    assert heard == ("one\n", "two\n", ["one\n"], "two\n")


def test_program_that_ends_before_its_line_fails_with_what_it_said():
    with (
        Program(["sh", "-c", "echo a reason >&2"]) as program,
        pytest.raises(AssertionError, match="a reason"),
    ):
        program.wait_line("ready")


def test_paused_program_is_killed_at_the_end():
    with Program(HEARD) as program:
        program.wait_line("two")
        program.pause()

    assert (program.is_running, program.wait()) == (False, -signal.SIGKILL)


def test_program_and_its_folder_go_with_a_process_that_is_killed(tmp_path: Path):
    folder = tmp_path / "litter"
    folder.mkdir()
    script = f"""
from pathlib import Path
from tests.programs.program import Program
program = Program(["sleep", "1000"], litter=Path({str(folder)!r}))
print(program.pid, program._watch.pid, flush=True)
input()
"""
    starter = subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert starter.stdin
    assert starter.stdout
    watched = [os.pidfd_open(int(pid)) for pid in starter.stdout.readline().split()]

    starter.kill()
    starter.communicate()

    for process in watched:
        assert select.select([process], [], [], 20)[0] == [process]
        os.close(process)
    assert not folder.exists()


@pytest.fixture(scope="module")
def postgresql() -> Iterator[PostgreSQL]:
    with PostgreSQL() as running:
        yield running


@pytest.mark.postgresql
@pytest.mark.parametrize("mode", ["fast", "immediate"])
def test_postgresql_keeps_what_was_committed(postgresql: PostgreSQL, mode: str):
    url = postgresql.create_database(mode)
    with psycopg.connect(url) as other:
        other.execute("CREATE TABLE kept AS SELECT 1 AS number")
        other.commit()

        postgresql.stop(mode)
        postgresql.start()

        with pytest.raises(psycopg.OperationalError):
            other.execute("SELECT 1")
    assert postgresql.ask("SELECT number FROM kept", of=mode) == [(1,)]


@pytest.mark.postgresql
def test_postgresql_counts_connections_by_application(postgresql: PostgreSQL):
    with psycopg.connect(postgresql.url(), application_name="one"), psycopg.connect(postgresql.url()):
        assert postgresql.connections() == {"one": 1, "": 1}


@pytest.mark.postgresql
def test_postgresql_leaves_no_folder():
    with PostgreSQL() as running:
        pass

    assert not running.folder.exists()


@pytest.mark.redis
def test_redis_comes_back_empty_on_its_port():
    with Redis() as running, redis.Redis.from_url(running.url) as client:
        client.set("name", "value")
        count = running.client_count()

        running.stop()
        with pytest.raises(redis.ConnectionError):
            client.get("name")
        running.start()

        assert (count, client.get("name")) == (1, None)
    assert not running.folder.exists()


def test_serve_restarts_on_its_port_and_data():
    with Serve() as site:
        port = site.port
        site.make_accounts("ada")
        site.kill()

        site.restart()

        assert site.port == port
        assert site.run("from django.contrib.auth.models import User; print(User.objects.get())") == "ada\n"
        assert site.terminate() == 0
    assert not site.data.exists()


def test_serve_has_nothing_of_the_tests_environment(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("OPENAI_API_KEY", "key-of-whoever-runs-the-tests")
    with Serve() as site:
        environment = Path(f"/proc/{site.program.pid}/environ").read_text()

    assert "key-of-whoever" not in environment


def test_serve_takes_other_constants():
    code = "from conversations.models import message; print(message.LEASE.total_seconds())"
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "tests.programs.shrunk",
            '{"conversations.models.message.LEASE": 3}',
            "shell",
            "-c",
            code,
        ],
        env={"PATH": os.environ["PATH"], "DATA_DIR": "/dev/null", "SECRET_KEY": "x"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.stdout.splitlines()[-1:] == ["3.0"], done.stderr


def test_constant_that_is_not_there_stops_the_start():
    with (
        pytest.raises(AssertionError, match="has no attribute 'NO_SUCH'"),
        Serve(shrink={"conversations.sse.NO_SUCH": 1}),
    ):
        pass


def test_memory_counts_the_children_too():
    with Program(["sh", "-c", "sleep 1000 & sleep 1000 & echo both; wait"]) as parent:
        parent.wait_line("both")
        children = family(parent.pid)[1:]
        for child in children:
            os.kill(child, signal.SIGKILL)

    assert len(children) == 2


@pytest.mark.nginx
def test_nginx_asks_other_processes_after_a_reload():
    with Serve() as first, Serve() as second, Nginx(free_port()) as nginx:
        nginx.reload(first.port, second.port)

        assert nginx.check().endswith("test is successful\n")
    assert not nginx.folder.exists()


@pytest.mark.postgresql
@pytest.mark.redis
@pytest.mark.nginx
def test_cluster_is_one_site():
    with Cluster(2, nginx=True) as cluster:
        pids = [serve.program.pid for serve in cluster.serves]
        ada = cluster.person("ada")
        conversation = ada.ask("Hello")["conversation"]

        pages = [
            person.get(conversation["url"]).status
            for person in (ada, cluster.person("ada", 0), cluster.person("ada", 1))
        ]

        assert pages == [200, 200, 200]
        assert cluster.rows("SELECT text FROM conversations_message WHERE role = 'user'") == [("Hello",)]
        assert cluster.person(None, 0).get(conversation["url"]).status == 302
    assert [is_alive(pid) for pid in pids] == [False, False]
    assert not cluster.folder.exists()

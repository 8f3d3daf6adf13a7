"""Of several processes one does each job, and where it is killed another one goes on."""

from collections.abc import Iterator

import pytest

from tests.processes.alone import Alone
from tests.processes.waiting import until
from tests.programs.cluster import Cluster
from tests.programs.serve import Serve

FAST = {"conversations.jobs.LOOK_AGAIN": 0.05, "conversations.models.session.AT_ONCE": 1}
SHRUNK = FAST | {"conversations.models.job.LEASE": 2, "conversations.jobs.PAUSE": 0.05}
EXPIRED = "expire_date < '2021-01-01'"
FILL = """INSERT INTO django_session (session_key, session_data, expire_date)
          SELECT 'expired' || number, '', '2020-01-01' FROM generate_series(1, %s) AS number"""
NOTE = """
    CREATE TABLE taken (runner text);
    CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql
    AS 'BEGIN INSERT INTO taken VALUES (NEW.runner); RETURN NULL; END';
    CREATE TRIGGER note AFTER UPDATE ON conversations_job FOR EACH ROW
    WHEN (NEW.name = 'sessions' AND NEW.runner <> '' AND NEW.runner <> OLD.runner) EXECUTE FUNCTION note()
"""
WANT = "UPDATE conversations_job SET is_wanted = true, ended_at = NULL WHERE name = 'sessions'"


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    with Cluster(2, redis=False, shrink=SHRUNK) as cluster:
        until(lambda: ended(cluster))
        cluster.rows(NOTE)
        yield cluster


def ended(site: Alone | Cluster) -> bool:
    return site.rows("SELECT count(*) FROM conversations_job WHERE name = 'sessions' AND ended_at IS NOT NULL") == [
        (1,)
    ]


def left(site: Alone | Cluster) -> int:
    return int(site.rows(f"SELECT count(*) FROM django_session WHERE {EXPIRED}")[0][0])  # noqa: S608 - no value


def begin(cluster: Cluster, sessions: int) -> None:
    cluster.rows("DELETE FROM taken")
    cluster.rows(FILL, sessions)
    cluster.rows(WANT)


def takers(cluster: Cluster) -> list[Serve]:
    """Which process took the job, each time."""
    by_pid = {str(serve.program.pid): serve for serve in cluster.serves}
    return [by_pid[str(runner).split(":")[1]] for (runner,) in cluster.rows("SELECT runner FROM taken")]


@pytest.mark.postgresql
def test_job_that_is_due_in_two_processes_is_done_by_one(cluster: Cluster):
    takes = []
    for _ in range(5):
        begin(cluster, 10)
        until(lambda: ended(cluster))
        takes.append(len(takers(cluster)))

    assert (takes, left(cluster)) == ([1] * 5, 0)


@pytest.mark.postgresql
@pytest.mark.fault(51)
def test_job_of_a_killed_process_is_taken_over(cluster: Cluster):
    begin(cluster, 60)
    until(lambda: 0 < left(cluster) < 55)
    (killed,) = takers(cluster)
    (living,) = [serve for serve in cluster.serves if serve is not killed]

    killed.kill()
    had = left(cluster)
    until(lambda: ended(cluster))

    assert had > 0
    assert (takers(cluster), left(cluster)) == ([killed, living], 0)
    killed.restart()


@pytest.mark.postgresql
@pytest.mark.fault(51)
def test_process_that_wakes_without_its_job_does_no_more_of_it(cluster: Cluster):
    begin(cluster, 60)
    until(lambda: 0 < left(cluster) < 55)
    (paused,) = takers(cluster)
    (living,) = [serve for serve in cluster.serves if serve is not paused]

    paused.pause()
    try:
        until(lambda: ended(cluster))
    finally:
        paused.resume()
    paused.program.wait_line("was taken over")

    assert (takers(cluster), left(cluster)) == ([paused, living], 0)


@pytest.mark.postgresql
@pytest.mark.fault(53)
def test_jobs_go_on_after_the_database_was_away(cluster: Cluster):
    cluster.postgresql.stop()
    for serve in cluster.serves:
        serve.program.wait_line("jobs could not be looked for")
    cluster.postgresql.start()
    begin(cluster, 10)
    until(lambda: ended(cluster))

    assert (len(takers(cluster)), left(cluster)) == (1, 0)


FILL_ALONE = """WITH RECURSIVE numbers (number) AS (SELECT 1 UNION SELECT number + 1 FROM numbers LIMIT 40)
                INSERT INTO django_session (session_key, session_data, expire_date)
                SELECT 'expired' || number, '', '2020-01-01' FROM numbers"""


@pytest.mark.fault(49)
@pytest.mark.parametrize("how", ["kill", "terminate"])
def test_process_that_is_started_again_goes_on_with_its_job(how: str):
    with Alone(shrink=SHRUNK | {"conversations.jobs.PAUSE": 0.2}) as site:
        until(lambda: ended(site))
        site.rows(FILL_ALONE)
        site.rows(WANT)
        until(lambda: 0 < left(site) < 40)

        getattr(site.serve, how)()
        had = left(site)
        (runner,) = site.rows("SELECT runner FROM conversations_job WHERE name = 'sessions'")[0]
        site.serve.restart()
        until(lambda: ended(site))

        assert had > 0
        assert bool(runner) == (how == "kill")  # who ends in order leaves it to others at once
        assert left(site) == 0

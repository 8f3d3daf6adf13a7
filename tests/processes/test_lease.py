"""Who has lost an answer writes nothing more of it, and whoever lives ends what nobody generates, exactly once."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest

from tests.processes.alone import Alone
from tests.processes.reading import Reader
from tests.processes.stored import answers
from tests.processes.telling import PACE, Teller
from tests.processes.waiting import until
from tests.programs.cluster import Cluster
from tests.programs.serve import Serve

LEASE = 4  # seconds, for the tests alone; the real one is held in test_crash.py
SHRUNK = {"conversations.models.message.LEASE": LEASE, "conversations.generation.serving.RECOVERY_INTERVAL": 0.5}
WAITING = "SELECT count(*) FROM pg_locks WHERE NOT granted"
HOLD = """
    CREATE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql
    AS 'BEGIN PERFORM pg_advisory_xact_lock(1); RETURN NULL; END';
    CREATE TRIGGER hold AFTER UPDATE ON conversations_message FOR EACH ROW
    WHEN (OLD.status = 'streaming' AND NEW.status = 'streaming') EXECUTE FUNCTION hold()
"""


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    with Cluster(2, shrink=SHRUNK) as cluster:
        cluster.make_accounts("ada")
        yield cluster


@pytest.fixture
def teller(cluster: Cluster) -> Teller:
    """The provider of this test."""
    cluster.provider.default = teller = Teller()
    return teller


@contextmanager
def paused(serve: Serve) -> Iterator[None]:
    serve.pause()
    try:
        yield
    finally:
        serve.resume()


def settle(cluster: Cluster, teller: Teller) -> None:
    """Each process has written a whole answer: whatever it had to write before is written too."""
    for number in range(2):
        ada, question = cluster.person("ada", number), f"Settled {number}"
        teller.expect(question, words=3)
        reader = Reader(ada, ada.ask(question))
        reader.wait_end()
        assert reader.status == "complete"


def everything(cluster: Cluster, answer: str) -> list[tuple[object, ...]]:
    """Every column of the answer, and of its conversation what an answer may change."""
    return cluster.rows(
        """SELECT message.*, conversation.title, conversation.title_source, conversation.leaf_id
           FROM conversations_message message
           JOIN conversations_conversation conversation ON conversation.id = message.conversation_id
           WHERE message.uuid = %s""",
        answer,
    )


@pytest.mark.postgresql
@pytest.mark.redis
@pytest.mark.fault(51)
def test_process_that_wakes_without_its_answer_writes_nothing(cluster: Cluster, teller: Teller):
    ada, beside = cluster.person("ada", 0), cluster.person("ada", 1)
    begun = ada.ask("Paused")
    here, there = Reader(ada, begun), Reader(beside, begun)
    here.wait_words(40)
    there.wait_words(40)

    with paused(cluster.serves[0]):
        there.wait_end()
        lost, had = everything(cluster, here.answer), here.text
    teller.telling("Paused").wait_cut()
    here.wait_end()
    settle(cluster, teller)

    status, text, _ = answers(cluster)[here.answer]
    assert (status, everything(cluster, here.answer)) == ("interrupted", lost)
    for reader in (here, there):
        assert (reader.status, reader.text, reader.names()[-1]) == ("interrupted", text, "end")
    assert teller.telling("Paused").text.startswith(text)
    assert "rewind" in here.names() or had == text
    assert teller.call_counts()["Paused"] == 1


@pytest.mark.postgresql
@pytest.mark.redis
@pytest.mark.fault(51)
def test_process_that_was_paused_in_a_transaction_holds_up_nobody(cluster: Cluster, teller: Teller):
    ada, beside = cluster.person("ada", 0), cluster.person("ada", 1)
    begun = ada.ask("Locked")
    here, there = Reader(ada, begun), Reader(beside, begun)
    there.wait_words(10)
    with psycopg.connect(cluster.postgresql.url()) as connection:
        connection.execute("SELECT pg_advisory_xact_lock(1)")
        cluster.rows(HOLD)
        until(lambda: connection.execute(WAITING).fetchone() == (1,))  # a checkpoint, in its transaction
        cluster.serves[0].pause()
    try:
        there.wait_end()
    finally:
        cluster.serves[0].resume()
    here.wait_end()
    cluster.rows("DROP FUNCTION hold CASCADE")
    settle(cluster, teller)

    assert (there.status, answers(cluster)[here.answer][:2]) == ("interrupted", ("interrupted", here.text))


@pytest.mark.postgresql
@pytest.mark.redis
@pytest.mark.fault(42)
@pytest.mark.fault(51)
def test_process_that_wakes_after_the_deletion_brings_nothing_back(cluster: Cluster, teller: Teller):
    ada, beside = cluster.person("ada", 0), cluster.person("ada", 1)
    before = cluster.rows("SELECT count(*) FROM conversations_message")
    begun = ada.ask("Deleted")
    readers = [Reader(ada, begun), Reader(beside, begun)]
    for reader in readers:
        reader.wait_words(20)

    with paused(cluster.serves[0]):
        deleted = beside.script(begun["conversation"]["url"], {"action": "remove"})
    teller.telling("Deleted").wait_cut()
    for reader in readers:
        reader.wait_end()
    after = cluster.rows("SELECT count(*) FROM conversations_message")
    settle(cluster, teller)

    assert (deleted.status, after) == (204, before)
    assert [reader.is_gone for reader in readers] == [True, True]
    assert everything(cluster, begun["answer"]["id"]) == []
    assert cluster.rows("SELECT 1 FROM conversations_conversation WHERE uuid = %s", begun["conversation"]["id"]) == []


ABANDON = """UPDATE conversations_message SET status = 'streaming', runner = 'gone', ended_at = NULL,
             lease_until = now() + interval '2 seconds' WHERE uuid = ANY(%s::uuid[])"""


# By the database's clock: the lease is over, and each process has looked since.
LOOKED_AT = "SELECT clock_timestamp() > lease_until + interval '1.5 seconds' FROM conversations_message WHERE uuid = %s"


@pytest.mark.postgresql
@pytest.mark.redis
@pytest.mark.fault(51)
def test_two_processes_recover_at_once_and_one_of_them_wins(cluster: Cluster, teller: Teller):
    ada = cluster.person("ada", 1)
    questions = [f"Raced {number}" for number in range(5)]
    for question in questions:
        teller.expect(question, words=3)
    readers = [Reader(ada, ada.ask(question)) for question in questions]
    for reader in readers:
        reader.wait_end()
    ids = [reader.answer for reader in readers]
    before = recovered(cluster)

    with psycopg.connect(cluster.postgresql.url()) as connection:
        connection.execute(ABANDON, [ids])
        connection.commit()
        connection.execute("SELECT 1 FROM conversations_message WHERE uuid = ANY(%s::uuid[]) FOR UPDATE", [ids])
        until(lambda: connection.execute(LOOKED_AT, [ids[0]]).fetchone() == (True,))
        settle(cluster, teller)  # a row that is held keeps no process from its own answers
        held = {answers(cluster)[answer].status for answer in ids}
    until(lambda: all(answers(cluster)[answer].status == "interrupted" for answer in ids))
    settle(cluster, teller)

    assert held == {"streaming"}
    assert sum(recovered(cluster)) - sum(before) == 5


def recovered(cluster: Cluster) -> list[int]:
    """How many answers each process says that it interrupted."""
    return [sum(map(int, re.findall(r"whose process is gone: (\d+)", serve.log))) for serve in cluster.serves]


@pytest.mark.fault(35)
def test_process_that_was_paused_alone_goes_on_and_loses_nothing():
    with Alone(shrink=SHRUNK | {"conversations.models.message.LEASE": 1.5}) as site:
        ada = site.person()
        site.teller.expect("Paused", words=140)
        reader = Reader(ada, ada.ask("Paused"))
        reader.wait_words(20)
        telling = site.teller.telling("Paused")

        with paused(site.serve):
            telling.wait_words(len(telling.times) + int(2 / PACE))
            lapsed = site.rows(
                """SELECT count(*) FROM conversations_message
                   WHERE status = 'streaming' AND lease_until < strftime('%Y-%m-%d %H:%M:%f', 'now')"""
            )
        reader.wait_end()

        assert lapsed == [(1,)]
        assert answers(site)[reader.answer] == ("complete", telling.text, "Paused")
        assert (reader.status, reader.text, reader.breaks) == ("complete", telling.text, 0)

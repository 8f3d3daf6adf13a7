"""The process is told to end: answers end in time or are kept, readers are told, and nothing holds the process up."""

import http.client
import signal
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from urllib.parse import urlencode

import psycopg
import pytest

from tests.patience import PATIENCE
from tests.people import Person
from tests.processes.alone import Alone
from tests.processes.reading import BROKEN, Reader
from tests.processes.stored import answers, questions
from tests.processes.telling import Teller
from tests.programs.cluster import Cluster
from tests.programs.serve import Serve

GRACE = 4
MARGIN = 8.0  # seconds over the grace, on a busy machine; the server's own last resort, with status 1, is at 10
AGES = str(10 * PATIENCE)  # a grace that no test waits for
ENDING = "ending: running answers"


@pytest.mark.fault(50)
def test_answers_end_in_time_or_are_kept_as_far_as_they_were_seen():
    with Alone(SHUTDOWN_GRACE=str(GRACE)) as site:
        short = [f"Short {number}" for number in range(3)]
        for question in short:
            site.teller.expect(question, words=40, held_at=20)
        ada, bob = site.person("ada"), site.person("bob")
        shorts = [Reader(ada, ada.ask(question)) for question in short]
        longs = [Reader(bob, bob.ask(f"Long {number}")) for number in range(3)]
        for reader in shorts + longs:
            reader.wait_words(15)

        told_at = time.monotonic()
        site.serve.signal(signal.SIGTERM)
        site.serve.program.wait_line(ENDING)
        for question in short:
            site.teller.telling(question).open()
        status = site.serve.wait()
        took = time.monotonic() - told_at

        stored = answers(site)
        for reader in shorts + longs:
            reader.wait_end()
            assert (reader.status, reader.text) == stored[reader.answer][:2]
            assert (reader.breaks, reader.statuses, "rewind" in reader.names()) == (0, [], False)
        for reader, question in zip(shorts, short, strict=True):
            assert stored[reader.answer] == ("complete", site.teller.telling(question).text, question)
        for number, reader in enumerate(longs):
            assert reader.status == "interrupted"
            assert site.teller.telling(f"Long {number}").text.startswith(reader.text)
        assert (status, took < GRACE + MARGIN) == (0, True)
        assert set(site.teller.call_counts().values()) == {1}


@pytest.mark.fault(50)
def test_nothing_is_sent_through_a_process_that_ends_and_the_text_comes_back():
    with Alone(SHUTDOWN_GRACE=AGES) as site:
        ada = site.person()
        site.teller.expect("First", words=40, held_at=20)
        first = Reader(ada, ada.ask("First"))
        first.wait_words(15)
        with closing(half_sent(ada, "do not <lose> me")) as request:
            site.serve.signal(signal.SIGTERM)
            site.serve.program.wait_line(ENDING)
            request.send(b"me")
            reply = request.getresponse()
            status, page = reply.status, reply.read().decode()
        later = outcome(ada, "Later")
        site.teller.telling("First").open()
        ended = site.serve.wait()

        assert (status, "do not &lt;lose&gt; me</textarea>" in page) == (503, True)
        assert later in (503, "unreachable")
        assert (ended, questions(site), site.teller.call_counts()) == (0, ["First"], {"First": 1})
        assert [answer.status for answer in answers(site).values()] == ["complete"]


def half_sent(person: Person, message: str) -> http.client.HTTPConnection:
    """A form that is under way to the site: the last two bytes of it are missing."""
    connection = http.client.HTTPConnection(*person.url.removeprefix("http://").split(":"), timeout=PATIENCE)
    body = urlencode({"message": message}).encode()
    connection.putrequest("POST", "/conversations/")
    connection.putheader("Cookie", "; ".join(f"{name}={value}" for name, value in person.cookies.items()))
    connection.putheader("X-CSRFToken", person.cookies["csrf"])
    connection.putheader("Content-Type", "application/x-www-form-urlencoded")
    connection.putheader("Content-Length", str(len(body)))
    connection.endheaders(body[:-2])
    # What was asked on another connection after it has been answered: the site has begun with this one.
    assert person.get("/healthz").status == 200
    return connection


def outcome(person: Person, message: str) -> int | str:
    try:
        return person.script("/conversations/", {"message": message}).status
    except BROKEN:
        return "unreachable"


@pytest.mark.fault(50)
def test_ctrl_c_twice_ends_at_once_and_loses_no_more_than_a_crash():
    with Alone(SHUTDOWN_GRACE=AGES) as site:
        ada = site.person()
        reader = Reader(ada, ada.ask("Question"))
        reader.wait_words(60)
        site.serve.signal(signal.SIGINT)
        site.serve.program.wait_line(ENDING)
        site.serve.signal(signal.SIGINT)
        site.serve.wait()
        has_traceback = "Traceback" in site.serve.log

        site.serve.restart()

        reader.wait_end()
        status, text, _ = answers(site)[reader.answer]
        assert (status, reader.status, reader.text, has_traceback) == ("interrupted", "interrupted", text, False)
        assert text.startswith(site.teller.telling("Question").words[0])


@pytest.mark.fault(50)
def test_connections_that_nobody_uses_do_not_hold_up_the_end():
    with Alone(SHUTDOWN_GRACE=AGES) as site:
        address = site.serve.url.removeprefix("http://")
        connections = [http.client.HTTPConnection(address, timeout=PATIENCE) for _ in range(5)]
        for connection in connections:
            connection.request("GET", "/healthz")
            connection.getresponse().read()

        status = site.serve.terminate()

        for connection in connections:
            connection.close()
        assert status == 0


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    with Cluster(2, nginx=True, SHUTDOWN_GRACE=AGES) as cluster:
        yield cluster


WAITING = "SELECT count(*) FROM pg_locks WHERE NOT granted"


@pytest.mark.postgresql
@pytest.mark.redis
@pytest.mark.nginx
@pytest.mark.fault(50)
def test_message_that_was_under_way_at_the_signal_is_answered(cluster: Cluster):
    cluster.provider.default = teller = Teller(words=5)
    ada, through = cluster.person("ada", 0), cluster.person("ada")
    with psycopg.connect(cluster.postgresql.url()) as connection, ThreadPoolExecutor(1) as thread:
        connection.execute("LOCK TABLE conversations_message IN SHARE MODE")
        sending = thread.submit(ada.ask, "Under way")
        while connection.execute(WAITING).fetchone() != (1,):
            pass
        cluster.serves[0].signal(signal.SIGTERM)
        wait_unreachable(cluster.serves[0])
        connection.commit()
        begun = sending.result(PATIENCE)
    reader = Reader(through, begun)
    status = cluster.serves[0].wait()
    reader.wait_end()
    cluster.serves[0].restart()

    assert status == 0
    assert (reader.status, reader.text) == ("complete", teller.telling("Under way").text)
    assert answers(cluster)[reader.answer] == ("complete", reader.text, "Under way")
    assert teller.call_counts() == {"Under way": 1}


def wait_unreachable(serve: Serve) -> None:
    """Until the port takes no more connections: the signal has been heard."""
    with suppress(OSError):
        while True:
            socket.create_connection(("127.0.0.1", serve.port), timeout=PATIENCE).close()


@pytest.mark.postgresql
@pytest.mark.redis
@pytest.mark.nginx
@pytest.mark.fault(50)
@pytest.mark.fault(51)
def test_readers_of_what_another_process_generates_are_sent_to_it_at_once(cluster: Cluster):
    cluster.provider.default = teller = Teller()
    here, there = cluster.person("ada", 0), cluster.person("ada", 1)
    readers = [Reader(here, there.ask(f"Question {number}")) for number in range(5)]
    for reader in readers:
        reader.wait_words(10)
        # The next connection goes where a proxy leads it.
        reader.person = cluster.person("ada")

    status = cluster.serves[0].terminate()

    counts = [reader.text.count(" 🌍 ") for reader in readers]
    for reader, count in zip(readers, counts, strict=True):
        reader.wait_words(count + 20)
        ada_stops = there.script(f"/messages/{reader.answer}/stop/")
        assert ada_stops.status == 204
        reader.wait_end()
    stored = answers(cluster)
    assert status == 0
    for reader in readers:
        assert (reader.breaks, reader.statuses, reader.names().count("end")) == (1, [], 1)
        assert (reader.status, reader.text) == ("stopped", stored[reader.answer].text)
    assert set(teller.call_counts().values()) == {1}

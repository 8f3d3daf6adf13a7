"""Redis, PostgreSQL or SQLite's lock go away under running answers, and come back: nobody loses a word."""

import json
import sqlite3
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, closing, contextmanager
from typing import Any

import pytest

from conversations import sse
from tests.fakes.replies import Gate, Reply, chunk, raw
from tests.people import Person, Stream, text_of
from tests.processes.alone import Alone
from tests.processes.stored import answers
from tests.processes.waiting import calls, held, names, said, script, texts, until
from tests.programs.cluster import Cluster
from tests.programs.postgresql import PostgreSQL
from tests.programs.redis import Redis

LEASE = 6  # seconds, where it is shrunk
MOMENT = 2  # seconds of an outage that nobody notices
BOUND = 8  # seconds after which who sends is answered, whatever is away


Gone = Callable[[Redis], AbstractContextManager[None]]


@pytest.fixture(scope="module")
def running() -> Iterator[Cluster]:
    with Cluster(2) as cluster:
        yield cluster.make_accounts("ada", "bob")


@pytest.fixture
def cluster(running: Cluster) -> Iterator[Cluster]:
    until(lambda: all(state(running.person(None, at))["redis"] for at in (0, 1)))
    yield running
    running.hang_up()


@pytest.fixture
def here(cluster: Cluster) -> Person:
    """Where answers are generated."""
    return cluster.person("ada", 0)


@pytest.fixture
def there(cluster: Cluster) -> Person:
    """The same person at the other process."""
    return cluster.person("ada", 1)


def state(person: Person) -> dict[str, bool]:
    """What the readiness check says."""
    return dict(person.get("/readyz").json)


@contextmanager
def away(program: Redis | PostgreSQL) -> Iterator[None]:
    program.stop()
    try:
        yield
    finally:
        program.start()


@contextmanager
def paused(redis: Redis) -> Iterator[None]:
    redis.pause()
    try:
        yield
    finally:
        redis.resume()


def told(*pieces: str) -> tuple[list[Gate], Reply]:
    """An answer of these pieces, the first at once, each other one after its gate; the last gate is before the end."""
    gates = [Gate() for _ in pieces]
    steps = [step for piece, gate in zip(pieces, gates, strict=True) for step in (chunk({"content": piece}), gate)]
    return gates, raw(*steps, chunk(finish="stop"))


def open_all(gates: list[Gate]) -> None:
    for gate in gates:
        gate.open()


def until_notice(stream: Stream, code: str, seen: list[sse.Event]) -> list[sse.Event]:
    """What was seen and what comes, to where its latest notice is this one: it may have come before the last delta,
    where a slow machine took seconds to get that far."""
    notices = [event for event in seen if event.event == "notice"]
    if notices and is_notice(notices[-1], code):
        return seen
    return seen + stream.until(lambda event: is_notice(event, code))


def is_notice(event: sse.Event, code: str) -> bool:
    return event.event == "notice" and json.loads(event.data)["code"] == code


def end_status(events: list[sse.Event]) -> str:
    assert events[-1].event == "end"
    return str(json.loads(events[-1].data)["status"])


# Redis.


@pytest.mark.fault(55)
@pytest.mark.parametrize("gone", [away, paused], ids=["stopped", "hanging"])
@pytest.mark.postgresql
@pytest.mark.redis
def test_reader_elsewhere_goes_on_without_redis_and_is_live_again_after_it(
    gone: Gone, cluster: Cluster, here: Person, there: Person
):
    assert cluster.redis
    pieces = [f"piece {number} 😀, " for number in range(30)]
    gates, reply = told(*pieces)
    script(cluster, f"Redis is {gone.__name__}", reply)
    begun = here.ask(f"Redis is {gone.__name__}")
    stream = there.follow(begun["answer"]["events_url"])
    seen = said(stream, pieces[0])

    with gone(cluster.redis):
        gates[0].open()
        seen += said(stream, pieces[1])
        without = [state(person) for person in (here, there)]
    until(lambda: state(here)["redis"] and state(there)["redis"])
    is_live, last = False, 1
    while not is_live and last + 1 < len(pieces):
        gates[last].open()
        last += 1
        seen += said(stream, pieces[last])
        is_live = not str(texts(cluster, begun)[0]).endswith(pieces[last])  # the row does not have it yet
    open_all(gates[last:])
    seen += list(stream)

    assert [ready["redis"] for ready in without] == [False, False]
    assert is_live
    assert (text_of(seen), end_status(seen), texts(cluster, begun)) == ("".join(pieces), "complete", ["".join(pieces)])
    assert "rewind" not in names(seen)


@pytest.mark.fault(55)
@pytest.mark.alone
@pytest.mark.parametrize("gone", [away, paused], ids=["stopped", "hanging"])
@pytest.mark.postgresql
@pytest.mark.redis
def test_sending_and_stopping_need_no_redis(gone: Gone, cluster: Cluster, here: Person, there: Person):
    assert cluster.redis
    gate, reply = held({"content": "Seen"}, after=" and unseen")

    with gone(cluster.redis):
        began = time.monotonic()
        sent = there.ask("Sent without Redis")
        took = time.monotonic() - began
        answered = list(here.follow(sent["answer"]["events_url"]))
        script(cluster, f"Stopped while Redis is {gone.__name__}", reply)
        begun = here.ask(f"Stopped while Redis is {gone.__name__}")
        stream = there.follow(begun["answer"]["events_url"])
        seen = said(stream, "Seen")
        there.script(f"/messages/{begun['answer']['id']}/stop/")
        seen += list(stream)
        until(lambda: not state(there)["redis"])
        ready = there.get("/readyz").status
    gate.open()

    assert took < BOUND
    assert text_of(answered) == "Hello there"
    assert (text_of(seen), end_status(seen), texts(cluster, begun)) == ("Seen", "stopped", ["Seen"])
    assert ready == 200


# PostgreSQL.


@pytest.mark.fault(53)
@pytest.mark.postgresql
@pytest.mark.redis
def test_answer_goes_on_while_the_database_is_away_and_is_saved_after_it(cluster: Cluster, here: Person, there: Person):
    pieces = ["Before, ", "meanwhile 😀, ", "unsaved, ", "after."]
    gates, reply = told(*pieces)
    script(cluster, "The database is away", reply)
    begun = here.ask("The database is away")
    streams = [person.follow(begun["answer"]["events_url"]) for person in (here, there)]
    seen = [said(stream, pieces[0]) for stream in streams]

    with away(cluster.postgresql):
        gates[0].open()
        seen = [early + said(stream, pieces[1]) for early, stream in zip(seen, streams, strict=True)]
        seen = [until_notice(stream, "not_saved", early) for early, stream in zip(seen, streams, strict=True)]
        gates[1].open()
        seen = [early + said(stream, pieces[2]) for early, stream in zip(seen, streams, strict=True)]
        ready = there.get("/readyz").status
    seen = [until_notice(stream, "", early) for early, stream in zip(seen, streams, strict=True)]
    until(lambda: texts(cluster, begun) == ["".join(pieces[:3])])
    open_all(gates[2:])
    seen = [early + list(stream) for early, stream in zip(seen, streams, strict=True)]

    assert ready == 503
    assert [(text_of(events), end_status(events)) for events in seen] == [("".join(pieces), "complete")] * 2
    assert texts(cluster, begun) == ["".join(pieces)]
    assert len(calls(cluster, "The database is away")) == 1


@pytest.mark.fault(53)
@pytest.mark.postgresql
@pytest.mark.redis
def test_answer_that_ends_while_the_database_is_away_is_stored_after_it(cluster: Cluster, here: Person, there: Person):
    gates, reply = told("Begun, ", "and ended 😀.")
    script(cluster, "Ended meanwhile", reply)
    begun = here.ask("Ended meanwhile")
    streams = [person.follow(begun["answer"]["events_url"]) for person in (here, there)]
    seen = [said(stream, "Begun, ") for stream in streams]

    with away(cluster.postgresql):
        open_all(gates)
        seen = [early + said(stream, "and ended 😀.") for early, stream in zip(seen, streams, strict=True)]
    seen = [early + list(stream) for early, stream in zip(seen, streams, strict=True)]

    whole = "Begun, and ended 😀."
    assert [(text_of(events), end_status(events)) for events in seen] == [(whole, "complete")] * 2
    assert answers(cluster)[begun["answer"]["id"]][:2] == ("complete", whole)


@pytest.mark.fault(54)
@pytest.mark.alone
@pytest.mark.postgresql
@pytest.mark.redis
def test_send_while_the_database_is_away_is_refused_soon_and_gives_the_text_back(cluster: Cluster, here: Person):
    fields = {"message": "do not <lose> me"}

    with away(cluster.postgresql):
        began = time.monotonic()
        form = here.post("/conversations/", fields)
        took = time.monotonic() - began
        refused = here.script("/conversations/", fields)

    assert (form.status, refused.status, refused.error) == (503, 503, "unavailable")
    assert "do not &lt;lose&gt; me</textarea>" in form.text
    assert took < BOUND
    assert calls(cluster, "do not <lose> me") == []
    assert here.script("/conversations/", fields).status == 201


@pytest.mark.fault(53)
@pytest.mark.alone
@pytest.mark.postgresql
@pytest.mark.redis
def test_quick_restart_of_the_database_is_noticed_by_nobody(cluster: Cluster, here: Person, there: Person):
    outage = float("inf")
    for _ in range(3):  # the machine may be busy with something else, and a longer outage is another test
        if outage < MOMENT:
            break
        gates, reply = told("Before, ", "after.")
        script(cluster, "Restarted", reply)
        begun = here.ask("Restarted")
        streams = [person.follow(begun["answer"]["events_url"]) for person in (here, there)]
        seen = [said(stream, "Before, ") for stream in streams]
        outage = restart(cluster.postgresql)
        with ThreadPoolExecutor(10) as many:
            statuses = list(many.map(lambda person: person.get("/").status, [here, there] * 10))
        open_all(gates)
        seen = [early + list(stream) for early, stream in zip(seen, streams, strict=True)]

    assert outage < MOMENT
    assert statuses == [200] * 20
    assert [names(events) for events in seen] == [["start", "message", "message", "end"]] * 2
    assert [text_of(events) for events in seen] == ["Before, after."] * 2


def restart(postgresql: PostgreSQL) -> float:
    """For how many seconds it was away."""
    began = time.monotonic()
    with away(postgresql):
        pass
    return time.monotonic() - began


@pytest.mark.fault(53)
@pytest.mark.postgresql
@pytest.mark.redis
def test_outage_longer_than_the_lease_interrupts_no_living_answer():
    constants = {"conversations.models.message.LEASE": LEASE, "conversations.generation.serving.RECOVERY_INTERVAL": 0.2}
    with Cluster(2, shrink=constants, CHAT_ANSWERS_PER_PERSON="1") as cluster:
        cluster.make_accounts("ada", "bob", "cy")
        gates = {message: told_to(cluster, message) for message in ("Goes on", "Ends meanwhile", "Elsewhere")}
        going, ending = cluster.person("ada", 0).ask("Goes on"), cluster.person("bob", 0).ask("Ends meanwhile")
        elsewhere, waiting = (cluster.person("cy", 1).ask(message) for message in ("Elsewhere", "Waits"))
        streams = [
            cluster.person("ada", 0).follow(going["answer"]["events_url"]),
            cluster.person("bob", 0).follow(ending["answer"]["events_url"]),
            cluster.person("cy", 1).follow(elsewhere["answer"]["events_url"]),
        ]
        seen = [said(stream, "Begun, ") for stream in streams]

        with away(cluster.postgresql):
            began = time.monotonic()
            open_all(gates["Ends meanwhile"])
            until(lambda: time.monotonic() > began + 1.2 * LEASE)
            cluster.serves[0].pause()
        has_run_out = [lease(cluster, begun) < 0 for begun in (going, ending, elsewhere, waiting)]
        until(lambda: lease(cluster, waiting) > 0)  # the other process has looked after what is lost
        cluster.serves[0].resume()
        open_all(gates["Goes on"] + gates["Elsewhere"])
        seen = [early + list(stream) for early, stream in zip(seen, streams, strict=True)]

        assert has_run_out[:2] == [True, True]
        assert [(text_of(events), end_status(events)) for events in seen] == [("Begun, ended.", "complete")] * 3
        assert "interrupted" not in {answer.status for answer in answers(cluster).values()}


def told_to(cluster: Cluster, message: str) -> list[Gate]:
    gates, reply = told("Begun, ", "ended.")
    script(cluster, message, reply)
    return gates


def lease(cluster: Cluster, begun: dict[str, Any]) -> float:
    """For how many seconds the answer is still its process's."""
    question = "SELECT extract(epoch FROM lease_until - now()) FROM conversations_message WHERE uuid = %s"
    [(seconds,)] = cluster.rows(question, begun["answer"]["id"])
    return float(str(seconds))


# SQLite.


@pytest.mark.fault(52)
@pytest.mark.fault(53)
def test_answer_goes_on_while_another_program_holds_the_lock_of_sqlite():
    with Alone(shrink={"conversations.generation.answers.SAVE_PATIENCE": 0.5}) as site:
        ada = site.person("ada")
        pieces = ["Before, ", "meanwhile, ", "unsaved, ", "after."]
        gates, reply = told(*pieces)
        script(site, "Locked", reply)
        begun = ada.ask("Locked")
        stream = ada.follow(begun["answer"]["events_url"])
        seen = said(stream, pieces[0])
        until(lambda: kept_in(site) == [pieces[0]])

        with closing(sqlite3.connect(site.serve.data / "db.sqlite3", timeout=60, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            gates[0].open()
            seen += said(stream, pieces[1])
            seen = until_notice(stream, "not_saved", seen)
            gates[1].open()
            seen += said(stream, pieces[2])
            page = ada.get(begun["conversation"]["url"]).status
            kept = kept_in(site)
            other.execute("COMMIT")
        seen = until_notice(stream, "", seen)
        open_all(gates[2:])
        seen += list(stream)

        assert (page, kept) == (200, [pieces[0]])
        assert (text_of(seen), end_status(seen)) == ("".join(pieces), "complete")
        assert [answer[:2] for answer in answers(site).values()] == [("complete", "".join(pieces))]


def kept_in(site: Alone) -> list[str]:
    return [answer.text for answer in answers(site).values()]

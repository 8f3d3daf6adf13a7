"""Several processes on one PostgreSQL are one site, with Redis and without: whoever generates, any of them serves."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from conversations import sse
from tests.fakes.replies import Gate, chunk, raw
from tests.faults.witness import Shown
from tests.people import Person, Stream, text_of
from tests.processes.waiting import calls, end_of, held, linked, names, said, script, texts, thoughts_of, until
from tests.programs.cluster import Cluster

pytestmark = [pytest.mark.postgresql, pytest.mark.redis]

PING = 0.5  # seconds


@pytest.fixture(scope="module")
def by_redis() -> Iterator[Cluster]:
    with Cluster(2, shrink={"conversations.live.following.PING_INTERVAL": PING}) as cluster:
        yield linked(cluster.make_accounts("ada", "bob"))


@pytest.fixture(scope="module")
def by_rows() -> Iterator[Cluster]:
    with Cluster(2, redis=False, shrink={"conversations.live.following.PING_INTERVAL": PING}) as cluster:
        yield cluster.make_accounts("ada", "bob")


@pytest.fixture(params=["by_redis", "by_rows"])
def cluster(request: pytest.FixtureRequest) -> Iterator[Cluster]:
    running: Cluster = request.getfixturevalue(request.param)
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


# Following and resuming.


@pytest.mark.fault(51)
def test_answer_is_followed_elsewhere_as_where_it_is_generated(cluster: Cluster, here: Person, there: Person):
    gate, reply = held({"reasoning": "Hm 🤔"}, {"content": "Hel"}, after="lo 😀")
    script(cluster, "Followed", reply)
    events_url = here.ask("Followed")["answer"]["events_url"]
    streams = [here.follow(events_url), there.follow(events_url)]

    seen = [with_title(stream, "Hel") for stream in streams]
    gate.open()
    seen = [early + list(stream) for early, stream in zip(seen, streams, strict=True)]

    told_here, told_there = map(told, seen)
    assert told_there == told_here
    assert told_here["text"] == "Hello 😀"
    assert told_here["thoughts"] == "Hm 🤔"
    assert told_here["titles"] == ["A title"]
    assert told_here["end"]["status"] == "complete"
    assert len(calls(cluster, "Followed")) == 1


@pytest.mark.fault(51)
def test_reader_goes_over_and_back_by_its_cursor(cluster: Cluster, here: Person, there: Person):
    gates = [Gate(), Gate()]
    pieces = [chunk({"reasoning": "ö😀"}), chunk({"content": "a😀"})]
    more = [gates[0], chunk({"content": "b😀 "}), gates[1], chunk({"content": "c"}, finish="stop")]
    script(cluster, "Resumed", raw(*pieces, *more))
    events_url = here.ask("Resumed")["answer"]["events_url"]

    seen = said(here.follow(events_url), "a😀")
    gates[0].open()
    seen += said(there.follow(events_url, Last_Event_ID=seen[-1].id), "b😀 ")
    gates[1].open()
    seen += list(here.follow(events_url, Last_Event_ID=seen[-1].id))

    assert (thoughts_of(seen), text_of(seen)) == ("ö😀", "a😀b😀 c")
    assert "rewind" not in names(seen)
    assert there.get(events_url, Last_Event_ID=seen[-1].id).status == 204


@pytest.mark.fault(51)
def test_blocks_are_drawn_by_whatever_process_is_read(cluster: Cluster, here: Person, there: Person):
    gate, reply = held({"content": "*One* 🌍\n\n"}, {"content": "## Two\nthr"}, after="ee")
    script(cluster, "In blocks", reply)
    url = here.ask("In blocks")["answer"]["events_url"]

    told = [
        [json.loads(event.data) for event in person.follow(url).until(is_second_block) if event.event == "block"]
        for person in (here, there)
    ]
    gate.open()

    assert [block["html"] for block in told[0]] == ["<p><em>One</em> 🌍</p>\n", "<h2>Two</h2>\n"]
    assert told[1] == told[0]


def is_second_block(event: sse.Event) -> bool:
    return event.event == "block" and "Two" in event.data


@pytest.mark.fault(37)
@pytest.mark.fault(51)
def test_page_of_another_process_holds_the_text_so_far_and_the_place_to_go_on(
    cluster: Cluster, here: Person, there: Person
):
    gate, reply = held({"content": "Half 😀"}, after=" and half")
    script(cluster, "Shown", reply)
    begun = here.ask("Shown")
    until(lambda: texts(cluster, begun) == ["Half 😀"])

    page = there.get(begun["conversation"]["url"]).text
    fragment = there.get(f"/messages/{begun['answer']['id']}/").text
    cursor = f"{begun['answer']['id'].replace('-', '')}.0.7.0"
    stream = there.follow(f"{begun['answer']['events_url']}?after={cursor}")
    gate.open()

    assert Shown.read(page).text == Shown.read(fragment).text == "Half 😀"
    assert cursor in page
    assert text_of(list(stream)) == " and half"


@pytest.mark.fault(41)
@pytest.mark.fault(51)
def test_stop_through_another_process_needs_no_redis(by_rows: Cluster):
    here, there = by_rows.person("ada", 0), by_rows.person("ada", 1)
    gate, reply = held({"content": "Seen"}, after=" and unseen")
    script(by_rows, "Stopped by its row", reply)
    begun = here.ask("Stopped by its row")
    stream = there.follow(begun["answer"]["events_url"])
    seen = said(stream, "Seen")

    there.script(f"/messages/{begun['answer']['id']}/stop/")
    seen += list(stream)
    gate.open()

    assert (text_of(seen), end_of(seen)["status"], texts(by_rows, begun)) == ("Seen", "stopped", ["Seen"])


# What others do to it.


@pytest.mark.fault(38)
@pytest.mark.fault(51)
def test_retry_with_the_same_key_elsewhere_gives_the_same_answer(cluster: Cluster, here: Person, there: Person):
    gate, reply = held({"content": "One"}, after=" answer")
    script(cluster, "Once", reply)
    fields = {"message": "Once", "key": "lost-reply"}

    first = here.script("/conversations/", fields)
    gate.wait_reached()
    again = there.script("/conversations/", fields)
    gate.open()
    seen = list(there.follow(first.json["answer"]["events_url"]))
    late = there.script("/conversations/", fields)

    assert [reply.status for reply in (first, again, late)] == [201] * 3
    assert again.json == late.json == first.json
    assert text_of(seen) == "One answer"
    assert len(calls(cluster, "Once")) == 1


@pytest.mark.fault(40)
@pytest.mark.fault(51)
def test_second_message_elsewhere_is_refused_while_an_answer_runs(cluster: Cluster, here: Person, there: Person):
    gate, reply = held({"content": "Busy"})
    script(cluster, "First", reply)
    begun = here.ask("First")
    path = f"{begun['conversation']['url']}messages/"
    fields = {"message": "Second", "parent": begun["answer"]["id"]}

    refused = there.script(path, fields)
    gate.open()
    list(there.follow(begun["answer"]["events_url"]))
    accepted = there.script(path, fields)

    assert (refused.status, refused.error) == (409, "answer_running")
    assert accepted.status == 201
    assert len(calls(cluster, "Second")) <= 1


@pytest.mark.fault(42)
@pytest.mark.fault(51)
def test_deletion_elsewhere_ends_it(cluster: Cluster, here: Person, there: Person):
    gate, reply = held({"content": "Soon gone"})
    script(cluster, "Deleted", reply)
    begun = here.ask("Deleted")
    streams = [person.follow(begun["answer"]["events_url"]) for person in (here, there)]
    seen = [said(stream, "Soon gone") for stream in streams]

    hangups = cluster.provider._hangups
    status = there.script(begun["conversation"]["url"], {"action": "remove"}).status
    seen = [early + list(stream) for early, stream in zip(seen, streams, strict=True)]
    cluster.provider.wait_hangup(hangups + 1)
    gate.open()

    assert status == 204
    assert [names(events)[-1] for events in seen] == ["message"] * 2
    assert texts(cluster, begun) == []


@pytest.mark.fault(43)
@pytest.mark.fault(51)
def test_logout_elsewhere_closes_the_stream_at_the_next_ping(cluster: Cluster):
    here, there = cluster.person("bob", 0), cluster.person("bob", 1)
    gate, reply = held({"content": "Private"}, after=" matters")
    script(cluster, "Logged out", reply)
    begun = here.ask("Logged out")
    stream = here.follow(begun["answer"]["events_url"])
    said(stream, "Private")

    there.post("/accounts/logout/")
    rest = list(stream)
    gate.open()

    assert {event.event for event in rest} <= {"ping", "title"}
    assert rest[-1].event == "ping"
    assert here.get(begun["answer"]["events_url"], Accept="text/event-stream").status == 401


@pytest.mark.fault(51)
def test_process_that_is_started_later_follows_and_recovers():
    constants = {"conversations.models.message.LEASE": 3, "conversations.generation.serving.RECOVERY_INTERVAL": 0.2}
    with Cluster(1, shrink=constants) as cluster:
        gate, reply = held({"content": "Kept"}, after=" by nobody")
        script(cluster, "Adopted", reply)
        begun = cluster.person("ada").ask("Adopted")
        until(lambda: texts(cluster, begun) == ["Kept"])

        linked(cluster).add()
        linked(cluster)
        stream = cluster.person("ada", 1).follow(begun["answer"]["events_url"])
        seen = said(stream, "Kept")
        cluster.serves[0].kill()
        seen += list(stream)
        gate.open()

        assert (text_of(seen), end_of(seen)["status"]) == ("Kept", "interrupted")
        assert texts(cluster, begun) == ["Kept"]


# What a reader was told.


def with_title(stream: Stream, wanted: str) -> list[sse.Event]:
    """The stream's events until it has given the text and a title, in whichever order."""
    seen: list[sse.Event] = []

    def is_all(event: sse.Event) -> bool:
        seen.append(event)
        return text_of(seen).endswith(wanted) and any(one.event == "title" for one in seen)

    return stream.until(is_all)


def told(events: list[sse.Event]) -> dict[str, Any]:
    """What the events come to, in whatever pieces it came."""
    return {
        "first": events[0].event,
        "thoughts": thoughts_of(events),
        "text": text_of(events),
        "titles": [json.loads(event.data)["title"] for event in events if event.event == "title"],
        "end": end_of(events),
    }

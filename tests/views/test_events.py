"""The stream over HTTP: cursors, headers, refusals, and readers that come and go."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.http.response import HttpResponseBase
from django.test import RequestFactory

from conversations import sse
from conversations.live import following
from conversations.models import Conversation, Message, Status
from conversations.models.session import SessionStore
from conversations.views import events
from tests.fakes.provider import FakeProvider
from tests.fakes.replies import Gate, Reply, chunk, chunks, raw
from tests.live_site import session_of
from tests.processes.waiting import until
from tests.serving import Person, Site, Stream, text_of


def said(stream: Stream, wanted: str) -> list[Any]:
    """The stream's events until it has given all of `wanted`."""
    seen: list[Any] = []
    return stream.until(lambda event: seen.append(event) or text_of(seen).endswith(wanted))


def elsewhere(person: Person, text: str) -> Message:
    """An answer that another process generates, with this text so far."""
    answer = Conversation.begin(person.user, text="Hi", model="fake-model")
    answer.claim(runner="elsewhere", sent={})
    answer.checkpoint(runner="elsewhere", text=text, reasoning="")
    return answer


def names(events: list[Any]) -> list[str]:
    """Without the title, which comes when it comes."""
    return [event.event for event in events if event.event != "title"]


def held(*before: str, after: str = "!") -> tuple[Gate, Reply]:
    """An answer that stands still after its first pieces until the gate is opened."""
    gate = Gate()
    pieces = [chunk({"content": text}) for text in before]
    return gate, raw(*pieces, gate, chunk({"content": after}, finish="stop"))


@pytest.mark.fault(58)
def test_the_stream_says_how_it_wants_to_be_treated(ada: Person) -> None:
    stream = ada.follow(ada.ask()["answer"]["events_url"])
    headers = {name: stream.headers[name] for name in ("Content-Type", "Cache-Control", "X-Accel-Buffering")}
    list(stream)

    assert headers == {
        "Content-Type": "text/event-stream; charset=utf-8",
        "Cache-Control": "no-store, no-transform",
        "X-Accel-Buffering": "no",
    }


@pytest.mark.fault(58)
def test_the_first_event_comes_at_once_and_bears_no_id(ada: Person, fake: FakeProvider) -> None:
    gate, reply = held()
    fake.script(reply)
    begun = ada.ask()
    gate.wait_reached()

    stream = ada.follow(begun["answer"]["events_url"])
    event = stream.next()
    gate.open()
    list(stream)

    assert (event.event, event.id) == ("start", "")
    assert json.loads(event.data) == {"answer": begun["answer"]["id"], "model": "fake-model", "status": "streaming"}


def test_the_end_says_how_and_with_what_usage(ada: Person, fake: FakeProvider) -> None:
    usage = {"prompt_tokens": 7, "completion_tokens": 2, "total_tokens": 9}
    fake.script(chunks("a😀", usage=usage))

    *_, end = ada.follow(ada.ask()["answer"]["events_url"])

    assert end.event == "end"
    assert json.loads(end.data) == {
        "status": "complete",
        "reason": "stop",
        "length": 3,
        "usage": {"prompt_tokens": 7, "completion_tokens": 2},
        "error": None,
    }


def test_reasoning_is_kept_apart(ada: Person, fake: FakeProvider, site: Site) -> None:
    fake.script(raw(chunk({"reasoning_content": "hm, "}), chunk({"reasoning_content": "well"}), *chunks("So.").steps))
    begun = ada.ask()
    site.wait_answers()

    events = list(ada.follow(begun["answer"]["events_url"]))

    thought = "".join(json.loads(event.data)["text"] for event in events if event.event == "reasoning")
    assert (thought, text_of(events)) == ("hm, well", "So.")
    answer = Message.objects.get(uuid=begun["answer"]["id"])
    assert (answer.reasoning, answer.text) == ("hm, well", "So.")


@pytest.mark.fault(37)
def test_cut_after_any_byte_and_resumed_nothing_is_missing_or_twice(
    ada: Person, fake: FakeProvider, site: Site
) -> None:
    fake.script(raw(chunk({"reasoning": "ö😀"}), *chunks("a😀b", " ä ", "c").steps))
    begun = ada.ask()
    site.wait_answers()
    url = begun["answer"]["events_url"]
    whole = ada.follow(url)
    body = b"".join(iter(lambda: whole._response.read1(65536), b""))

    resumed = []
    for cut in range(len(body)):
        had = list(sse.Decoder().feed(body[:cut]))
        last = next((event.id for event in reversed(had) if event.id), "")
        again = ada.get(url, Accept="text/event-stream", **({"Last_Event_ID": last} if last else {}))
        ended = any(event.event == "end" for event in had)
        assert again.status == (204 if ended else 200)
        resumed.append(text_of(had) + text_of(list(sse.Decoder().feed(again.body))))

    assert set(resumed) == {"a😀b ä c"}


def test_last_event_id_wins_over_after(ada: Person, site: Site) -> None:
    begun = ada.ask()
    site.wait_answers()
    name = begun["answer"]["id"].replace("-", "")
    url = f"{begun['answer']['events_url']}?after={name}.0.0.0"

    events = list(ada.follow(url, Last_Event_ID=f"{name}.0.6.0"))

    assert text_of(events) == "there"


def test_after_is_where_a_page_begins(ada: Person, site: Site) -> None:
    begun = ada.ask()
    site.wait_answers()
    name = begun["answer"]["id"].replace("-", "")

    events = list(ada.follow(f"{begun['answer']['events_url']}?after={name}.0.6.0"))

    assert text_of(events) == "there"


@pytest.mark.fault(61)
@pytest.mark.parametrize("cursor", ["x", "0.0.0", "00000000000040008000000000000000.0.0.0", "%00", "ä", "a" * 5000])
def test_a_malformed_or_foreign_cursor_is_a_400(ada: Person, cursor: str) -> None:
    begun = ada.ask()

    reply = ada.get(
        f"{begun['answer']['events_url']}?after={cursor.replace('ä', '%C3%A4')}", Accept="text/event-stream"
    )

    assert (reply.status, reply.error) == (400, "bad_request")


def test_a_cursor_past_the_end_gets_204_and_any_other_the_rest_long_afterwards(ada: Person, site: Site) -> None:
    begun = ada.ask()
    site.wait_answers()
    url, name = begun["answer"]["events_url"], begun["answer"]["id"].replace("-", "")

    assert ada.get(f"{url}?after={name}.0.11.1").status == 204
    assert names(list(ada.follow(f"{url}?after={name}.0.11.0"))) == ["start", "end"]


def test_a_cursor_ahead_of_the_text_is_rewound(ada: Person, site: Site) -> None:
    begun = ada.ask()
    site.wait_answers()
    name = begun["answer"]["id"].replace("-", "")

    events = list(ada.follow(f"{begun['answer']['events_url']}?after={name}.0.99.0"))

    assert names(events) == ["start", "rewind", "end"]
    assert json.loads(events[1].data)["length"] == 11


def test_two_readers_of_a_running_answer_see_the_same(ada: Person, fake: FakeProvider) -> None:
    gate, reply = held("one ", "two ", after="three")
    fake.script(reply)
    url = ada.ask()["answer"]["events_url"]
    first, second = ada.follow(url), ada.follow(url)
    seen = [said(reader, "two ") for reader in (first, second)]
    gate.open()

    texts = [text_of(events + list(reader)) for events, reader in zip(seen, (first, second), strict=True)]

    assert texts == ["one two three"] * 2


@pytest.mark.fault(36)
def test_an_answer_outlives_its_reader(ada: Person, fake: FakeProvider, site: Site) -> None:
    gate, reply = held("one ", after="two")
    fake.script(reply)
    begun = ada.ask()
    stream = ada.follow(begun["answer"]["events_url"])
    said(stream, "one ")

    stream.close()
    gate.open()
    site.wait_answers()

    assert Message.objects.get(uuid=begun["answer"]["id"]).text == "one two"


def test_an_answer_that_another_process_generates_is_followed_by_its_row(
    ada: Person, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "ROW_INTERVAL", 0.01)
    answer = elsewhere(ada, "so far")

    stream = ada.follow(f"/messages/{answer.uuid}/events/")
    seen = said(stream, "so far")
    answer.checkpoint(runner="elsewhere", text="so far and on", reasoning="")
    seen += said(stream, " and on")
    Message.objects.filter(pk=answer.pk).update(status=Status.COMPLETE, text="so far and on.", finish_reason="stop")
    seen += list(stream)

    assert text_of(seen) == "so far and on."
    assert seen[-1].event == "end"


@pytest.mark.fault(43)
@pytest.mark.parametrize("change", ["logout", "logout elsewhere", "new password", "deactivation", "deletion"])
def test_who_loses_the_right_to_read_loses_the_stream_at_the_next_ping(
    ada: Person, site: Site, fake: FakeProvider, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    monkeypatch.setattr(following, "PING_INTERVAL", 0.05)
    gate, reply = held("one ")
    fake.script(reply)
    stream = ada.follow(ada.ask()["answer"]["events_url"])
    said(stream, "one ")

    if change == "logout":
        ada.post("/accounts/logout/")
    elif change == "logout elsewhere":
        Person(site.url, session_of(ada.user)).post("/accounts/sessions/", {"action": "end_others"})
    elif change == "new password":
        ada.user.set_password("another good one")
        ada.user.save()
    elif change == "deactivation":
        type(ada.user).objects.update(is_active=False)
    else:
        ada.user.delete()

    assert "end" not in [event.event for event in stream]
    gate.open()


def test_who_is_not_logged_in_is_told_so(site: Site, ada: Person, person: Any) -> None:
    begun = ada.ask()

    reply = person(None).get(begun["answer"]["events_url"], Accept="text/event-stream")

    assert (reply.status, reply.error) == (401, "not_signed_in")


def test_a_users_message_has_no_stream(ada: Person) -> None:
    begun = ada.ask()

    assert ada.get(f"/messages/{begun['message']['id']}/events/").status == 404


@pytest.mark.fault(57)
def test_an_open_stream_holds_no_connection_to_the_database(ada: Person, fake: FakeProvider, site: Site) -> None:
    gate, reply = held("one ")
    fake.script(reply)
    stream = ada.follow(ada.ask()["answer"]["events_url"])
    said(stream, "one ")
    with_one = database_handles()

    others = [open_stream(ada, stream_path()) for _ in range(5)]

    assert len(database_handles()) <= len(with_one)
    gate.open()
    for other in others:
        list(other)


def stream_path() -> str:
    return f"/messages/{Message.objects.answers().latest('pk').uuid}/events/"


def open_stream(ada: Person, url: str) -> Stream:
    stream = ada.follow(url)
    said(stream, "one ")
    return stream


def database_handles() -> list[str]:
    """The open handles of this process on the database's file."""
    name = str(connection.settings_dict["NAME"])
    links = [str(link.readlink()) for link in Path("/proc/self/fd").iterdir() if link.is_symlink()]
    return [target for target in links if target == name]


def test_a_person_has_so_many_streams_and_others_have_theirs(
    ada: Person, bob: Person, fake: FakeProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "STREAMS_OF_A_PERSON", 2)
    gate, reply = held("one ", after="two")
    fake.script(reply)
    begun = ada.ask("Hi", key="k")
    url = begun["answer"]["events_url"]
    open_ones = [ada.follow(url) for _ in range(2)]
    seen = [said(stream, "one ") for stream in open_ones]

    refused = ada.get(url, Accept="text/event-stream")
    repeated = ada.script("/conversations/", {"message": "Hi", "key": "k"}, Accept="text/event-stream")
    misused = ada.script("/conversations/", {"message": "Ho", "key": "k"}, Accept="text/event-stream")
    asked = ada.script("/conversations/", {"message": "Again"}, Accept="text/event-stream")
    others = text_of(list(bob.follow("/conversations/", "POST", {"message": "Hi"})))
    gate.open()
    texts = [text_of(early + list(stream)) for early, stream in zip(seen, open_ones, strict=True)]

    assert [(reply.status, reply.error) for reply in (refused, repeated, asked)] == [(429, "too_many_streams")] * 3
    assert (misused.status, misused.error) == (409, "key_reused")  # the key is looked up before any limit
    assert (texts, others) == (["one two"] * 2, "Hello there")
    assert text_of(list(ada.follow(url))) == "one two"
    assert Conversation.objects.for_user(ada.user).count() == 1


def test_streams_are_counted_before_they_are_sent(
    ada: Person, rf: RequestFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "STREAMS_OF_A_PERSON", 2)
    answer = elsewhere(ada, "so far")

    def asked() -> HttpResponseBase:
        request = rf.get("/", headers={"Accept": "text/event-stream"})
        request.user, request.session = ada.user, SessionStore()
        return events.events(request, answer.uuid)

    open_ones = [asked(), asked()]
    refused = asked()
    for one in open_ones:
        one.close()
        one.close()
    later = [asked(), asked()]
    statuses = [one.status_code for one in (*open_ones, refused, *later, asked())]
    del later  # one that nobody sends gives its place back too

    assert statuses == [200, 200, 429, 200, 200, 429]
    assert ada.user.pk not in events._open


def test_who_hangs_up_gives_the_place_back(ada: Person, fake: FakeProvider, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "STREAMS_OF_A_PERSON", 1)
    gate, reply = held("one ", after="two")
    fake.script(reply)
    url = ada.ask()["answer"]["events_url"]
    first = ada.follow(url)
    said(first, "one ")
    assert ada.follow(url).status == 429

    first.close()

    until(lambda: ada.follow(url).status == 200)
    gate.open()

"""How much is taken on at once: answers of this process and of one person, a line of those that wait, and refusals."""

import json
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db.models.functions import Now

from conversations import database
from conversations.generation import serving
from conversations.models import Conversation, Message, Status, message
from tests.fakes.provider import FakeProvider
from tests.fakes.replies import Gate
from tests.people import Person, Stream, text_of
from tests.serving import Site
from tests.views.test_events import held, said


@pytest.fixture
def one_at_once(site: Site) -> Iterator[None]:
    queue = serving.current().queue
    before, queue.most = queue.most, 1
    yield
    queue.most = before


@pytest.fixture
def running(one_at_once: None, ada: Person, fake: FakeProvider) -> Gate:
    """Ada's answer that has the only turn, until the gate is opened."""
    gate, reply = held("first ")
    fake.script(reply)
    said(ada.follow(ada.ask("Mine first")["answer"]["events_url"]), "first ")
    return gate


def waiting(person: Person) -> tuple[Message, Stream, list[str]]:
    """An answer that waits for its turn, its reader, and the events up to the place in line."""
    begun = person.ask("Then mine")
    stream = person.follow(begun["answer"]["events_url"])
    seen = stream.until(lambda event: event.event == "notice")
    return Message.objects.get(uuid=begun["answer"]["id"]), stream, [event.data for event in seen[1:]]


def test_who_waits_is_told_the_place_and_comes_in_order(running: Gate, bob: Person, ada: Person, site: Site) -> None:
    answer, stream, notices = waiting(bob)
    later, _, places = waiting(ada)
    assert [json.loads(data) for data in notices] == [{"code": "place", "until": None, "place": 1}]
    assert json.loads(places[0])["place"] == 2
    assert (answer.status, later.status) == (Status.PENDING, Status.PENDING)

    running.open()
    events = list(stream)

    assert (text_of(events), json.loads(events[-1].data)["status"]) == ("Hello there", "complete")
    site.wait_answers()
    assert Message.objects.get(pk=later.pk).status == Status.COMPLETE


def test_who_waits_is_not_taken_for_abandoned(running: Gate, bob: Person, site: Site) -> None:
    answer, _, _ = waiting(bob)
    Message.objects.filter(pk=answer.pk).update(lease_until=Now())

    site.run(lambda: database.run(serving._look, serving.current().running()))

    assert Message.objects.get(pk=answer.pk).status == Status.PENDING
    assert not Message.objects.abandoned().exists()
    assert Message.objects.filter(pk=answer.pk, lease_until__gt=Now() + timedelta(seconds=10)).exists()


def test_who_is_stopped_while_waiting_ends_at_once_and_is_never_asked_for(
    running: Gate, bob: Person, site: Site, fake: FakeProvider
) -> None:
    answer, stream, _ = waiting(bob)

    bob.script(f"/messages/{answer.uuid}/stop/")
    events = list(stream)

    assert json.loads(events[-1].data)["status"] == "stopped"
    running.open()
    site.wait_answers()
    assert "Then mine" not in [call.body["messages"][-1]["content"] for call in fake.answer_calls]


@pytest.mark.parametrize("how", ["stopped", "deleted"])
def test_who_is_ended_elsewhere_while_waiting_leaves_the_line(running: Gate, bob: Person, site: Site, how: str) -> None:
    answer, stream, _ = waiting(bob)

    if how == "stopped":  # as another process does: it only writes the row
        answer.ask_to_stop()
    else:
        answer.conversation.remove()
    site.run(look_again)
    events = list(stream)

    assert (events[-1].event if events else None) == ("end" if how == "stopped" else None)
    assert len(serving.current().queue) == 0


async def look_again() -> None:
    here = serving.current()
    ended, _ = await database.run(serving._look, here.running())
    here.stop(ended)


def test_a_shutdown_interrupts_who_waits_without_asking_the_provider(
    running: Gate, bob: Person, site: Site, fake: FakeProvider
) -> None:
    answer, _, _ = waiting(bob)

    site.settle()

    assert Message.objects.get(pk=answer.pk).status == Status.INTERRUPTED
    assert [call.body["messages"][-1]["content"] for call in fake.answer_calls] == ["Mine first"]


def test_one_person_holds_up_only_themselves(site: Site, ada: Person, bob: Person, fake: FakeProvider) -> None:
    queue = serving.current().queue
    before, queue.most_each = queue.most_each, 1
    gate, reply = held("first ")
    fake.script(reply)
    said(ada.follow(ada.ask()["answer"]["events_url"]), "first ")

    mine, _, _ = waiting(ada)
    theirs = list(bob.follow(bob.ask()["answer"]["events_url"]))

    assert text_of(theirs) == "Hello there"
    assert Message.objects.get(pk=mine.pk).status == Status.PENDING
    gate.open()
    site.wait_answers()
    queue.most_each = before


def test_too_many_answers_are_refused_and_the_text_is_given_back(
    ada: Person, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(message, "MOST_UNFINISHED", 1)
    Conversation.begin(ada.user, text="Under way elsewhere", model="fake-model")

    reply = ada.script("/conversations/", {"message": "One more"})
    page = ada.post("/conversations/", {"message": "One more"})

    assert (reply.status, reply.error, page.status) == (429, "too_many_answers", 429)
    assert "One more</textarea>" in page.text
    assert Conversation.objects.count() == 1


def test_a_full_line_is_refused_before_anything_is_written(
    running: Gate, bob: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serving, "MOST_WAITING", 1)
    waiting(bob)

    reply = bob.script("/conversations/", {"message": "One too many"})

    assert (reply.status, reply.error) == (503, "busy")
    assert not Conversation.objects.filter(title__contains="One too many").exists()

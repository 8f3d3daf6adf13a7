import json

import pytest

from conversations.generation import answers
from conversations.models import Conversation, Message, Status
from tests.fakes.provider import FakeProvider
from tests.fakes.replies import Gate, chunk, raw
from tests.serving import Person, Site, text_of
from tests.views.test_events import held, said


def the_answer() -> Message:
    return Message.objects.answers().get()


@pytest.mark.fault(41)
def test_stopping_keeps_all_that_a_reader_saw(ada: Person, fake: FakeProvider) -> None:
    _, reply = held("one ", "two")
    fake.script(reply)
    begun = ada.ask()
    stream = ada.follow(begun["answer"]["events_url"])
    seen = said(stream, "two")

    reply = ada.script(f"/messages/{begun['answer']['id']}/stop/")
    seen += list(stream)

    assert reply.status == 204
    assert (the_answer().status, the_answer().text, text_of(seen)) == ("stopped", "one two", "one two")
    assert json.loads(seen[-1].data)["status"] == "stopped"
    fake.wait_hangup()


@pytest.mark.fault(41)
def test_stopping_before_the_first_delta(ada: Person, fake: FakeProvider, site: Site) -> None:
    gate = Gate()
    fake.script(raw(gate, chunk({"content": "late"}, finish="stop")))
    begun = ada.ask()
    gate.wait_reached()

    ada.script(f"/messages/{begun['answer']['id']}/stop/")
    site.wait_answers()

    assert (the_answer().status, the_answer().text) == ("stopped", "")


@pytest.mark.fault(41)
def test_stopping_twice_or_after_the_end_changes_nothing(ada: Person, site: Site) -> None:
    begun = ada.ask()
    site.wait_answers()
    path = f"/messages/{begun['answer']['id']}/stop/"

    replies = [ada.script(path).status for _ in range(2)]

    assert replies == [204, 204]
    assert (the_answer().status, the_answer().text) == ("complete", "Hello there")


def test_stopping_by_form_leads_back_to_the_conversation(ada: Person, fake: FakeProvider, site: Site) -> None:
    gate, reply = held("one")
    fake.script(reply)
    begun = ada.ask()
    gate.wait_reached()

    reply = ada.post(f"/messages/{begun['answer']['id']}/stop/")
    site.wait_answers()

    assert (reply.status, reply.headers["Location"]) == (303, begun["conversation"]["url"])
    assert the_answer().status == "stopped"


def test_an_answer_of_another_process_is_asked_to_stop(ada: Person) -> None:
    answer = Conversation.begin(ada.user, text="Hi", model="fake-model")
    answer.claim(runner="elsewhere", sent={})

    ada.script(f"/messages/{answer.uuid}/stop/")

    assert (the_answer().status, the_answer().stop_requested) == (Status.STREAMING, True)


def test_a_request_to_stop_made_elsewhere_is_found_at_the_checkpoint(
    ada: Person, fake: FakeProvider, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answers, "CHECKPOINT_INTERVAL", 0.02)
    gate, reply = held("one")
    fake.script(reply)
    ada.ask()
    gate.wait_reached()

    Message.objects.running().update(stop_requested=True)
    site.wait_answers()

    assert (the_answer().status, the_answer().text) == ("stopped", "one")


def test_a_pending_answer_that_nobody_took_is_ended_by_the_view(ada: Person) -> None:
    answer = Conversation.begin(ada.user, text="Hi", model="fake-model")

    ada.script(f"/messages/{answer.uuid}/stop/")

    assert the_answer().status == Status.STOPPED


@pytest.mark.fault(42)
def test_deleting_a_conversation_stops_its_answer_first_and_nothing_comes_back(
    ada: Person, fake: FakeProvider, site: Site
) -> None:
    _, reply = held("one")
    fake.script(reply)
    begun = ada.ask()
    stream = ada.follow(begun["answer"]["events_url"])
    said(stream, "one")

    reply = ada.script(begun["conversation"]["url"], {"action": "remove"})
    fake.wait_hangup()
    site.wait_answers()

    assert reply.status == 204
    assert (Conversation.objects.count(), Message.objects.count()) == (0, 0)
    list(stream)
    assert ada.get(begun["answer"]["events_url"]).status == 404


def test_stopping_by_form_gives_back_what_was_in_the_composer(ada: Person, fake: FakeProvider, site: Site) -> None:
    gate, reply = held("one")
    fake.script(reply)
    begun = ada.ask()
    gate.wait_reached()

    page = ada.post(f"/messages/{begun['answer']['id']}/stop/", {"message": "My <next> thought"})
    site.wait_answers()

    assert (page.status, the_answer().status) == (200, "stopped")
    assert "My &lt;next&gt; thought</textarea>" in page.text
    assert "The answer was told to stop." in page.text


def test_stopping_by_form_after_the_end_gives_back_the_text_and_says_nothing(ada: Person, site: Site) -> None:
    begun = ada.ask()
    site.wait_answers()

    page = ada.post(f"/messages/{begun['answer']['id']}/stop/", {"message": "My <next> thought"})

    assert (page.status, the_answer().status) == (200, "complete")
    assert "My &lt;next&gt; thought</textarea>" in page.text
    assert "told to stop" not in page.text

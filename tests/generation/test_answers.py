"""One answer as a job: claimed once, kept while it grows, ended once, whatever the provider or the database does."""

import dataclasses
import threading
from typing import Any
from uuid import UUID

import pytest
from django.contrib.auth.models import User
from django.db import OperationalError

from conversations import generation, live
from conversations.generation import answers, checkpoints, rows, serving
from conversations.models import Checkpoint, Conversation, Message
from tests.fakes.provider import FakeProvider
from tests.fakes.replies import Cut, Gate, chunk, chunks, raw, refusal
from tests.patience import PATIENCE
from tests.people import text_of
from tests.serving import Person, Site
from tests.views.test_events import held, said


def the_answer() -> Message:
    return Message.objects.answers().get()


def test_what_was_sent_is_kept_with_the_answer(ada: Person, fake: FakeProvider, site: Site, settings: Any) -> None:
    settings.CHAT_HISTORY_TURNS = 1
    begun = ada.ask("first")
    path, parent = f"{begun['conversation']['url']}messages/", begun["answer"]["id"]
    for text in ("second", "third"):
        site.wait_answers()
        parent = ada.script(path, {"message": text, "parent": parent}).json["answer"]["id"]
    site.wait_answers()

    answer = Message.objects.get(uuid=parent)
    question = answer.parent
    previous = [str(question.parent.parent.uuid), str(question.parent.uuid)]
    assert (answer.sent["turns"], answer.sent["turns_left_out"]) == (1, 1)
    assert answer.sent["messages"] == previous
    sent = [(message["role"], message["content"]) for message in fake.answer_calls[-1].body["messages"]]
    assert sent == [
        ("system", settings.CHAT_SYSTEM_PROMPT),
        ("user", "second"),
        ("assistant", "Hello there"),
        ("user", "third"),
    ]


def test_a_conversations_own_number_of_turns_and_system_prompt_win(ada: Person, fake: FakeProvider, site: Site) -> None:
    begun = ada.ask("first")
    site.wait_answers()
    ada.script(begun["conversation"]["url"], {"action": "configure", "history_turns": 0, "system_prompt": "Be brief."})

    ada.script(f"{begun['conversation']['url']}messages/", {"message": "second", "parent": begun["answer"]["id"]})
    site.wait_answers()

    assert [message["content"] for message in fake.answer_calls[-1].body["messages"]] == ["Be brief.", "second"]


def test_a_provider_that_fails_leaves_the_question_and_a_reason(ada: Person, fake: FakeProvider, site: Site) -> None:
    fake.script(refusal(401, {"error": {"message": "bad key sk-verysecret123456"}}))
    begun = ada.ask("first")
    site.wait_answers()

    answer = the_answer()
    assert (answer.status, answer.error_code, answer.parent.text) == ("failed", "misconfigured", "first")
    assert "verysecret" not in answer.error_detail
    page = ada.get(begun["conversation"]["url"]).text
    assert answer.error_reference in page
    assert "misconfigured" in page
    assert "verysecret" not in page


def test_a_question_whose_answer_failed_goes_with_the_next_one(ada: Person, fake: FakeProvider, site: Site) -> None:
    fake.script(refusal(401))
    begun = ada.ask("first")
    site.wait_answers()

    ada.script(f"{begun['conversation']['url']}messages/", {"message": "second", "parent": begun["answer"]["id"]})
    site.wait_answers()

    sent = [(message["role"], message["content"]) for message in fake.answer_calls[-1].body["messages"]]
    assert sent[1:] == [("user", "first\n\nsecond")]


def test_text_before_a_failure_is_kept(ada: Person, fake: FakeProvider, site: Site) -> None:
    fake.script(raw(chunk({"content": "the part"}), Cut()))
    ada.ask()
    site.wait_answers()

    assert (the_answer().status, the_answer().text) == ("failed", "the part")


def test_two_runners_race_and_one_call_is_made(ada: Person, fake: FakeProvider, site: Site) -> None:
    answer = Conversation.begin(ada.user, text="Hi", model="fake-model")

    generation.start(answer)
    generation.start(answer)
    site.wait_answers()

    assert [call.body["messages"][-1]["content"] for call in fake.answer_calls].count("Hi") == 1
    assert the_answer().text == "Hello there"


def test_an_answer_stopped_before_its_claim_is_never_asked_for(ada: Person, fake: FakeProvider, site: Site) -> None:
    answer = Conversation.begin(ada.user, text="Hi", model="fake-model")
    answer.ask_to_stop()

    generation.start(answer)
    site.wait_answers()

    assert (the_answer().status, fake.calls) == ("stopped", [])


def test_the_text_is_kept_while_it_grows(
    ada: Person, fake: FakeProvider, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answers, "CHECKPOINT_INTERVAL", 0.01)
    kept = threading.Event()
    checkpoint = rows.checkpoint

    def watched(texts: list[Checkpoint]) -> dict[int, rows.Kept]:
        result = checkpoint(texts)
        if [each.text for each in texts] == ["so far"]:
            kept.set()
        return result

    monkeypatch.setattr(checkpoints, "checkpoint", watched)
    gate, reply = held("so far")
    fake.script(reply)
    ada.ask()

    assert kept.wait(PATIENCE)
    assert (the_answer().status, the_answer().text) == ("streaming", "so far")
    gate.open()


def test_nothing_comes_after_the_wish_to_stop(
    ada: Person, fake: FakeProvider, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not while a checkpoint is written either, for which the end waits."""
    monkeypatch.setattr(answers, "CHECKPOINT_INTERVAL", 0.01)
    writing, may_write = threading.Event(), threading.Event()

    def slow(texts: list[Checkpoint]) -> dict[int, rows.Kept]:
        if [each.text for each in texts] == ["so far"]:
            writing.set()
            assert may_write.wait(PATIENCE)
        return rows.checkpoint(texts)

    monkeypatch.setattr(checkpoints, "checkpoint", slow)
    gate, reply = held("so far", after=" too late")
    fake.script(dataclasses.replace(reply, framing="close"))
    begun = ada.ask()
    stream = ada.follow(begun["answer"]["events_url"])
    seen = said(stream, "so far")

    assert writing.wait(PATIENCE)
    serving.call_on_loop(live.ask_to_stop, UUID(begun["answer"]["id"]))
    gate.open()
    fake.wait_closed()
    may_write.set()
    seen += list(stream)

    assert (text_of(seen), the_answer().status, the_answer().text) == ("so far", "stopped", "so far")


def test_a_lost_row_is_left_alone(ada: Person, fake: FakeProvider, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers, "CHECKPOINT_INTERVAL", 0.01)
    _, reply = held("mine")
    fake.script(reply)
    begun = ada.ask()
    stream = ada.follow(begun["answer"]["events_url"])
    said(stream, "mine")

    Message.objects.answers().update(runner="somebody else", text="theirs")
    fake.wait_hangup()
    site.wait_answers()

    assert (the_answer().status, the_answer().text) == ("streaming", "theirs")
    stream.close()


@pytest.mark.fault(53)
def test_while_the_database_is_away_the_stream_goes_on_and_the_end_is_saved_later(
    ada: Person, fake: FakeProvider, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answers, "CHECKPOINT_INTERVAL", 0.01)
    monkeypatch.setattr(answers, "WRITE_RETRY", (0.01, 0.01))
    away = threading.Event()
    end = Message.end

    def fails_while_away(*args: Any, **kwargs: Any) -> Any:
        if away.is_set():
            raise OperationalError("away")
        return end(*args, **kwargs)

    def checkpoint_fails_while_away(*args: Any) -> Any:
        if away.is_set():
            raise OperationalError("away")
        return rows.checkpoint(*args)

    monkeypatch.setattr(Message, "end", fails_while_away)
    monkeypatch.setattr(checkpoints, "checkpoint", checkpoint_fails_while_away)
    gate, reply = held("one ", after="two")
    fake.script(reply)
    stream = ada.follow(ada.ask()["answer"]["events_url"])
    seen = said(stream, "one ")

    away.set()
    seen += stream.until(lambda event: event.event == "notice")
    gate.open()
    seen += said(stream, "two")
    away.clear()
    seen += list(stream)

    assert '"not_saved"' in next(event.data for event in seen if event.event == "notice")
    assert seen[-1].event == "end"
    assert (the_answer().status, the_answer().text) == ("complete", "one two")


# Titles.


def test_the_model_gives_the_title_from_the_persons_text_alone(ada: Person, fake: FakeProvider, site: Site) -> None:
    ada.ask("How do I prune roses?")
    site.wait_answers()
    fake.wait_calls(2)
    site.wait_tasks()

    assert Conversation.objects.get().title == "A title"
    (request,) = next(call.body for call in fake.calls if call.is_title)["messages"]
    assert request["content"].endswith("How do I prune roses?")


@pytest.mark.fault(60)
@pytest.mark.parametrize("proposal", [refusal(400), chunks("<img src=x>"), chunks("\n\n")])
def test_the_first_words_stand_where_no_title_comes(ada: Person, fake: FakeProvider, site: Site, proposal: Any) -> None:
    fake.script_titles(proposal)
    ada.ask("How do I prune roses?")
    fake.wait_calls(2)
    site.wait_tasks()

    assert Conversation.objects.get().title == "How do I prune roses?"


def test_a_title_that_the_person_gave_is_never_changed(ada: Person, fake: FakeProvider, site: Site) -> None:
    gate = Gate()
    fake.script_titles(raw(gate, *chunks("Too late").steps))
    begun = ada.ask("How do I prune roses?")
    gate.wait_reached()

    ada.script(begun["conversation"]["url"], {"action": "rename", "title": "Garden"})
    gate.open()
    site.wait_tasks()

    assert Conversation.objects.get().title == "Garden"


@pytest.mark.fault(60)
def test_the_title_never_holds_the_answer_up(ada: Person, fake: FakeProvider, site: Site) -> None:
    gate = Gate()
    fake.script_titles(raw(gate, *chunks("Late title").steps))
    ada.ask("Hi")
    gate.wait_reached()

    site.wait_answers()

    assert the_answer().status == "complete"
    gate.open()
    site.wait_tasks()


def test_only_the_first_answer_asks_for_a_title(ada: Person, fake: FakeProvider, site: Site) -> None:
    fake.script_titles(refusal(400))
    begun = ada.ask("first")
    fake.wait_calls(2)
    site.wait_tasks()

    ada.script(f"{begun['conversation']['url']}messages/", {"message": "second", "parent": begun["answer"]["id"]})
    site.wait_answers()
    site.wait_tasks()

    assert len(fake.calls) == 3


def test_nothing_starts_where_nothing_is_served(db: None) -> None:
    ada = User.objects.create_user("ada")
    answer = Conversation.begin(ada, text="Hi", model="m")
    serving = generation.serving._serving
    generation.detach()

    try:
        with pytest.raises(generation.NotServing):
            generation.start(answer)
    finally:
        generation.serving._serving = serving

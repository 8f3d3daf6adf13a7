"""What a person sees and keeps while the database, the model list or the conversation itself is away."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import DatabaseError, OperationalError
from django.db.models.functions import Now

from conversations import database, generation
from conversations.generation import answers, checkpoints, serving
from conversations.live import following
from conversations.models import Conversation, Message
from conversations.views import events
from tests.fakes.provider import FakeProvider
from tests.patience import PATIENCE
from tests.serving import Person, Site, text_of
from tests.views.test_events import elsewhere, held, said


def fails(*args: Any, **kwargs: Any) -> Any:
    raise OperationalError("away")


@pytest.mark.fault(54)
@pytest.mark.parametrize("error", [OperationalError("locked"), DatabaseError("disk image is malformed")])
def test_a_send_that_cannot_be_saved_is_a_503_and_gives_the_text_back(
    ada: Person, fake: FakeProvider, site: Site, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    begun = ada.ask("first")
    site.wait_tasks()
    calls = len(fake.answer_calls)

    def broken(*args: Any, **kwargs: Any) -> Any:
        raise error

    monkeypatch.setattr(Message, "begin_answer", broken)
    fields = {"message": "do not <lose> me", "parent": begun["answer"]["id"]}
    paths = ("/conversations/", f"{begun['conversation']['url']}messages/")
    forms = [ada.post(path, fields) for path in paths]
    scripts = [ada.script(path, fields) for path in paths]

    assert [reply.status for reply in forms + scripts] == [503] * 4
    assert [reply.error for reply in scripts] == ["unavailable"] * 2
    assert all("do not &lt;lose&gt; me</textarea>" in reply.text for reply in forms)
    assert (len(fake.answer_calls), Message.objects.count()) == (calls, 2)


def test_a_form_without_a_token_gives_its_text_back(ada: Person) -> None:
    reply = ada.post("/conversations/", {"message": "do not <lose> me"}, csrf=False)

    assert reply.status == 403
    assert "do not &lt;lose&gt; me</textarea>" in reply.text


@pytest.mark.fault(53)
def test_streams_outlive_a_database_that_fails_beside_them(
    ada: Person, fake: FakeProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "PING_INTERVAL", 0.02)
    monkeypatch.setattr(events, "_may_go_on", fails)
    gate, reply = held("one ", after="two")
    fake.script(reply)
    stream = ada.follow(ada.ask()["answer"]["events_url"])
    seen = said(stream, "one ")

    seen += stream.until(lambda event: event.event == "ping")
    seen += stream.until(lambda event: event.event == "ping")
    gate.open()
    seen += list(stream)

    assert (text_of(seen), seen[-1].event) == ("one two", "end")


@pytest.mark.fault(53)
def test_streams_outlive_a_database_that_does_not_answer(
    ada: Person, fake: FakeProvider, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "PING_INTERVAL", 0.05)
    gate, reply = held("one ", after="two")
    fake.script(reply)
    url = ada.ask()["answer"]["events_url"]
    stream = ada.follow(url)
    seen = said(stream, "one ")
    answers_again = threading.Event()

    monkeypatch.setattr(events, "PATIENCE", 0.05)  # while it answered, a busy machine could take longer
    hanging = site.begin(lambda: database.read(answers_again.wait))
    seen += stream.until(lambda event: event.event == "ping")
    newcomer = ada.follow(url)
    gate.open()
    seen += list(stream)
    new = list(newcomer)
    answers_again.set()
    hanging.result(PATIENCE)

    assert (text_of(seen), seen[-1].event) == ("one two", "end")
    assert (text_of(new), new[-1].event) == ("one two", "end")


@pytest.mark.fault(53)
def test_a_row_that_cannot_be_read_for_a_while_is_followed_on(
    ada: Person, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "ROW_INTERVAL", 0.01)
    answer = elsewhere(ada, "so far")
    stream = ada.follow(f"/messages/{answer.uuid}/events/")
    seen = said(stream, "so far")
    failed, snapshot = threading.Event(), generation.snapshot

    def fails_once(pk: int) -> Any:
        if not failed.is_set():
            failed.set()
            raise OperationalError("away")
        return snapshot(pk)

    monkeypatch.setattr(generation, "snapshot", fails_once)
    assert failed.wait(PATIENCE)
    Message.objects.filter(pk=answer.pk).update(status="complete", text="so far.")
    seen += list(stream)

    assert (text_of(seen), seen[-1].event) == ("so far.", "end")


@pytest.mark.fault(52)
def test_a_writer_that_waits_for_a_lock_holds_up_no_reader(
    ada: Person, fake: FakeProvider, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answers, "CHECKPOINT_INTERVAL", 0.01)
    monkeypatch.setattr(answers, "SAVE_PATIENCE", 0.01)
    waiting, lock = threading.Event(), threading.Event()
    checkpoint = checkpoints.checkpoint

    def slow(*args: Any) -> Any:
        waiting.set()
        lock.wait(PATIENCE)
        return checkpoint(*args)

    monkeypatch.setattr(checkpoints, "checkpoint", slow)
    gate, reply = held("one ", after="two")
    fake.script(reply)
    begun = ada.ask()
    assert waiting.wait(PATIENCE)

    stream = ada.follow(begun["answer"]["events_url"])
    seen = stream.until(lambda event: event.event == "notice")
    lock.set()
    gate.open()
    seen += list(stream)

    assert '"not_saved"' in next(event.data for event in seen if event.event == "notice")
    assert text_of(seen) == "one two"


@pytest.mark.fault(53)
def test_a_claim_is_tried_again(ada: Person, fake: FakeProvider, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers, "WRITE_RETRY", (0.01, 0.01))
    claim, failed = answers.claim, threading.Event()

    def fails_once(*args: Any) -> Any:
        if not failed.is_set():
            failed.set()
            raise OperationalError("locked")
        return claim(*args)

    monkeypatch.setattr(answers, "claim", fails_once)
    ada.ask()
    site.wait_answers()

    assert (failed.is_set(), Message.objects.answers().get().status) == (True, "complete")


def test_an_answer_is_never_taken_from_the_process_that_generates_it(
    ada: Person, fake: FakeProvider, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate, reply = held("one ", after="two")
    fake.script(reply)
    ada.ask()
    gate.wait_reached()
    Message.objects.running().update(lease_until=Now())

    interrupted = Message.objects.abandoned().interrupt(but=serving.current().running())
    gate.open()
    site.wait_answers()

    answer = Message.objects.answers().get()
    assert (interrupted, answer.status, answer.text) == (0, "complete", "one two")


def test_a_repeated_request_gets_its_reply_whatever_has_changed_since(ada: Person, site: Site, settings: Any) -> None:
    fields = {"message": "Hi", "model": "other-model", "key": "k-1"}
    first = ada.script("/conversations/", fields)
    site.wait_answers()

    settings.CHAT_MODELS = ["fake-model"]
    settings.CHAT_CONTEXT_TOKENS = settings.CHAT_ANSWER_TOKENS
    again = ada.script("/conversations/", fields)

    assert (first.status, again.status, again.json) == (201, 201, first.json)


def test_deleting_races_everything_and_fails_nothing(ada: Person, site: Site) -> None:
    for _ in range(6):
        begun = ada.ask()
        site.wait_answers()
        url, answer = begun["conversation"]["url"], begun["answer"]["id"]
        requests = [
            lambda url=url: ada.script(url, {"action": "remove"}),
            lambda url=url, parent=answer: ada.script(f"{url}messages/", {"message": "more", "parent": parent}),
            lambda url=url: ada.script(url, {"action": "rename", "title": "x"}),
            lambda answer=answer: ada.script(f"/messages/{answer}/", {"action": "regenerate"}),
        ]
        with ThreadPoolExecutor(len(requests)) as threads:
            replies = [reply.result() for reply in [threads.submit(request) for request in requests]]
        assert {reply.status for reply in replies} <= {200, 201, 204, 404, 409}
        assert replies[0].status == 204
    site.wait_tasks()

    assert (Conversation.objects.count(), Message.objects.count()) == (0, 0)


def test_without_script_a_refused_message_stays_where_it_can_be_seen(ada: Person, fake: FakeProvider) -> None:
    gate, reply = held("one ")
    fake.script(reply)
    begun = ada.ask()
    gate.wait_reached()

    reply = ada.post(f"{begun['conversation']['url']}messages/", {"message": "kept", "parent": begun["answer"]["id"]})
    gate.open()

    assert reply.status == 409
    assert 'http-equiv="refresh"' not in reply.text
    composer = reply.text[reply.text.index("<chat-composer") :].partition(">")[0]
    assert "data-running" not in composer


def test_from_an_older_page_one_sends_under_the_newest_message(
    ada: Person, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    from conversations.views import transcript

    monkeypatch.setattr(transcript, "PAGE", 2)
    begun = ada.ask("first")
    site.wait_answers()
    url = begun["conversation"]["url"]
    second = ada.script(f"{url}messages/", {"message": "second", "parent": begun["answer"]["id"]}).json
    site.wait_answers()

    page = ada.get(f"{url}messages/?before={second['message']['id']}").text

    assert f'name="parent" value="{second["answer"]["id"]}"' in page


def test_a_cursor_that_claims_the_end_of_a_running_answer_is_followed(ada: Person, fake: FakeProvider) -> None:
    gate, reply = held("one ", after="two")
    fake.script(reply)
    begun = ada.ask()
    gate.wait_reached()

    stream = ada.follow(f"{begun['answer']['events_url']}?after={begun['answer']['id'].replace('-', '')}.0.0.1")
    gate.open()

    assert text_of(list(stream)) == "one two"


@pytest.mark.fault(43)
def test_a_changed_password_closes_the_streams_of_other_sessions(
    ada: Person, fake: FakeProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "PING_INTERVAL", 0.02)
    gate, reply = held("one ")
    fake.script(reply)
    stream = ada.follow(ada.ask()["answer"]["events_url"])
    said(stream, "one ")

    user = User.objects.get()
    user.set_password("another long password")
    user.save()

    assert "end" not in [event.event for event in stream]
    gate.open()


@pytest.mark.parametrize("referer", ["//[", "http://[::1"])
def test_a_referer_that_is_no_address_leads_home(ada: Person, referer: str) -> None:
    assert ada.post("/preferences/", {"theme": "dark"}, Referer=referer).headers["Location"] == "/"


def test_a_lone_surrogate_in_any_field_is_refused_in_words(ada: Person) -> None:
    reply = ada.script("/preferences/", {"theme": "\ud800"})

    assert (reply.status, reply.error) == (422, "invalid")


def test_a_json_body_gets_a_json_reply_also_when_it_does_not_ask_for_one(ada: Person) -> None:
    reply = ada.send_raw("POST", "/conversations/", b'{"message": "Hi"}', {"Content-Type": "application/json"})

    assert (reply.status, sorted(reply.json)) == (201, ["answer", "conversation", "message"])


def test_a_line_break_in_an_address_makes_no_line_of_its_own_in_the_log(
    ada: Person, caplog: pytest.LogCaptureFixture
) -> None:
    ada.get("/x%0a2026-11-22%20INFO%20FAKE")

    ours = [record.getMessage() for record in caplog.records if record.name.startswith("conversations")]
    assert [line for line in ours if "\n" in line] == []
    assert any("FAKE" in line for line in ours)


def test_what_a_provider_quotes_of_the_person_stays_out_of_the_log(
    ada: Person, fake: FakeProvider, site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    from tests.fakes.replies import refusal

    fake.script(refusal(400, {"error": {"message": "cannot answer: my private words"}}))
    ada.ask("my private words")
    site.wait_answers()

    assert "private words" in Message.objects.answers().get().error_detail
    assert "private words" not in caplog.text


def test_a_system_prompt_that_leaves_no_room_is_refused_when_it_is_set(ada: Person, site: Site) -> None:
    begun = ada.ask()
    site.wait_answers()

    reply = ada.script(begun["conversation"]["url"], {"action": "configure", "system_prompt": "x" * 19_000})

    assert (reply.status, reply.error) == (422, "invalid")
    assert "system prompt" in reply.json["error"]["message"]


def test_the_reference_of_a_refused_form_stands_in_the_log(ada: Person, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")

    page = ada.post("/conversations/", {"message": "Hi"}, csrf=False).text

    reference = page.partition("Reference ")[2][:8]
    assert [line for line in caplog.messages if f"[{reference}]" in line] == [
        f"POST '/conversations/' was answered with 403 [{reference}]"
    ]

"""Rows 38 to 42 and 47 of the table, as the whole site meets them: what browsers do, and what becomes of it."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.contrib.auth.models import User

from conversations.generation import answers as generation_answers
from conversations.models import Conversation, Message
from tests.fakes.provider import FakeProvider
from tests.fakes.replies import DONE, Gate, chunk, raw
from tests.faults.witness import complete, ended, stopped
from tests.live_site import session_of
from tests.people import Person, Response, text_of
from tests.serving import Site
from tests.views.test_events import held, said

STOP = chunk(finish="stop")


@pytest.fixture
def other_tab(ada: Person, site: Site) -> Person:
    """The same person, logged in once more."""
    return Person(site.url, session_of(ada.user), user=ada.user, streams=site.streams)


def at_once(*requests: Callable[[], Response]) -> list[Response]:
    with ThreadPoolExecutor(len(requests)) as threads:
        return [reply.result() for reply in [threads.submit(request) for request in requests]]


@pytest.mark.fault(38)
def test_double_click_is_one_message_and_one_call(ada: Person, fake: FakeProvider, site: Site) -> None:
    fields = {"message": "Hi", "key": "k-1"}

    replies = at_once(*[lambda: ada.script("/conversations/", fields)] * 4)
    site.wait_answers()

    assert [reply.status for reply in replies] == [201] * 4
    assert len({reply.json["answer"]["id"] for reply in replies}) == 1
    assert (Message.objects.count(), len(fake.answer_calls)) == (2, 1)


@pytest.mark.fault(38)
@pytest.mark.parametrize("action", ["send", "regenerate"])
def test_double_click_in_a_conversation_is_one_message_and_one_call(
    ada: Person, fake: FakeProvider, site: Site, action: str
) -> None:
    begun = ada.ask("first")
    site.wait_answers()
    url, fields = {
        "send": (f"{begun['conversation']['url']}messages/", {"message": "Hi", "parent": begun["answer"]["id"]}),
        "regenerate": (f"/messages/{begun['answer']['id']}/", {"action": "regenerate"}),
    }[action]

    replies = at_once(*[lambda: ada.script(url, {**fields, "key": "k-2"})] * 6)
    site.wait_answers()

    assert [reply.status for reply in replies] == [201] * 6
    assert len({reply.json["answer"]["id"] for reply in replies}) == 1
    assert len(fake.answer_calls) == 2


@pytest.mark.fault(38)
def test_send_whose_reply_was_lost_is_repeated_and_goes_on_in_the_same_answer(ada: Person, fake: FakeProvider) -> None:
    gate, reply = held("one ", after="two")
    fake.script(reply)
    fields = {"message": "Hi", "key": "k-1"}
    ada.follow("/conversations/", "POST", fields).close()
    gate.wait_reached()

    again = ada.follow("/conversations/", "POST", fields)
    gate.open()

    assert text_of(list(again)) == "one two"
    assert (Message.objects.count(), len(fake.answer_calls)) == (2, 1)


@pytest.mark.fault(39)
def test_same_text_twice_on_purpose_is_two_messages(ada: Person, fake: FakeProvider, site: Site) -> None:
    begun = ada.ask("Hi", key="k-1")
    site.wait_answers()

    fields = {"message": "Hi", "key": "k-2", "parent": begun["answer"]["id"]}
    reply = ada.script(f"{begun['conversation']['url']}messages/", fields)
    site.wait_answers()

    assert reply.status == 201
    assert [message.text for message in Message.objects.order_by("pk")] == ["Hi", "Hello there"] * 2
    assert len(fake.answer_calls) == 2


@pytest.mark.fault(40)
def test_two_tabs_that_send_at_once_do_not_interleave(
    ada: Person, other_tab: Person, fake: FakeProvider, site: Site
) -> None:
    begun = ada.ask("first")
    site.wait_answers()
    path, parent = f"{begun['conversation']['url']}messages/", begun["answer"]["id"]

    replies = at_once(
        lambda: ada.script(path, {"message": "hers", "parent": parent}),
        lambda: other_tab.script(path, {"message": "other tab's", "parent": parent}),
    )
    site.wait_answers()

    refused = next(reply for reply in replies if reply.status != 201)
    assert sorted(reply.status for reply in replies) == [201, 409]
    assert refused.error in ("answer_running", "moved_on")
    assert [message.role for message in Message.objects.order_by("pk")] == ["user", "assistant"] * 2
    assert len(fake.answer_calls) == 2


@pytest.mark.fault(40)
def test_second_tab_is_told_that_an_answer_is_written_and_keeps_its_text(
    ada: Person, other_tab: Person, fake: FakeProvider
) -> None:
    gate, reply = held("one ", after="two")
    fake.script(reply)
    begun = ada.ask()
    stream = ada.follow(begun["answer"]["events_url"])
    seen = said(stream, "one ")

    fields = {"message": "do not <lose> me", "parent": begun["answer"]["id"]}
    refused = other_tab.post(f"{begun['conversation']['url']}messages/", fields)
    gate.open()
    outcome = ended(ada, begun, seen + list(stream))

    assert refused.status == 409
    assert "An answer is still being written in this chat." in refused.text
    assert "do not &lt;lose&gt; me</textarea>" in refused.text
    assert (outcome.result, len(fake.answer_calls)) == (complete("one two"), 1)


@pytest.mark.fault(41)
def test_stop_from_another_tab_is_seen_in_both(ada: Person, other_tab: Person, fake: FakeProvider) -> None:
    _, reply = held("one ", "two")
    fake.script(reply)
    begun = ada.ask()
    streams = [person.follow(begun["answer"]["events_url"]) for person in (ada, other_tab)]
    seen = [said(stream, "two") for stream in streams]

    replies = at_once(*[lambda: other_tab.script(f"/messages/{begun['answer']['id']}/stop/")] * 2)
    outcomes = [ended(ada, begun, events + list(stream)) for events, stream in zip(seen, streams, strict=True)]

    assert [reply.status for reply in replies] == [204, 204]
    assert [outcome.result for outcome in outcomes] == [stopped("one two")] * 2
    assert len(fake.answer_calls) == 1
    fake.wait_hangup()


@pytest.mark.fault(41)
def test_stop_before_the_first_word_is_an_end_like_any(ada: Person, fake: FakeProvider) -> None:
    gate = Gate()
    fake.script(raw(gate, chunk({"content": "late"}), STOP, DONE))
    begun = ada.ask()
    gate.wait_reached()
    stop = f"/messages/{begun['answer']['id']}/stop/"

    ada.script(stop)
    first = ended(ada, begun, list(ada.follow(begun["answer"]["events_url"])))
    ada.script(stop)
    second = ended(ada, begun, list(ada.follow(begun["answer"]["events_url"])))

    assert (first.result, second.result, len(fake.answer_calls)) == (stopped(""), stopped(""), 1)
    fake.wait_hangup()


@pytest.mark.fault(41)
def test_stop_after_the_end_changes_nothing(ada: Person, fake: FakeProvider, site: Site) -> None:
    begun = ada.ask()
    site.wait_answers()

    ada.script(f"/messages/{begun['answer']['id']}/stop/")

    outcome = ended(ada, begun, list(ada.follow(begun["answer"]["events_url"])))
    assert (outcome.result, len(fake.answer_calls)) == (complete("Hello there"), 1)


@pytest.mark.fault(42)
@pytest.mark.parametrize("what", ["conversation", "account"])
def test_what_is_deleted_in_the_middle_of_an_answer_stays_deleted(
    ada: Person, fake: FakeProvider, site: Site, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    monkeypatch.setattr(generation_answers, "CHECKPOINT_INTERVAL", 0.02)
    _, reply = held("one ")
    fake.script(reply)
    begun = ada.ask()
    stream = ada.follow(begun["answer"]["events_url"])
    said(stream, "one ")

    if what == "conversation":
        ada.script(begun["conversation"]["url"], {"action": "remove"})
    else:
        ada.user.delete()
    fake.wait_hangup()
    site.wait_tasks()

    list(stream)  # ends
    assert (Conversation.objects.count(), Message.objects.count(), len(fake.answer_calls)) == (0, 0, 1)
    assert User.objects.count() == (1 if what == "conversation" else 0)


@pytest.mark.fault(47)
@pytest.mark.parametrize("fields", [{}, {"parent": ""}, {"parent": "stale"}])
def test_old_page_that_knows_no_newer_message_writes_nothing(
    ada: Person, fake: FakeProvider, site: Site, fields: dict[str, Any]
) -> None:
    begun = ada.ask("first")
    site.wait_answers()
    path = f"{begun['conversation']['url']}messages/"
    ada.script(path, {"message": "second", "parent": begun["answer"]["id"]})
    site.wait_answers()
    before, count = history(), len(fake.answer_calls)

    sent = {name: begun["answer"]["id"] if value == "stale" else value for name, value in fields.items()}
    reply = ada.post(path, {"message": "late & kept", **sent})

    assert (reply.status, "late &amp; kept</textarea>" in reply.text) == (409, True)
    assert (history(), len(fake.answer_calls)) == (before, count)


def history() -> list[Any]:
    columns = ("uuid", "parent", "role", "text", "status", "created_at", "ended_at", "conversation__leaf")
    return list(Message.objects.order_by("pk").values_list(*columns))


@pytest.mark.fault(47)
def test_old_page_may_send_fields_that_are_not_known_any_more(ada: Person, fake: FakeProvider) -> None:
    begun = ada.ask("Hi", colour="blue", history="overwrite")

    outcome = ended(ada, begun, list(ada.follow(begun["answer"]["events_url"])))

    assert (outcome.result, len(fake.answer_calls)) == (complete("Hello there"), 1)

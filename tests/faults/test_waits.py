"""Rows 14, 15, 29 and 35 of the table: silence, what has no end, and a clock that jumps.

What a person sees, what is stored, and how often the provider was called.
"""

import time
from datetime import timedelta

import pytest
from django.utils import timezone

from conversations.models import Message
from conversations.provider import answers as provider_answers
from tests.fakes.provider import FakeProvider
from tests.fakes.replies import DONE, Forever, Gate, chunk, raw
from tests.faults.witness import Shorten, Shown, complete, ended, failed, followed, stopped
from tests.people import Person
from tests.serving import Site

PART = chunk({"content": "Part"})
STOP = chunk(finish="stop")
SILENT = "The model stayed silent for too long."
SLOW = "The answer took too long and was ended here."


@pytest.mark.fault(14)
def test_silence_before_the_headers_ends_the_answer(ada: Person, fake: FakeProvider, shorten: Shorten) -> None:
    shorten("headers")
    fake.script(raw(before=[Gate()]))

    outcome = followed(ada)

    assert (outcome.result, len(fake.answer_calls)) == (failed("timed_out", SILENT), 1)
    fake.wait_hangup()


@pytest.mark.fault(14)
def test_silence_before_the_first_word_ends_the_answer(ada: Person, fake: FakeProvider, shorten: Shorten) -> None:
    shorten("first_delta")
    fake.script(raw(chunk({"role": "assistant"}), Gate()))

    outcome = followed(ada)

    assert (outcome.result, len(fake.answer_calls)) == (failed("timed_out", SILENT), 1)
    fake.wait_hangup()


@pytest.mark.fault(14)
def test_silence_between_words_ends_the_answer_with_its_text(ada: Person, fake: FakeProvider, shorten: Shorten) -> None:
    shorten("between")
    fake.script(raw(PART, Gate()))

    outcome = followed(ada)

    assert (outcome.result, len(fake.answer_calls)) == (failed("timed_out", SILENT, "Part"), 1)
    fake.wait_hangup()


@pytest.mark.fault(14)
def test_notice_of_a_silence_is_taken_back_by_what_comes(ada: Person, fake: FakeProvider, shorten: Shorten) -> None:
    shorten("notice")
    silence, end = Gate(), Gate()
    fake.script(raw(silence, PART, end, STOP, DONE))
    begun = ada.ask()
    stream = ada.follow(begun["answer"]["events_url"])

    seen = stream.until(lambda event: event.event == "notice")
    silence.open()
    seen += stream.until(lambda event: event.event == "notice")
    end.open()
    outcome = ended(ada, begun, seen + list(stream))

    assert (outcome.result, outcome.notices[:2], len(fake.answer_calls)) == (complete("Part"), ["waiting", ""], 1)


@pytest.mark.fault(15)
def test_comments_alone_mean_a_queue(ada: Person, fake: FakeProvider, shorten: Shorten) -> None:
    shorten("notice")
    fake.script(raw(Forever(b": PROCESSING\n\n")))
    begun = ada.ask()
    stream = ada.follow(begun["answer"]["events_url"])

    seen = stream.until(lambda event: event.event == "notice" and "queued" in event.data)
    ada.script(f"/messages/{begun['answer']['id']}/stop/")
    outcome = ended(ada, begun, seen + list(stream))

    assert (outcome.result, len(fake.answer_calls)) == (stopped(""), 1)
    fake.wait_hangup()


@pytest.mark.fault(15)
def test_queue_is_waited_in_up_to_a_limit(ada: Person, fake: FakeProvider, shorten: Shorten) -> None:
    shorten("total", seconds=0.5)
    fake.script(raw(Forever(b": PROCESSING\n\n")))

    outcome = followed(ada)

    assert (outcome.result, len(fake.answer_calls)) == (failed("too_slow", SLOW), 1)
    fake.wait_hangup()


@pytest.mark.fault(29)
def test_line_without_end_is_cut_off(ada: Person, fake: FakeProvider) -> None:
    fake.script(raw(PART, b"data: ", Forever(b"x" * 16_384)))

    outcome = followed(ada)

    assert outcome.result == failed("bad_stream", "The model sent something that cannot be read.", "Part")
    assert len(fake.answer_calls) == 1
    fake.wait_hangup()


@pytest.mark.fault(29)
def test_answer_without_end_is_cut_at_a_character_and_says_so(
    ada: Person, fake: FakeProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(provider_answers, "ANSWER_BYTES", 10_000)
    fake.script(raw(Forever(chunk({"content": "é€🙂"}))))

    outcome = followed(ada)

    assert 9_996 < len(outcome.row.text.encode()) <= 10_000
    label, offers = "Cut at the length limit.", ("Continue", "Answer again")
    assert outcome.result == complete(outcome.row.text, "length", label, offers)
    assert len(fake.answer_calls) == 1
    fake.wait_hangup()


@pytest.mark.fault(29)
def test_answer_that_takes_too_long_is_ended_with_its_text(ada: Person, fake: FakeProvider, shorten: Shorten) -> None:
    shorten("total", seconds=1)
    fake.script(raw(PART, Forever(chunk({"content": "."}))))

    outcome = followed(ada)

    assert outcome.row.text.startswith("Part")
    assert (outcome.result, len(fake.answer_calls)) == (failed("too_slow", SLOW, outcome.row.text), 1)
    fake.wait_hangup()


@pytest.mark.fault(29)
def test_error_without_end_is_not_read_to_its_end(ada: Person, fake: FakeProvider) -> None:
    fake.script(raw(Forever(b"no " * 5000), status=400))

    outcome = followed(ada)

    sentence = "The provider rejected the request. Another model may accept it."
    assert outcome.result == failed("rejected", sentence)._replace(offers=("Ask other-model", "Retry"))
    assert (len(fake.answer_calls), len(outcome.row.error_detail) <= 500) == (1, True)
    fake.wait_hangup()


@pytest.mark.fault(35)
def test_clock_that_jumps_in_the_middle_of_an_answer_changes_no_wait(
    ada: Person, fake: FakeProvider, shorten: Shorten, monkeypatch: pytest.MonkeyPatch
) -> None:
    shorten("notice")
    gate = Gate()
    fake.script(raw(PART, gate, PART, STOP, DONE))
    begun = ada.ask()
    stream = ada.follow(begun["answer"]["events_url"])
    seen = stream.until(lambda event: event.event == "message")

    monkeypatch.setattr(time, "time", lambda: 10.0**10)
    seen += stream.until(lambda event: event.event == "notice")
    gate.open()
    outcome = ended(ada, begun, seen + list(stream))

    assert (outcome.result, outcome.notices[:1], len(fake.answer_calls)) == (complete("PartPart"), ["waiting"], 1)


@pytest.mark.fault(35)
def test_messages_stay_in_order_though_the_clock_went_back(ada: Person, fake: FakeProvider, site: Site) -> None:
    first = followed(ada, "first")
    Message.objects.update(created_at=timezone.now() + timedelta(days=3))
    conversation = first.row.conversation.get_absolute_url()

    ada.script(f"{conversation}messages/", {"message": "second", "parent": str(first.row.uuid)})
    site.wait_answers()

    sent = [message["content"] for message in fake.answer_calls[-1].body["messages"]]
    assert sent[1:] == ["first", "Hello there", "second"]
    shown = ada.get(conversation).text
    assert shown.index("first</div>") < shown.index("second</div>")
    assert Shown.read(shown).text == "Hello thereHello there"

"""Rows 1 to 6 and 28 of the table: a provider that refuses.

What a person sees, what is stored, and how often the provider was called.
"""

import json
import time
from email.utils import formatdate

import pytest

from conversations.models import Conversation
from tests.fakes.provider import FakeProvider
from tests.fakes.replies import Reply, chunk, chunks, event, raw, refusal
from tests.faults.witness import Result, Shown, complete, ended, failed, followed, stopped
from tests.people import Person
from tests.serving import Site

NOW = 1_900_000_000.0  # March 17, 2030, 5:46:40 p.m.
UNKNOWN = refusal(404, {"error": {"message": "The model does not exist", "code": "model_not_found"}})
TOO_LONG = refusal(400, {"error": {"message": "maximum context length is 8192", "code": "context_length_exceeded"}})
TOO_LARGE = refusal(413, b"<html>Request Entity Too Large</html>")
AWAY = {"Location": "http://127.0.0.1:9/elsewhere"}
MISCONFIGURED = "This site's access to the model is misconfigured. Please tell the person who runs it."
NOT_OFFERED = "The model “fake-model” is not offered by the provider. Please choose another one."
CONTEXT = "The chat is too long for this model. Try again with a shorter history or a shorter message."
LIMITED = "The provider is receiving too many requests. Please try again later."
LIMITED_UNTIL = "The provider is receiving too many requests. Please try again after 17 Mar 2030, {} (UTC)."
DOWN = "The model's provider is overloaded or down. Please try again in a moment."
ELSEWHERE = "The model's address points somewhere else, which is not followed. Please tell the person who runs it."


@pytest.mark.parametrize(
    ("replies", "result"),
    [
        pytest.param([refusal(401)], failed("misconfigured", MISCONFIGURED), marks=pytest.mark.fault(1)),
        pytest.param([refusal(403)], failed("misconfigured", MISCONFIGURED), marks=pytest.mark.fault(1)),
        pytest.param(
            [UNKNOWN],
            failed("unknown_model", NOT_OFFERED)._replace(offers=("Ask other-model",)),
            marks=pytest.mark.fault(2),
        ),
        pytest.param([TOO_LONG], failed("context_too_long", CONTEXT), marks=pytest.mark.fault(3)),
        pytest.param([TOO_LARGE], failed("context_too_long", CONTEXT), marks=pytest.mark.fault(3)),
        pytest.param([refusal(429)] * 3, failed("rate_limited", LIMITED), marks=pytest.mark.fault(4)),
        pytest.param([refusal(500)] * 3, failed("provider_down", DOWN), marks=pytest.mark.fault(6)),
        pytest.param([refusal(502, b"<html>")] * 3, failed("provider_down", DOWN), marks=pytest.mark.fault(6)),
        pytest.param([refusal(503)] * 3, failed("provider_down", DOWN), marks=pytest.mark.fault(6)),
        pytest.param([refusal(504)] * 3, failed("provider_down", DOWN), marks=pytest.mark.fault(6)),
        pytest.param([refusal(529)] * 3, failed("provider_down", DOWN), marks=pytest.mark.fault(6)),
        pytest.param([refusal(302, headers=AWAY)], failed("redirected", ELSEWHERE), marks=pytest.mark.fault(28)),
        pytest.param([refusal(308, headers=AWAY)], failed("redirected", ELSEWHERE), marks=pytest.mark.fault(28)),
    ],
)
def test_what_is_refused_is_told_with_a_reference_that_the_log_has(
    ada: Person, fake: FakeProvider, caplog: pytest.LogCaptureFixture, replies: list[Reply], result: Result
) -> None:
    fake.script(*replies)

    outcome = followed(ada)

    assert (outcome.result, len(fake.answer_calls)) == (result, len(replies))
    assert (outcome.row.parent.text, f"[{outcome.shown.reference}]" in caplog.text) == ("Hello?", True)


@pytest.mark.fault(1)
def test_key_that_the_provider_repeats_is_shown_stored_and_logged_nowhere(
    ada: Person, fake: FakeProvider, caplog: pytest.LogCaptureFixture
) -> None:
    fake.script(refusal(401, {"error": {"message": "Incorrect API key provided: key-of-the-site."}}))

    outcome = followed(ada)
    page = ada.get(outcome.row.conversation.get_absolute_url()).text

    assert fake.answer_calls[0].headers["authorization"] == "Bearer key-of-the-site"
    assert outcome.row.error_detail == "status 401: Incorrect API key provided: …."
    assert "Incorrect API key provided" in caplog.text
    assert "key-of-the-site" not in page + caplog.text + outcome.events[-1].data


@pytest.mark.fault(2)
def test_other_model_that_is_offered_answers(ada: Person, fake: FakeProvider) -> None:
    fake.script(UNKNOWN, chunks("From the other"))
    failed = followed(ada)

    offered = {"action": "regenerate", "model": "other-model"}
    begun = ada.script(f"/messages/{failed.row.uuid}/", offered).json
    outcome = ended(ada, begun, list(ada.follow(begun["answer"]["events_url"])))

    assert outcome.result == complete("From the other")
    assert [call.body["model"] for call in fake.answer_calls] == ["fake-model", "other-model"]


@pytest.mark.fault(3)
def test_shorter_history_is_offered_until_it_is_taken(ada: Person, fake: FakeProvider, site: Site) -> None:
    begun = ada.ask("first")
    conversation = Conversation.objects.get()
    conversation.configure(system_prompt="Be brief.", history_turns=None)
    for text in ("second", "third", "fourth"):
        site.wait_tasks()
        if text == "fourth":
            fake.script(TOO_LONG)
        fields = {"message": text, "parent": begun["answer"]["id"]}
        begun = ada.script(f"{begun['conversation']['url']}messages/", fields).json
    failed = ended(ada, begun, list(ada.follow(begun["answer"]["events_url"])))
    before = len(fake.answer_calls)

    offered = {"action": "configure", "system_prompt": "Be brief.", "history_turns": "1"}
    ada.post(conversation.get_absolute_url(), offered)
    taken = Shown.read(ada.get(f"/messages/{failed.row.uuid}/").text)
    ada.script(f"/messages/{failed.row.uuid}/", {"action": "regenerate"})
    site.wait_tasks()

    assert failed.shown.offers == ("Retry", "Include only 1 earlier turn")
    assert (taken.label, taken.offers) == (CONTEXT, ("Retry",))
    sent = [message["content"] for message in fake.answer_calls[-1].body["messages"]]
    assert (len(fake.answer_calls) - before, sent) == (1, ["Be brief.", "third", "Hello there", "fourth"])


@pytest.mark.fault(4)
def test_limit_is_counted_down_and_stop_ends_the_wait(ada: Person, fake: FakeProvider) -> None:
    fake.script(refusal(429, headers={"Retry-After": "30"}))
    asked_at = time.time()
    begun = ada.ask()
    stream = ada.follow(begun["answer"]["events_url"])
    seen = stream.until(lambda event: event.event == "notice")
    noticed_at = time.time()

    ada.script(f"/messages/{begun['answer']['id']}/stop/")
    outcome = ended(ada, begun, seen + list(stream))

    notice = json.loads(seen[-1].data)
    assert (notice["code"], asked_at + 30 <= notice["until"] <= noticed_at + 31) == ("provider_limit", True)
    assert (outcome.result, len(fake.answer_calls)) == (stopped(""), 1)


@pytest.mark.fault(4)
def test_limit_is_waited_for_at_most_twice(ada: Person, fake: FakeProvider, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "time", lambda: NOW)
    fake.script(*[refusal(429, headers={"retry-after-ms": "5"})] * 3)

    outcome = followed(ada)

    assert (outcome.result, len(fake.answer_calls)) == (failed("rate_limited", LIMITED_UNTIL.format("17:47")), 3)


@pytest.mark.fault(4)
def test_limit_after_the_first_word_is_not_waited_for(ada: Person, fake: FakeProvider) -> None:
    fake.script(raw(chunk({"content": "Part"}), event({"error": {"message": "slow down", "code": 429}})))

    outcome = followed(ada)

    assert outcome.result == failed("rate_limited", LIMITED, text="Part")
    assert (outcome.notices, len(fake.answer_calls)) == ([], 1)


@pytest.mark.fault(5)
@pytest.mark.parametrize(
    ("headers", "when"),
    [
        ({"Retry-After": "3600"}, "18:47"),
        ({"Retry-After": formatdate(17_200, usegmt=True), "Date": formatdate(10_000, usegmt=True)}, "19:47"),
        ({"retry-after-ms": "90000"}, "17:49"),
    ],
)
def test_long_limit_is_told_with_its_time_and_not_waited_for(
    ada: Person, fake: FakeProvider, monkeypatch: pytest.MonkeyPatch, headers: dict[str, str], when: str
) -> None:
    monkeypatch.setattr(time, "time", lambda: NOW)
    fake.script(refusal(429, headers=headers))

    outcome = followed(ada)

    assert outcome.result == failed("rate_limited", LIMITED_UNTIL.format(when))
    assert (outcome.notices, len(fake.answer_calls)) == ([], 1)


@pytest.mark.fault(5)
@pytest.mark.parametrize("value", ["soon", "", "nan", "inf", "1e999", "Thu, 99 Foo 2026 99:00:00 GMT"])
def test_nonsense_for_a_limit_is_as_good_as_none(ada: Person, fake: FakeProvider, value: str) -> None:
    fake.script(refusal(429, headers={"Retry-After": value}), chunks("At last"))

    outcome = followed(ada)

    assert (outcome.result, len(fake.answer_calls)) == (complete("At last"), 2)


@pytest.mark.fault(6)
def test_failure_before_the_first_byte_is_forgotten_when_a_retry_answers(ada: Person, fake: FakeProvider) -> None:
    fake.script(refusal(503), chunks("Hello"))

    outcome = followed(ada)

    assert (outcome.result, len(fake.answer_calls)) == (complete("Hello"), 2)

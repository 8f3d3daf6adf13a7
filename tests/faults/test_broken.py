"""Rows 7 to 13, 16, 17, 18, 27, 31 and 34 of the table: a stream that breaks, or is none.

What a person sees, what is stored, and how often the provider was called.
"""

import pytest

from tests.fakes.provider import FakeProvider
from tests.fakes.replies import DONE, Cut, Gate, Reply, Reset, chunk, chunks, event, raw
from tests.faults.witness import Result, complete, ended, failed, followed
from tests.people import Person
from tests.views.test_events import said

PART = chunk({"content": "Part"})
STOP = chunk(finish="stop")
BOOM = {"message": "boom"}

REPORTED = failed("provider_error", "The model reported an error while answering.", "Part")
UNREADABLE = failed("bad_stream", "The model sent something that cannot be read.", "Part")
LOST = "The connection to the model was lost."
CUT_OFF = failed("incomplete", "The model stopped sending before the answer was finished.", "Part")
NO_CHAT = failed(
    "not_a_stream",
    "The model's address does not answer as a chat model does. Please tell the person who runs this site.",
)
WHOLE = complete("Part")


def page(body: bytes, content_type: str) -> Reply:
    """A reply with status 200 that is no stream."""
    return raw(body, headers={"Content-Type": content_type})


@pytest.mark.parametrize(
    ("reply", "result"),
    [
        pytest.param(raw(PART, event({"error": BOOM})), REPORTED, marks=pytest.mark.fault(7)),
        pytest.param(raw(PART, event({"error": "boom"}), STOP, DONE), REPORTED, marks=pytest.mark.fault(7)),
        pytest.param(
            raw(PART, b'event: error\ndata: {"error":{"message":"boom"}}\n\n'), REPORTED, marks=pytest.mark.fault(8)
        ),
        pytest.param(raw(PART, STOP, event({"error": BOOM}), DONE), REPORTED, marks=pytest.mark.fault(9)),
        pytest.param(
            raw(PART, b'event: error\ndata: {"message":"boom"}\n\n', STOP, DONE), REPORTED, marks=pytest.mark.fault(10)
        ),
        pytest.param(
            raw(PART, b'event: exception\ndata: {"message":"boom"}\n\n', STOP, DONE),
            REPORTED,
            marks=pytest.mark.fault(10),
        ),
        pytest.param(raw(PART), CUT_OFF, marks=pytest.mark.fault(12)),
        pytest.param(raw(PART, framing="close"), CUT_OFF, marks=pytest.mark.fault(12)),
        pytest.param(raw(PART, DONE), CUT_OFF, marks=pytest.mark.fault(12)),
        pytest.param(raw(PART, STOP), WHOLE, marks=pytest.mark.fault(13)),
        pytest.param(raw(PART, STOP.rstrip(b"\n")), WHOLE, marks=pytest.mark.fault(13)),
        pytest.param(raw(PART, STOP, Cut()), WHOLE, marks=pytest.mark.fault(13)),
        pytest.param(raw(PART, b"data: {broken\n\n", STOP, DONE), UNREADABLE, marks=pytest.mark.fault(16)),
        pytest.param(raw(b"data:\n\n", b"event: ping\n\n", PART, STOP, DONE), WHOLE, marks=pytest.mark.fault(17)),
        pytest.param(raw(b"event: ping\ndata: {}\n\n", PART, STOP, DONE), WHOLE, marks=pytest.mark.fault(17)),
        pytest.param(raw(event("text"), PART, event([1]), STOP, DONE), WHOLE, marks=pytest.mark.fault(18)),
        pytest.param(raw(event(7), PART, event(None), STOP, DONE), WHOLE, marks=pytest.mark.fault(18)),
        pytest.param(
            page(b'{"choices":[{"message":{"content":"Hi"}}]}', "application/json"),
            NO_CHAT,
            marks=pytest.mark.fault(27),
        ),
        pytest.param(page(b"<html>Please log in</html>", "text/html"), NO_CHAT, marks=pytest.mark.fault(27)),
        pytest.param(page(b"<html>Please log in</html>", "text/event-stream"), NO_CHAT, marks=pytest.mark.fault(27)),
        pytest.param(raw(PART, b'data: {"x":"\xff"}\n\n', STOP, DONE), UNREADABLE, marks=pytest.mark.fault(31)),
        pytest.param(raw(PART, b'data: {"x":"\xe2\x82'), UNREADABLE, marks=pytest.mark.fault(31)),
        pytest.param(raw(b"\xef\xbb\xbf" + PART, STOP, DONE), WHOLE, marks=pytest.mark.fault(34)),
        pytest.param(raw(chunk({"content": "\ufeffPart"}), STOP, DONE), WHOLE, marks=pytest.mark.fault(34)),
    ],
)
def test_what_came_before_a_break_is_kept_and_labelled(
    ada: Person, fake: FakeProvider, reply: Reply, result: Result
) -> None:
    fake.script(reply)

    outcome = followed(ada)

    assert (outcome.result, len(fake.answer_calls), outcome.row.parent.text) == (result, 1, "Hello?")


@pytest.mark.fault(7)
def test_broken_answer_goes_on_and_is_asked_for_anew(ada: Person, fake: FakeProvider) -> None:
    fake.script(raw(PART, event({"error": BOOM})), chunks(" and rest"), chunks("Anew"))
    broken = followed(ada)

    results = []
    for action in ("continue", "regenerate"):
        begun = ada.script(f"/messages/{broken.row.uuid}/", {"action": action}).json
        results.append(ended(ada, begun, list(ada.follow(begun["answer"]["events_url"]))).result.text)

    broken.row.refresh_from_db()
    assert (results, broken.row.text, len(fake.answer_calls)) == (["Part and rest", "Anew"], "Part", 3)


@pytest.mark.fault(11)
@pytest.mark.parametrize("end", [Reset(), Cut()])
def test_lost_connection_keeps_what_was_seen(ada: Person, fake: FakeProvider, end: Reset | Cut) -> None:
    gate = Gate()
    fake.script(raw(PART, gate, end))
    begun = ada.ask()
    stream = ada.follow(begun["answer"]["events_url"])
    seen = said(stream, "Part")

    gate.open()
    outcome = ended(ada, begun, seen + list(stream))

    assert (outcome.result, len(fake.answer_calls)) == (failed("connection_lost", LOST, "Part"), 1)


@pytest.mark.fault(11)
def test_connection_that_is_lost_before_a_byte_is_told(ada: Person, fake: FakeProvider) -> None:
    fake.script(raw(before=[Reset()]))

    outcome = followed(ada)

    assert (outcome.result, len(fake.answer_calls)) == (failed("connection_lost", LOST), 1)


@pytest.mark.fault(11)
def test_provider_that_cannot_be_reached_is_told(ada: Person, settings: object) -> None:
    settings.OPENAI_BASE_URL = "http://127.0.0.1:9/v1"

    outcome = followed(ada)

    assert outcome.result == failed("unreachable", "The model's provider cannot be reached.")

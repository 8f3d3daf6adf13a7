"""Rows 7, 8, 9, 10, 11, 12, 13, 16, 17, 27, 31 of the table of faults: a stream that breaks, or is none.

What is yielded or raised, and how many calls were made.
"""

from collections.abc import Callable

import pytest

from conversations import provider
from conversations.provider import Delta, Finish
from tests.fakes.provider import FakeProvider
from tests.fakes.replies import DONE, Cut, Gate, Reset, chunk, chunks, event, raw
from tests.provider.asking import MESSAGES, ask, streamed

PART = chunk({"content": "Part"})
STOP = chunk(finish="stop")
Shorten = Callable[..., None]


@pytest.mark.fault(7)
@pytest.mark.parametrize("error", [{"message": "boom", "type": "server_error"}, "boom", {"code": "x"}])
async def test_error_in_the_stream_keeps_the_part(fake: FakeProvider, error: object):
    fake.script(raw(PART, event({"error": error})))

    result = await ask()

    assert (result.text, result.code, len(fake.calls)) == ("Part", "provider_error", 1)


@pytest.mark.fault(8)
async def test_error_event_without_done_keeps_the_part(fake: FakeProvider):
    fake.script(raw(PART, b'event: error\ndata: {"error":{"message":"boom"}}\n\n'))

    result = await ask()

    assert (result.text, result.code, len(fake.calls)) == ("Part", "provider_error", 1)


@pytest.mark.fault(9)
async def test_error_after_a_finish_reason_wins(fake: FakeProvider):
    fake.script(raw(PART, STOP, event({"error": {"message": "boom"}}), DONE))

    result = await ask()

    assert (result.text, result.code, len(fake.calls)) == ("Part", "provider_error", 1)


@pytest.mark.fault(10)
@pytest.mark.parametrize("name", [b"error", b"exception"])
async def test_error_event_without_an_error_key_is_an_error(fake: FakeProvider, name: bytes):
    fake.script(raw(PART, b"event: " + name + b'\ndata: {"message":"boom"}\n\n', STOP, DONE))

    result = await ask()

    assert (result.text, result.code, len(fake.calls)) == ("Part", "provider_error", 1)


@pytest.mark.fault(11)
@pytest.mark.parametrize("end", [Reset(), Cut()])
async def test_lost_connection_keeps_the_part(fake: FakeProvider, end: Reset | Cut):
    gate = Gate()
    fake.script(raw(PART, gate, end))
    parts = streamed(model="fake-model", messages=MESSAGES, max_tokens=None)

    first = await anext(parts)
    gate.open()

    assert first == Delta("Part", "")
    with pytest.raises(provider.ProviderError) as caught:
        await anext(parts)
    assert (caught.value.code, len(fake.calls)) == ("connection_lost", 1)


@pytest.mark.fault(11)
async def test_refused_connection_is_told(settings: object):
    settings.OPENAI_BASE_URL = "http://127.0.0.1:9/v1"
    settings.CHAT_MODELS = ["fake-model"]

    result = await ask()

    assert (result.code, result.parts) == ("unreachable", [])


@pytest.mark.fault(11)
async def test_stale_kept_connection_is_replaced_once(fake: FakeProvider):
    fake.script(chunks("One"), raw(before=[Reset()]), chunks("Two"))

    first, second = await ask(), await ask()

    assert (first.text, second.text, second.error) == ("One", "Two", None)
    assert len(fake.calls) == 3


@pytest.mark.fault(11)
async def test_fresh_connection_that_is_lost_before_a_byte_is_not_replaced(fake: FakeProvider):
    fake.script(raw(before=[Reset()]))

    result = await ask()

    assert (result.code, len(fake.calls)) == ("connection_lost", 1)


@pytest.mark.fault(11)
async def test_stale_connection_is_replaced_only_once(fake: FakeProvider):
    fake.script(chunks("One"), raw(before=[Reset()]), raw(before=[Reset()]))

    first, second = await ask(), await ask()

    assert (first.text, second.code, len(fake.calls)) == ("One", "connection_lost", 3)


@pytest.mark.fault(12)
@pytest.mark.parametrize("framing", ["chunked", "close"])
async def test_end_without_a_finish_reason_is_incomplete(fake: FakeProvider, framing: str):
    fake.script(raw(PART, framing=framing))

    result = await ask()

    assert (result.text, result.code, len(fake.calls)) == ("Part", "incomplete", 1)


@pytest.mark.fault(12)
async def test_done_without_a_finish_reason_is_incomplete(fake: FakeProvider):
    fake.script(raw(PART, DONE))

    result = await ask()

    assert (result.text, result.code) == ("Part", "incomplete")


@pytest.mark.fault(13)
@pytest.mark.parametrize("last", [STOP, STOP.rstrip(b"\n")])
async def test_end_without_done_but_with_a_finish_reason_is_complete(fake: FakeProvider, last: bytes):
    fake.script(raw(PART, last))

    result = await ask()

    assert result.parts == [Delta("Part", ""), Finish("stop", None, "fake-model")]


@pytest.mark.fault(13)
async def test_connection_lost_after_the_finish_reason_does_no_harm(fake: FakeProvider):
    fake.script(raw(PART, STOP, Cut()))

    result = await ask()

    assert (result.text, result.reason, result.error) == ("Part", "stop", None)


@pytest.mark.fault(13)
async def test_stall_after_the_finish_reason_is_not_waited_for(fake: FakeProvider, shorten: Shorten):
    shorten("tail")
    fake.script(raw(PART, STOP, Gate()))

    result = await ask()

    assert (result.text, result.reason, result.error) == ("Part", "stop", None)
    await fake.hung_up()


@pytest.mark.fault(16)
@pytest.mark.parametrize("bad", [b"data: {broken\n\n", b"data: " + b"[" * 100_000 + b"\n\n"])
async def test_malformed_chunk_keeps_the_text(fake: FakeProvider, bad: bytes):
    fake.script(raw(PART + bad + STOP + DONE))

    result = await ask()

    assert (result.text, result.code, len(fake.calls)) == ("Part", "bad_stream", 1)


@pytest.mark.fault(17)
async def test_empty_data_and_pings_are_ignored(fake: FakeProvider):
    fake.script(raw(b"data:\n\n", b"data: \n\n", b"event: ping\n\n", b"event: ping\ndata: {}\n\n", PART, STOP, DONE))

    result = await ask()

    assert (result.text, result.reason, result.error) == ("Part", "stop", None)


@pytest.mark.fault(27)
@pytest.mark.parametrize(
    ("body", "content_type", "code"),
    [
        (b'{"choices":[{"message":{"content":"Hi"}}]}', "application/json", "not_a_stream"),
        (b"<html>Please log in</html>", "text/html; charset=utf-8", "not_a_stream"),
        (b"<html>Please log in</html>", "text/event-stream", "not_a_stream"),
        (b"", "text/event-stream", "not_a_stream"),
        (b'{"error":{"message":"boom","code":"x"}}', "application/json", "provider_error"),
    ],
)
async def test_status_200_without_a_stream_is_an_error(fake: FakeProvider, body: bytes, content_type: str, code: str):
    fake.script(raw(*([body] if body else []), headers={"Content-Type": content_type}))

    result = await ask()

    assert (result.code, result.parts, len(fake.calls)) == (code, [], 1)


@pytest.mark.fault(27)
async def test_stream_without_a_content_type_is_read(fake: FakeProvider):
    fake.script(raw(PART, STOP, DONE, headers={}))

    result = await ask()

    assert (result.text, result.error) == ("Part", None)


@pytest.mark.fault(31)
@pytest.mark.parametrize("bad", [b'data: {"x":"\xff"}\n\n', b'data: {"x":"\xe2\x82'])
async def test_bad_utf8_keeps_the_text(fake: FakeProvider, bad: bytes):
    fake.script(raw(PART + bad))

    result = await ask()

    assert (result.text, result.code, len(fake.calls)) == ("Part", "bad_stream", 1)

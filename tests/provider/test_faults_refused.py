"""Rows 1, 2, 3, 4, 5, 6, 28 of the table of faults: a provider that refuses: keys, models, limits, redirects.

What is yielded or raised, and how many calls were made.
"""

import time
from email.utils import formatdate

import pytest

from conversations.provider import refusals
from tests.fakes.provider import FakeProvider
from tests.fakes.replies import chunk, chunks, event, raw, refusal
from tests.provider.asking import MESSAGES, ask, streamed

KEY = "sk-test-0123456789"
PART = chunk({"content": "Part"})


def error_body(message: str, **more: object) -> dict[str, object]:
    return {"error": {"message": message, "type": "invalid_request_error", **more}}


@pytest.mark.fault(1)
@pytest.mark.parametrize("status", [401, 403])
async def test_wrong_key_is_our_fault_and_stays_out_of_the_log(fake: FakeProvider, status: int):
    fake.script(refusal(status, error_body(f"Incorrect API key provided: {KEY}.", code="invalid_api_key")))

    result = await ask()

    assert (result.code, len(fake.calls)) == ("misconfigured", 1)
    assert fake.calls[0].headers["authorization"] == f"Bearer {KEY}"
    assert "Incorrect API key" in result.error.detail
    assert KEY not in result.error.detail + result.error.sentence


@pytest.mark.fault(1)
async def test_key_of_any_form_that_is_repeated_stays_out_of_the_log(fake: FakeProvider, settings: object):
    settings.OPENAI_API_KEY = "open sesame"
    fake.script(refusal(401, error_body("We do not know open sesame here.")))

    result = await ask()

    assert result.error.detail == "status 401: We do not know … here."


@pytest.mark.fault(1)
async def test_key_of_any_form_that_is_repeated_in_a_stream_stays_out_of_the_log(fake: FakeProvider, settings: object):
    settings.OPENAI_API_KEY = "open sesame"
    fake.script(raw(event({"error": {"message": "We do not know open sesame here.", "code": 401}})))

    result = await ask()

    assert (result.code, result.error.detail) == (
        "misconfigured",
        "reported in the stream:  We do not know … here.",
    )


@pytest.mark.fault(1)
@pytest.mark.parametrize("key", ["sk-abc", "sk-a", "sk-proj-abc", "sk-ab***xyz"])
async def test_what_looks_like_a_key_stays_out_of_the_log_though_it_is_not_the_sites(fake: FakeProvider, key: str):
    fake.script(refusal(401, error_body(f"Incorrect API key provided: {key}. Ask at the desk-top.")))

    result = await ask()

    assert result.error.detail == "status 401: Incorrect API key provided: …. Ask at the desk-top."


@pytest.mark.fault(2)
async def test_unknown_model_is_named(fake: FakeProvider):
    fake.script(refusal(404, error_body("The model `gpt-9` does not exist", code="model_not_found")))

    result = await ask(model="gpt-9")

    assert (result.code, len(fake.calls)) == ("unknown_model", 1)
    assert "“gpt-9”" in result.error.sentence


@pytest.mark.fault(3)
@pytest.mark.parametrize(
    ("status", "body"),
    [
        (400, error_body("This model's maximum context length is 8192 tokens.", code="context_length_exceeded")),
        (400, error_body("'max_tokens' is too large: 5000. This model's maximum context length is 4096 tokens")),
        (413, b"<html>Request Entity Too Large</html>"),
    ],
)
async def test_too_long_a_context_is_said_without_a_loop(fake: FakeProvider, status: int, body: object):
    fake.script(refusal(status, body))

    result = await ask(max_tokens=5000)

    assert (result.code, len(fake.calls)) == ("context_too_long", 1)


@pytest.mark.fault(4)
async def test_limit_is_waited_for_visibly_and_the_wait_can_be_cancelled(fake: FakeProvider):
    fake.script(refusal(429, headers={"Retry-After": "30"}))
    parts = streamed(model="fake-model", messages=MESSAGES, max_tokens=None)

    notice = await anext(parts)
    await parts.aclose()

    assert notice.code == "provider_limit"
    assert notice.until == pytest.approx(time.time() + 31.5, abs=2.5)
    assert len(fake.calls) == 1


@pytest.mark.fault(4)
async def test_limit_is_waited_for_at_most_twice(fake: FakeProvider):
    fake.script(*[refusal(429, headers={"retry-after-ms": "5"})] * 3)

    result = await ask()

    assert (result.code, result.notices) == ("rate_limited", ["provider_limit"] * 2)
    assert len(fake.calls) == 3


@pytest.mark.fault(4)
async def test_limit_after_a_delta_is_not_retried(fake: FakeProvider):
    fake.script(raw(PART, event({"error": {"message": "slow down", "code": 429}})))

    result = await ask()

    assert (result.text, result.code, len(fake.calls)) == ("Part", "rate_limited", 1)


@pytest.mark.fault(5)
@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "3600"}, 3600),
        ({"Retry-After": formatdate(10_120, usegmt=True), "Date": formatdate(10_000, usegmt=True)}, 120),
        ({"retry-after-ms": "90000"}, 90),
    ],
)
async def test_long_limit_is_told_and_not_slept(fake: FakeProvider, headers: dict[str, str], seconds: float):
    fake.script(refusal(429, headers=headers))

    result = await ask()

    assert (result.code, result.parts, len(fake.calls)) == ("rate_limited", [], 1)
    assert result.error.retry_at == pytest.approx(time.time() + seconds, abs=20)


@pytest.mark.fault(5)
async def test_date_of_a_limit_is_read_by_our_clock_where_the_provider_tells_none_of_its_own(fake: FakeProvider):
    until = time.time() + 7200
    fake.script(refusal(429, headers={"Retry-After": formatdate(until, usegmt=True)}))

    result = await ask()

    assert result.error.retry_at == pytest.approx(until, abs=2)


@pytest.mark.fault(5)
@pytest.mark.parametrize("value", ["soon", "", "nan", "inf", "1e999", "Thu, 99 Foo 2026 99:00:00 GMT", "-"])
async def test_nonsense_for_a_limit_is_as_good_as_none(fake: FakeProvider, value: str):
    fake.script(refusal(429, headers={"Retry-After": value}), chunks("At last"))

    result = await ask()

    assert (result.text, result.notices, len(fake.calls)) == ("At last", ["provider_limit"], 2)


@pytest.mark.fault(5)
def test_limit_is_never_in_the_past_and_never_for_ever():
    now = time.time()

    assert refusals.retry_at({"retry-after": "-5"}) == pytest.approx(now, abs=1)
    assert refusals.retry_at({"retry-after": "1e300"}) == pytest.approx(now + refusals.LONGEST_WAIT, abs=1)


@pytest.mark.fault(6)
@pytest.mark.parametrize("status", [500, 502, 503, 504, 529])
async def test_failure_before_the_first_byte_is_retried_within_bounds(fake: FakeProvider, status: int):
    fake.script(*[refusal(status, b"<html>Bad Gateway</html>")] * 3)

    result = await ask()

    assert (result.code, result.notices) == ("provider_down", ["provider_limit"] * 2)
    assert len(fake.calls) == 3


@pytest.mark.fault(6)
async def test_failure_before_the_first_byte_is_forgotten_when_a_retry_answers(fake: FakeProvider):
    fake.script(refusal(503), chunks("Hello"))

    result = await ask()

    assert (result.text, result.error, len(fake.calls)) == ("Hello", None, 2)


@pytest.mark.fault(28)
@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_redirect_is_not_followed(fake: FakeProvider, status: int):
    fake.script(refusal(status, headers={"Location": f"{fake.root_url}/elsewhere/chat/completions?key=secret-in-url"}))

    result = await ask()

    assert (result.code, [call.path for call in fake.calls]) == ("redirected", ["/v1/chat/completions"])
    assert "elsewhere" in result.error.detail
    assert "secret-in-url" not in result.error.detail

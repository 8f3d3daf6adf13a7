"""Turns what a provider says instead of answering (a status with a body, an error object) into our errors. Pure."""

import json
import math
import time
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any

from conversations.provider.errors import (
    ContextTooLong,
    Filtered,
    Misconfigured,
    NotAChat,
    Overloaded,
    ProviderError,
    QuotaExceeded,
    RateLimited,
    Redirected,
    Rejected,
    ReportedError,
    UnknownModel,
)

LONGEST_WAIT = 30 * 24 * 3600  # seconds; what is longer is as good as this
CONTEXT_CODES = {"context_length_exceeded", "string_above_max_length", "context_too_long", "request_too_large"}
CONTEXT_WORDS = ("context length", "context window", "maximum context", "prompt is too long", "too many tokens")
CODES: dict[str, type[ProviderError]] = {
    "insufficient_quota": QuotaExceeded,
    "billing_hard_limit_reached": QuotaExceeded,
    "billing_not_active": QuotaExceeded,
    "model_not_found": UnknownModel,
    "deploymentnotfound": UnknownModel,
    "rate_limit_exceeded": RateLimited,
    "content_filter": Filtered,
}
STATUSES: dict[int, type[ProviderError]] = {
    401: Misconfigured,
    402: QuotaExceeded,
    403: Misconfigured,
    407: Misconfigured,
    408: Overloaded,
    413: ContextTooLong,
    429: RateLimited,
}


@dataclass(frozen=True, slots=True)
class Complaint:
    """A provider's error object, in any of its shapes, as lower-case words to look at and a text for the log."""

    message: str
    code: str
    param: str
    is_object: bool  # an error object, as an API gives it, and not just some page
    status: int | None

    @property
    def is_about_context(self) -> bool:
        words = self.message.lower()
        return self.code in CONTEXT_CODES or any(word in words for word in CONTEXT_WORDS)

    def names(self, parameter: str) -> bool:
        """Whether the complaint is about this parameter of the request."""
        path = self.param.split(".")[0]
        return path == parameter if path else parameter in self.message


class Refusal(Exception):
    """The provider answered with something else than a stream. Carried from the HTTP client to `error`."""

    def __init__(self, *, status: int, headers: Mapping[str, str], body: bytes) -> None:
        super().__init__(f"status {status}")
        self.status = status
        self.headers = headers
        self.body = body
        self.complaint = read_complaint(body)


def error(refusal: Refusal, *, model: str) -> ProviderError:
    """Our error for a status and its body; `model` is what was asked for."""
    status, complaint = refusal.status, refusal.complaint
    detail = f"status {status}: {complaint.message}"
    if 300 <= status < 400:
        return Redirected(f"{detail} to {refusal.headers.get('location', '')}")
    if status < 300:
        return not_a_stream(refusal, model=model)
    return classify(status, complaint, detail, model=model, retry_at=retry_at(refusal.headers))


def not_a_stream(refusal: Refusal, *, model: str) -> ProviderError:
    if refusal.complaint.status or refusal.complaint.code:
        return reported_as(refusal.complaint, model=model)
    return NotAChat(f"content type {refusal.headers.get('content-type', '')}: {refusal.complaint.message}")


def reported(error_object: object, *, model: str = "") -> ProviderError:
    """Our error for an error object inside a stream."""
    return reported_as(complaint_of(error_object), model=model)


def reported_as(complaint: Complaint, *, model: str) -> ProviderError:
    detail = f"reported in the stream: {complaint.code} {complaint.message}"
    known = classify(complaint.status or 0, complaint, detail, model=model, retry_at=None)
    return ReportedError(detail) if type(known) in (ProviderError, Rejected) else known


def classify(status: int, complaint: Complaint, detail: str, *, model: str, retry_at: float | None) -> ProviderError:
    """Our error; its cause is told by the code where there is a known one, else by the status (0: none)."""
    return cause_of(status, complaint)(detail, model=model, retry_at=retry_at)


def cause_of(status: int, complaint: Complaint) -> type[ProviderError]:
    if complaint.is_about_context and status in (0, 400, 413, 422, 500):
        return ContextTooLong
    if complaint.code in CODES:
        return CODES[complaint.code]
    if status == 404:
        return UnknownModel if complaint.is_object else NotAChat
    if status >= 500:
        return Overloaded
    return STATUSES.get(status) or (Rejected if status else ProviderError)


def read_complaint(body: bytes) -> Complaint:
    """What a body says is wrong: its error object, or its first words if it is no JSON."""
    text = body.decode("utf-8", "replace").strip()
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return complaint_of(text)
    if isinstance(value, dict) and value.get("error"):
        return complaint_of(value["error"])
    return complaint_of(value)


def complaint_of(error_object: object) -> Complaint:
    if not isinstance(error_object, dict):
        return Complaint(str(error_object)[:2000], "", "", False, None)
    code = error_object.get("code")
    numbers = (code, error_object.get("status_code"), error_object.get("status"))
    return Complaint(
        message=text_of(error_object.get("message") or error_object.get("detail")) or shown(error_object),
        code=text_of(code).lower(),
        param=text_of(error_object.get("param")),
        is_object="message" in error_object or "code" in error_object,
        status=next((number for number in numbers if is_status(number)), None),
    )


def is_status(value: object) -> bool:
    return isinstance(value, int) and 400 <= value < 600


def text_of(value: object) -> str:
    return value[:2000] if isinstance(value, str) else ""


def shown(value: dict[str, Any]) -> str:
    return json.dumps(value, default=str)[:2000]


def retry_at(headers: Mapping[str, str]) -> float | None:
    """When to ask again, in seconds since the epoch, from Retry-After (seconds, or a date) or retry-after-ms.

    None where neither is there or neither makes sense. A date is read against the response's own Date, so that
    a wrong clock here does no harm.
    """
    delay = number(headers.get("retry-after-ms"), 1000)
    if delay is None:
        delay = number(headers.get("retry-after"), 1)
    if delay is None:
        delay = until_date(headers.get("retry-after"), headers.get("date"))
    return None if delay is None else time.time() + min(delay, LONGEST_WAIT)


def number(value: str | None, unit: int) -> float | None:
    try:
        seconds = float(value or "") / unit
    except ValueError:
        return None
    return max(0.0, seconds) if math.isfinite(seconds) else None


def until_date(value: str | None, now: str | None) -> float | None:
    date = epoch(value)
    if date is None:
        return None
    return max(0.0, date - (epoch(now) or time.time()))


def epoch(value: str | None) -> float | None:
    try:
        return parsedate_to_datetime(value or "").timestamp()
    except (ValueError, TypeError, OverflowError, IndexError):
        return None

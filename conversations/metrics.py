"""What happens in this process, counted for Prometheus: verbs for those who see it happen, a text for who asks.

Labels come from fixed sets: nothing that a person, a model or a provider chooses becomes one. Each process counts for
itself.
"""

import platform
import tomllib
from contextlib import AbstractContextManager, suppress
from pathlib import Path

from prometheus_client import (
    CONTENT_TYPE_PLAIN_0_0_4,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    Info,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4
OTHER = "other"
STATUSES = frozenset({"complete", "stopped", "failed", "interrupted"})
FINISHES = frozenset({"", "stop", "length", "content_filter"})
ERRORS = frozenset(
    {
        *("provider_failed", "misconfigured", "redirected", "not_a_stream", "unknown_model", "context_too_long"),
        *("rejected", "rate_limited", "quota_exceeded", "provider_down", "unreachable", "connection_lost"),
        *("incomplete", "timed_out", "too_slow", "bad_stream", "provider_error", "empty_answer", "only_thought"),
        *("content_filter", "only_tools", "internal", "not_saved"),
    }
)
WAITS = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120)  # seconds

disable_created_metrics()  # type: ignore[no-untyped-call]
_registry = CollectorRegistry()
_answers = Counter("chatsite_answers", "Answers that ended, by how and why.", ("status", "reason"), registry=_registry)
_first_delta = Histogram(
    "chatsite_first_delta_seconds", "From an answer's begin to its first delta.", buckets=WAITS, registry=_registry
)
_running = Gauge("chatsite_answers_running", "Answers that are generated now.", registry=_registry)
_queued = Gauge("chatsite_answers_queued", "Answers that wait for a place.", registry=_registry)
_deltas = Counter("chatsite_deltas", "Deltas that the provider sent.", registry=_registry)
_provider_errors = Counter(
    "chatsite_provider_errors", "Calls to the provider that failed, tried again or not.", ("code",), registry=_registry
)
_streams = Gauge("chatsite_streams_open", "Readers that follow an answer now.", registry=_registry)
_reconnects = Counter("chatsite_reconnects", "Streams opened by readers who had a part already.", registry=_registry)
_write_retries = Counter(
    "chatsite_write_retries", "Writes of an answer that failed and are tried again.", registry=_registry
)
_not_saved = Counter("chatsite_answers_not_saved", "Answers whose end could not be written.", registry=_registry)
_redis_away = Gauge("chatsite_redis_away", "1 while Redis is configured and does not answer.", registry=_registry)
_renders = Counter(
    "chatsite_renders",
    "Texts rendered from Markdown, or shown plain where that failed.",
    ("outcome",),
    registry=_registry,
)
_jobs = Counter("chatsite_jobs", "Jobs that came to their ends or failed.", ("job", "outcome"), registry=_registry)
ProcessCollector(registry=_registry)


def answer_ended(status: str, reason: str = "", *, count: int = 1) -> None:
    """An answer, or so many, ended. `reason` is the error's code where there is one, else the model's finish reason."""
    _answers.labels(among(STATUSES, status), among(ERRORS | FINISHES, reason)).inc(count)


def first_delta_came(seconds: float) -> None:
    """The first delta of an answer, `seconds` after its begin."""
    _first_delta.observe(seconds)


def answer_running() -> AbstractContextManager[object]:
    """Counts an answer as running inside the `with`."""
    return _running.track_inprogress()


def answer_queued() -> AbstractContextManager[object]:
    """Counts an answer as queued inside the `with`."""
    return _queued.track_inprogress()


def deltas_came(count: int) -> None:
    """So many deltas of an answer that is over."""
    _deltas.inc(count)


def provider_failed(code: str) -> None:
    """A call to the provider failed with the error of this code."""
    _provider_errors.labels(among(ERRORS, code)).inc()


def text_rendered() -> None:
    """A whole text was rendered from Markdown."""
    _renders.labels("formatted").inc()


def text_shown_plain() -> None:
    """As above, but it failed, and the text is shown as it is, or a part of it."""
    _renders.labels("plain").inc()


def job_ended(name: str) -> None:
    """The job of this name, one of the product's, came to its end."""
    _jobs.labels(name, "ended").inc()


def job_failed(name: str) -> None:
    """As above, but it failed, and is tried again."""
    _jobs.labels(name, "failed").inc()


def stream_open() -> AbstractContextManager[object]:
    """Counts a reader's stream as open inside the `with`."""
    return _streams.track_inprogress()


def reader_came_back() -> None:
    """A stream was opened from a cursor that had something already."""
    _reconnects.inc()


def write_failed() -> None:
    """A write of a running answer failed, and is tried again."""
    _write_retries.inc()


def end_was_not_saved() -> None:
    """An answer's end was given up: its row will be found by recovery."""
    _not_saved.inc()


def redis_went() -> None:
    _redis_away.set(1)


def redis_came() -> None:
    _redis_away.set(0)


def text() -> bytes:
    """All of it, in Prometheus' text format (CONTENT_TYPE)."""
    return generate_latest(_registry)


def among(known: frozenset[str], value: str) -> str:
    return value if value in known else OTHER


def version() -> str:
    """The site's version; empty where its pyproject.toml was left behind."""
    with suppress(OSError):
        project = tomllib.loads((Path(__file__).parent.parent / "pyproject.toml").read_text())
        return str(project["project"]["version"])
    return ""


Info("chatsite_build", "What runs.", registry=_registry).info(
    {"version": version(), "python": platform.python_version()}
)

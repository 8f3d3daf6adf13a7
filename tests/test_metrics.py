"""What is counted, and who may see it."""

import json
import re
from contextlib import suppress
from typing import Any

import pytest
from django.test import Client

from conversations import markdown, metrics
from conversations.models import Status
from conversations.models.message import SENTENCES
from conversations.provider.errors import MESSAGES
from conversations.sse import Event
from tests.conftest import ROOT
from tests.fakes.provider import FakeProvider
from tests.fakes.replies import refusal
from tests.people import Person
from tests.serving import Site
from tests.views.test_events import held, said

TOKEN = "t" * 32


def counted(name: str) -> float:
    """The value of a line of the text, by all that stands before it."""
    values = re.findall(rf"^{re.escape(name)} (\S+)$", metrics.text().decode(), flags=re.MULTILINE)
    return float(values[0]) if values else 0.0


@pytest.mark.parametrize(
    ("status", "reason", "line"),
    [
        ("complete", "stop", 'chatsite_answers_total{reason="stop",status="complete"}'),
        ("stopped", "", 'chatsite_answers_total{reason="",status="stopped"}'),
        ("failed", "timed_out", 'chatsite_answers_total{reason="timed_out",status="failed"}'),
        ("complete", "whatever a model says", 'chatsite_answers_total{reason="other",status="complete"}'),
        ("interrupted", "not_saved", 'chatsite_answers_total{reason="not_saved",status="interrupted"}'),
        ("failed", "sk-secret", 'chatsite_answers_total{reason="other",status="failed"}'),
    ],
)
def test_ended_answer_is_counted_by_how_and_why(status: str, reason: str, line: str):
    before = counted(line)

    metrics.answer_ended(status, reason)

    assert counted(line) == before + 1


def test_every_end_and_error_of_the_product_has_a_label():
    assert {*Status.values} - {"pending", "streaming"} == metrics.STATUSES
    assert {*MESSAGES, *SENTENCES} == metrics.ERRORS


@pytest.mark.parametrize(
    ("happens", "line"),
    [
        (lambda: metrics.deltas_came(1), "chatsite_deltas_total"),
        (metrics.reader_came_back, "chatsite_reconnects_total"),
        (metrics.write_failed, "chatsite_write_retries_total"),
        (metrics.end_was_not_saved, "chatsite_answers_not_saved_total"),
        (lambda: metrics.provider_failed("timed_out"), 'chatsite_provider_errors_total{code="timed_out"}'),
        (lambda: metrics.provider_failed("sk-secret"), 'chatsite_provider_errors_total{code="other"}'),
        (lambda: markdown.render("*words*"), 'chatsite_renders_total{outcome="formatted"}'),
        (lambda: markdown.render("x" * 2_000_000), 'chatsite_renders_total{outcome="plain"}'),
        (lambda: metrics.first_delta_came(0.3), 'chatsite_first_delta_seconds_bucket{le="0.5"}'),
    ],
)
def test_what_happens_is_counted(happens: Any, line: str):
    before = counted(line)

    happens()

    assert counted(line) == before + 1


@pytest.mark.parametrize(
    ("lasts", "line"),
    [
        (metrics.answer_running, "chatsite_answers_running"),
        (metrics.answer_queued, "chatsite_answers_queued"),
        (metrics.stream_open, "chatsite_streams_open"),
    ],
)
def test_what_lasts_is_counted_until_it_ends_however_it_ends(lasts: Any, line: str):
    before = counted(line)

    with suppress(ValueError), lasts():
        meanwhile = counted(line)
        raise ValueError

    assert (meanwhile, counted(line)) == (before + 1, before)


def test_redis_is_away_until_it_comes():
    metrics.redis_went()
    away = counted("chatsite_redis_away")
    metrics.redis_came()

    assert (away, counted("chatsite_redis_away")) == (1, 0)


def test_process_and_build_are_told():
    text = metrics.text().decode()

    assert re.search(r'^chatsite_build_info\{python="3\.\d+\.\d+",version="\d+\.\d+\.\d+"\} 1\.0$', text, re.MULTILINE)
    assert counted("process_resident_memory_bytes") > 1_000_000
    assert counted("process_open_fds") > 0


def test_metrics_are_not_there_without_a_token(client: Client, settings: Any):
    settings.METRICS_TOKEN = ""

    reply = client.get("/metrics", headers={"Authorization": "Bearer "})

    assert reply.status_code == 404


@pytest.mark.parametrize("header", ["", TOKEN, f"Bearer {TOKEN}x", "Bearer ", f"Basic {TOKEN}", "Bearer ü"])
def test_metrics_are_for_the_bearer_of_the_token(client: Client, settings: Any, header: str):
    settings.METRICS_TOKEN = TOKEN

    reply = client.get("/metrics", headers={"Authorization": header})

    assert (reply.status_code, reply.headers["WWW-Authenticate"], reply.content) == (401, "Bearer", b"")


def test_metrics_are_text_for_prometheus_and_cost_no_query(client: Client, settings: Any):
    settings.METRICS_TOKEN = TOKEN
    client.cookies[settings.SESSION_COOKIE_NAME] = "a" * 32

    reply = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})  # without django_db a query would fail

    assert (reply.status_code, reply.headers["Content-Type"]) == (200, "text/plain; version=0.0.4; charset=utf-8")
    assert b"# TYPE chatsite_answers_running gauge\n" in reply.content
    assert "no-store" in reply.headers["Cache-Control"]
    assert not reply.cookies


def test_metrics_take_no_post(client: Client, settings: Any):
    settings.METRICS_TOKEN = TOKEN

    assert client.post("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).status_code == 405


def test_page_for_operators_lists_every_metric_and_no_other():
    listed = set(re.findall(r"chatsite_[a-z_]+", (ROOT / "docs/operations.md").read_text()))

    told = set(re.findall(r"^# TYPE (chatsite_\w+) ", metrics.text().decode(), flags=re.MULTILINE))
    assert listed == told


# The site counts.


def since(before: dict[str, float]) -> dict[str, float]:
    return {name: counted(name) - value for name, value in before.items()}


def now(*names: str) -> dict[str, float]:
    return {name: counted(name) for name in names}


def test_answer_and_its_readers_are_counted(ada: Person, fake: FakeProvider, site: Site):
    lasting = now("chatsite_answers_running", "chatsite_streams_open")
    before = now(
        'chatsite_answers_total{reason="stop",status="complete"}',
        "chatsite_first_delta_seconds_count",
        "chatsite_deltas_total",
        "chatsite_reconnects_total",
    )
    gate, reply = held("one ", after="two")
    fake.script(reply)
    stream = ada.follow(ada.ask()["answer"]["events_url"])
    seen = said(stream, "one ")

    meanwhile = since(lasting)
    gate.open()
    seen += list(stream)
    site.wait_tasks()
    list(ada.follow(stream_path(seen), **{"Last-Event-ID": cursor_of(seen)}))

    assert meanwhile == {"chatsite_answers_running": 1, "chatsite_streams_open": 1}
    assert list(since(before).values()) == [1, 1, 2, 1]


def test_failed_answer_is_counted_by_its_code_and_so_is_each_call(ada: Person, fake: FakeProvider, site: Site):
    before = now(
        'chatsite_answers_total{reason="misconfigured",status="failed"}',
        'chatsite_provider_errors_total{code="misconfigured"}',
    )
    fake.script(refusal(401, {"error": {"message": "no"}}))

    ada.ask()
    site.wait_tasks()

    assert list(since(before).values()) == [1, 1]


def stream_path(seen: list[Event]) -> str:
    return f"/messages/{json.loads(seen[0].data)['answer']}/events/"


def cursor_of(seen: list[Event]) -> str:
    """The cursor after the first piece of the text."""
    return next(event.id for event in seen if event.event == "message")

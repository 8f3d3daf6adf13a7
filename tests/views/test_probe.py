"""The stream for `manage.py doctor`: what it says, and that without its pass it is not there."""

import json
import time
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.core import signing
from django.test import Client

from conversations import probes
from conversations.live import hub
from conversations.views import probe
from tests.serving import Person, Site


@pytest.fixture(autouse=True)
def short_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probe, "SILENCE", 0.1)


def old_pass(monkeypatch: pytest.MonkeyPatch) -> str:
    then = time.time() - probes.SECONDS - 1
    with monkeypatch.context() as patch:
        patch.setattr(time, "time", lambda: then)
        return probes.make_pass()


def refused_passes(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    other_site = signing.TimestampSigner(key="of another site", salt=probes.SIGNER.salt).sign("probe")
    other_use = signing.TimestampSigner(salt="conversations.first-admin").sign("probe")
    other_word = probes.SIGNER.sign("another")
    return ["", "x", old_pass(monkeypatch), other_site, other_use, other_word]


def told(reply: Any) -> tuple[int, str, str]:
    """All but the reference and the path, which are each reply's own."""
    location = reply.headers.get("Location", "").partition("?")[0]
    body = json.loads(reply.body) if reply.headers["Content-Type"] == "application/json" else {}
    body.get("error", {}).pop("reference", None)
    headers = sorted(name for name in reply.headers if name not in ("Date", "Content-Length"))
    return reply.status, location, f"{headers}{body}"


@pytest.mark.parametrize("who", ["ada", None])
@pytest.mark.parametrize("accept", ["text/html", "application/json", "text/event-stream"])
@pytest.mark.parametrize("verb", ["GET", "POST", "HEAD"])
def test_without_its_pass_it_is_as_the_stream_of_an_unknown_answer(
    person: Callable[..., Person], monkeypatch: pytest.MonkeyPatch, who: str | None, accept: str, verb: str
) -> None:
    visitor = person(who)
    unknown = visitor.send_raw(verb, f"/messages/{uuid4()}/events/", None, {"Accept": accept})

    replies = [
        visitor.send_raw(verb, probes.PATH, None, {"Accept": accept, probes.HEADER: value})
        for value in refused_passes(monkeypatch)
    ]

    assert unknown.status in (302, 401, 404, 405)
    assert {told(reply) for reply in replies} == {told(unknown)}


def test_it_comes_as_answers_do_and_says_what_the_site_sees(person: Callable[..., Person], site: Site) -> None:
    stream = person(None).follow(probes.PATH, **{probes.HEADER: probes.make_pass(), "X-Forwarded-For": "192.0.2.1"})
    headers = [stream.headers[name] for name in ("Content-Type", "Cache-Control", "X-Accel-Buffering")]

    first, *ticks, end = list(stream)

    assert headers == ["text/event-stream; charset=utf-8", "no-store, no-transform", "no"]
    assert (first.event, [tick.event for tick in ticks], end.event) == ("start", ["tick"] * 5, "end")
    assert json.loads(first.data) == {
        "at": 0.0,
        "scheme": "http",
        "host": f"127.0.0.1:{site.port}",
        "client": "192.0.2.1",
        "forwarded_for": True,
        "forwarded_proto": "",
        "is_believed": True,
    }
    sent = [json.loads(event.data)["at"] for event in (*ticks, end)]
    assert sent == sorted(sent)
    assert all(at >= number * probe.TICK for number, at in enumerate(sent[:-1], 1))


def test_it_asks_no_database(client: Client) -> None:
    response = client.get(probes.PATH, headers={probes.HEADER: probes.make_pass()})  # the test's database is closed
    response.close()

    assert response.status_code == 200


def test_few_are_open_at_once_and_each_gives_its_place_back(client: Client, person: Callable[..., Person]) -> None:
    headers = {probes.HEADER: probes.make_pass(), "Accept": "text/event-stream"}
    replies = [client.get(probes.PATH, headers=headers) for _ in range(probe.AT_ONCE + 1)]
    for reply in replies:
        reply.close()

    again = client.get(probes.PATH, headers=headers)
    again.close()

    assert [reply.status_code for reply in (*replies, again)] == [200] * probe.AT_ONCE + [429, 200]


def test_it_ends_with_its_process(person: Callable[..., Person], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probe, "SILENCE", 1000.0)
    stream = person(None).follow(probes.PATH, **{probes.HEADER: probes.make_pass()})
    first = stream.next()

    monkeypatch.setattr(hub, "_is_hung_up", True)
    rest = list(stream)

    assert first is not None
    assert (first.event, "end" in [event.event for event in rest]) == ("start", False)

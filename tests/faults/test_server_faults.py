"""Rows 52, 53, 54, 59 and 60 of the table, as the whole site meets them: what its own parts do."""

import json
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import OperationalError

from conversations import markdown
from conversations.generation import answers as generation_answers
from conversations.markdown.process import RenderProcess
from conversations.models import Conversation, Message
from tests.fakes.provider import FakeProvider
from tests.fakes.replies import Gate, Reply, chunk, chunks, raw, refusal
from tests.faults.witness import complete, followed
from tests.markdown.test_process import SCRIPTED
from tests.people import Person, text_of
from tests.serving import Site
from tests.views.test_events import held, said

WRITERS = 8


def away(*args: Any, **kwargs: Any) -> Any:
    raise OperationalError("away")


# Row 52: writers.


@pytest.mark.fault(52)
def test_many_writers_wait_for_each_other_and_none_fails(ada: Person, fake: FakeProvider, site: Site) -> None:
    def write(number: int) -> list[int]:
        begun = ada.script("/conversations/", {"message": f"Hi {number}"})
        renamed = [ada.script(begun.json["conversation"]["url"], {"action": "rename", "title": f"{n}"}) for n in "abc"]
        return [begun.status, *(reply.status for reply in renamed)]

    with ThreadPoolExecutor(WRITERS) as threads:
        statuses = list(threads.map(write, range(2 * WRITERS)))
    site.wait_tasks()

    assert statuses == [[201, 200, 200, 200]] * 2 * WRITERS
    assert set(Message.objects.answers().values_list("status", "text")) == {("complete", "Hello there")}
    assert len(fake.answer_calls) == Message.objects.answers().count() == 2 * WRITERS


@pytest.mark.fault(52)
def test_nothing_is_locked_while_the_model_is_waited_for(ada: Person, fake: FakeProvider, site: Site) -> None:
    gates = [Gate() for _ in range(2)]
    fake.script(*[raw(before=[gate]) for gate in gates])
    begun = [ada.ask() for _ in gates]
    for gate in gates:
        gate.wait_reached()

    statuses = [ada.script(one["conversation"]["url"], {"action": "rename", "title": "x"}).status for one in begun]

    assert statuses == [200, 200]
    assert set(Message.objects.answers().values_list("status", flat=True)) == {"streaming"}


# Rows 53 and 54: the database away.


@pytest.mark.fault(53)
def test_end_that_cannot_be_saved_is_shown_and_said(
    ada: Person, fake: FakeProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(generation_answers, "WRITE_PATIENCE", 0.05)
    monkeypatch.setattr(generation_answers, "WRITE_RETRY", (0.01, 0.01))
    monkeypatch.setattr(Message, "end", away)
    gate, reply = held("Hello ", after="there")
    fake.script(reply)
    stream = ada.follow(ada.ask()["answer"]["events_url"])
    events = said(stream, "Hello ")

    gate.open()
    events += list(stream)

    end = json.loads(events[-1].data)
    sentence = "The end of this answer could not be saved. Copy what you need before you leave this page."
    assert (text_of(events), end["status"], end["error"]["message"]) == ("Hello there", "interrupted", sentence)
    assert (Message.objects.get(role="user").text, len(fake.answer_calls)) == ("Hello", 1)


@pytest.mark.fault(54)
def test_send_while_the_database_is_away_gives_the_text_back_and_calls_no_model(
    ada: Person, fake: FakeProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Message, "begin_answer", away)
    fields = {"message": "do not <lose> me"}

    form, script = ada.post("/conversations/", fields), ada.script("/conversations/", fields)

    sentence = "The site cannot save anything at the moment. Your text is kept: try again in a little while."
    assert (form.status, script.status, script.json["error"]["message"]) == (503, 503, sentence)
    assert "do not &lt;lose&gt; me</textarea>" in form.text
    assert (Message.objects.count(), fake.calls) == (0, [])


# Row 59: Markdown made to be slow.


@pytest.fixture
def hanging(site: Site, monkeypatch: pytest.MonkeyPatch) -> Iterator[RenderProcess]:
    """A render process of the site's that never ends with the text “hang”."""
    process = RenderProcess([sys.executable, "-c", SCRIPTED], patience=0.2, wait=10)
    monkeypatch.setattr(markdown, "render_process", process)
    yield process
    process.close()


@pytest.mark.fault(59)
def test_text_whose_rendering_does_not_end_is_shown_as_it_is(
    ada: Person, fake: FakeProvider, hanging: RenderProcess
) -> None:
    fake.script(chunks("hang"))

    outcome = followed(ada)
    replies = [ada.script("/markdown/", {"text": text}) for text in ("hang", "fine")]

    assert (outcome.result, outcome.shown.text, len(fake.answer_calls)) == (complete("hang"), "hang", 1)
    assert [reply.text for reply in replies] == ['<pre class="plain">hang</pre>', "fine"]


# Row 60: titles.


@pytest.mark.fault(60)
@pytest.mark.parametrize(
    "proposal",
    [refusal(400), chunks("<img src=x onerror=alert(1)>"), chunks("\n\n"), raw(chunk({"content": "Half"}))],
)
def test_first_words_are_the_title_where_none_comes(
    ada: Person, fake: FakeProvider, site: Site, proposal: Reply
) -> None:
    fake.script_titles(proposal)

    outcome = followed(ada, "How do I prune roses?")
    site.wait_tasks()

    assert (outcome.result, len(fake.answer_calls), len(fake.calls)) == (complete("Hello there"), 1, 2)
    assert Conversation.objects.get().title == "How do I prune roses?"


@pytest.mark.fault(60)
@pytest.mark.parametrize("proposal", ["word " * 1000, "x" * 5000, "<b>Pruning</b> " * 400, "one\ntwo\n" * 600])
def test_first_words_are_the_title_where_an_essay_comes(
    ada: Person, fake: FakeProvider, site: Site, proposal: str
) -> None:
    fake.script_titles(chunks(proposal))

    outcome = followed(ada, "How do I prune roses?")
    site.wait_tasks()

    assert Conversation.objects.get().title == "How do I prune roses?"
    assert (outcome.result, len(fake.answer_calls), len(fake.calls)) == (complete("Hello there"), 1, 2)


@pytest.mark.fault(60)
def test_title_is_shown_as_text_whatever_it_is(ada: Person, fake: FakeProvider, site: Site) -> None:
    fake.script_titles(chunks("**Roses** & <script>alert(1)</script> <"))

    followed(ada, "How do I prune roses?")
    site.wait_tasks()

    assert Conversation.objects.get().title == "Roses & alert(1) <"
    assert "<title>Roses &amp; alert(1) &lt;" in ada.get(Conversation.objects.get().get_absolute_url()).text

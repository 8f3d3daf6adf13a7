"""What is written on the running site is flagged by the site's rules when it is written."""

from typing import Any

import pytest
from django.conf import LazySettings

from conversations.models import Flag, Review
from tests.fakes.provider import FakeProvider
from tests.fakes.replies import Gate, Reply, chunk, chunks, raw, refusal
from tests.serving import Person, Site

FILTERED = {"error": {"message": "The response was filtered.", "code": "content_filter"}}


def flags() -> list[tuple[Any, ...]]:
    return list(Flag.objects.values_list("message__role", "message__status", "source", "reason"))


def test_question_and_answer_are_flagged_and_wait_for_one_review(
    ada: Person, site: Site, fake: FakeProvider, settings: LazySettings
) -> None:
    settings.REVIEW_WORDS = ["bomb", "zebra"]
    fake.script(chunks("It is a b", "omb, ", "a zebra."))

    ada.ask("What is a bomb?")
    site.wait_tasks()

    assert flags() == [("user", "complete", "words", "bomb"), ("assistant", "complete", "words", "bomb, zebra")]
    assert Review.objects.counts() == {"open": 1, "in_review": 0, "resolved": 0, "escalated": 0}


def test_an_answer_that_is_stopped_is_flagged_for_what_it_has(
    ada: Person, site: Site, fake: FakeProvider, settings: LazySettings
) -> None:
    settings.REVIEW_WORDS = ["bomb"]
    gate = Gate()
    fake.script(raw(chunk({"content": "A bomb"}), gate, chunk({"content": "!"}, finish="stop")))
    begun = ada.ask("What is it?")
    gate.wait_reached()

    ada.script(f"/messages/{begun['answer']['id']}/stop/")
    site.wait_answers()
    gate.open()

    assert flags() == [("assistant", "stopped", "words", "bomb")]


@pytest.mark.parametrize(
    ("reply", "status"),
    [(chunks("It is", finish="content_filter"), "complete"), (refusal(400, FILTERED), "failed")],
)
def test_an_answer_that_the_provider_filters_is_flagged(
    ada: Person, site: Site, fake: FakeProvider, reply: Reply, status: str
) -> None:
    fake.script(reply)

    ada.ask("What is it?")
    site.wait_tasks()

    assert flags() == [("assistant", status, "content_filter", "")]


def test_nothing_is_flagged_where_no_rule_is_set(ada: Person, site: Site) -> None:
    ada.ask("What is a bomb?")
    site.wait_tasks()

    assert (flags(), Review.objects.count()) == ([], 0)

"""Saying that an answer is good or bad, and asking that somebody look at it."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from conversations.models import Conversation, Feedback, Flag, Message
from conversations.models.feedback import LONGEST_REASON
from conversations.views.messages import REMARKS

JSON = {"accept": "application/json"}


@pytest.fixture
def running(owner: User) -> Message:
    return Conversation.begin(owner, text="Hi", model="demo")


@pytest.fixture
def answer(running: Message) -> Message:
    running.ask_to_stop()
    return Message.objects.get(pk=running.pk)


def given() -> list[tuple[str, str]]:
    return list(Feedback.objects.values_list("verdict", "reason"))


def reported() -> list[tuple[str, str]]:
    return list(Flag.objects.values_list("source", "reason"))


def post(client: Client, message: Message, **fields: str) -> Any:
    return client.post(f"/messages/{message.uuid}/", fields)


def script(client: Client, message: Message, **fields: Any) -> Any:
    return client.post(f"/messages/{message.uuid}/", fields, content_type="application/json", headers=JSON)


def described(answer: Message, *, verdict: str = "none", reason: str = "", report: str = "") -> dict[str, Any]:
    return {"message": {"id": str(answer.uuid), "verdict": verdict, "reason": reason, "report": report}}


def test_an_answer_is_rated_and_the_verdict_taken_back(owner_client: Client, answer: Message) -> None:
    replies = [
        script(owner_client, answer, action="rate", verdict="up"),
        script(owner_client, answer, action="rate", verdict="down", reason=" It is\r\nwrong. "),
    ]

    assert [(reply.status_code, reply.json()) for reply in replies] == [
        (200, described(answer, verdict="up")),
        (200, described(answer, verdict="down", reason="It is\nwrong.")),
    ]
    assert given() == [("down", "It is\nwrong.")]
    assert script(owner_client, answer, action="rate", verdict="none").json() == described(answer)
    assert given() == []


def test_an_answer_is_reported_and_reported_again(owner_client: Client, answer: Message) -> None:
    script(owner_client, answer, action="rate", verdict="down", reason="wrong")

    replies = [script(owner_client, answer, action="report", reason=reason) for reason in ("one", "two")]

    assert [(reply.status_code, reply.json()) for reply in replies] == [
        (200, described(answer, verdict="down", reason="wrong", report=reason)) for reason in ("one", "two")
    ]
    assert reported() == [("person", "two")]


def test_a_form_is_led_back_to_the_answer(owner_client: Client, answer: Message) -> None:
    url = f"{answer.conversation.get_absolute_url()}?at={answer.uuid}#message-{answer.uuid}"

    for fields in ({"action": "rate", "verdict": "up"}, {"action": "report", "reason": "why"}):
        reply = post(owner_client, answer, **fields)
        assert (reply.status_code, reply.headers["Location"]) == (303, url)
    assert (given(), reported()) == ([("up", "")], [("person", "why")])


TOO_LONG = "x" * (LONGEST_REASON + 1)
WRONG = [
    {"action": "rate"},
    {"action": "rate", "verdict": "sideways"},
    {"action": "rate", "verdict": "up", "reason": TOO_LONG},
    {"action": "report"},
    {"action": "report", "reason": " \n"},
    {"action": "report", "reason": TOO_LONG},
]


@pytest.mark.parametrize("fields", WRONG)
def test_what_is_wrong_is_refused(owner_client: Client, answer: Message, fields: dict[str, str]) -> None:
    reply = script(owner_client, answer, **fields)
    page = post(owner_client, answer, **fields)

    assert (reply.status_code, reply.json()["error"]["code"]) == (422, "invalid")
    assert page.status_code == 422
    assert page.context["remark"]["error"] == reply.json()["error"]["message"]
    assert page.context["remark"].get("reason", "") == fields.get("reason", "")
    assert (given(), reported()) == ([], [])


def test_a_reason_as_long_as_can_be_is_kept_with_what_no_database_takes_replaced(
    owner_client: Client, answer: Message
) -> None:
    script(owner_client, answer, action="rate", verdict="up", reason="😀" * (LONGEST_REASON - 1) + "\0")

    assert given() == [("up", "😀" * (LONGEST_REASON - 1) + "\N{REPLACEMENT CHARACTER}")]


@pytest.mark.parametrize("fields", [{"action": "rate", "verdict": "up"}, {"action": "report", "reason": "why"}])
def test_only_a_finished_answer_of_ones_own(owner_client: Client, running: Message, fields: dict[str, str]) -> None:
    bobs = Conversation.begin(User.objects.create_user("bob"), text="Hi", model="demo")
    bobs.ask_to_stop()

    refused = [
        (reply.status_code, reply.json()["error"]["code"])
        for message in (running, running.parent, bobs)
        if message
        for reply in [script(owner_client, message, **fields)]
    ]

    assert refused == [(409, "answer_running"), (422, "invalid"), (404, "not_found")]
    assert (given(), reported()) == ([], [])


def test_the_page_has_a_form_for_an_answer_where_it_is_asked_for(owner_client: Client, answer: Message) -> None:
    script(owner_client, answer, action="rate", verdict="up", reason="<short>")
    script(owner_client, answer, action="report", reason="<why>")
    Message.objects.filter(pk=answer.pk).update(text="Hello")  # without words there is nothing to rate
    filled = ("&lt;short&gt;</textarea>", "&lt;why&gt;</textarea>")
    urls = [answer.conversation.get_absolute_url(), *(f"/messages/{answer.uuid}/?remark={r}" for r in REMARKS)]

    pages = [owner_client.get(url).content.decode() for url in urls]

    forms = [[page.count(f'<details class="{kind}" open') for kind in ("rating-why", "fold")] for page in pages]
    assert forms == [[0, 0], [1, 0], [0, 1]]
    assert [[text in page for text in filled] for page in pages] == [[False, False], [True, False], [False, True]]
    assert ["<html" in page for page in pages] == [True] * 3
    assert "<html" not in owner_client.get(f"/messages/{answer.uuid}/?remark=delete").content.decode()


@pytest.mark.parametrize("remark", REMARKS)
def test_the_form_for_another_persons_answer_is_not_found(owner_client: Client, remark: str) -> None:
    bobs = Conversation.begin(User.objects.create_user("bob"), text="Hi", model="demo")
    bobs.ask_to_stop()

    assert owner_client.get(f"/messages/{bobs.uuid}/?remark={remark}").status_code == 404


def test_a_page_on_which_somebody_writes_about_an_answer_does_not_refresh_itself(
    owner_client: Client, answer: Message
) -> None:
    answer.conversation.send("More", parent=answer, model="demo")
    urls = [answer.conversation.get_absolute_url(), f"/messages/{answer.uuid}/?remark=report"]

    assert ['http-equiv="refresh"' in owner_client.get(url).content.decode() for url in urls] == [True, False]


def test_the_page_says_what_was_said_of_each_answer(owner_client: Client, answer: Message) -> None:
    script(owner_client, answer, action="rate", verdict="up", reason="short")
    script(owner_client, answer, action="report", reason="why")
    Flag.objects.create(conversation=answer.conversation, message=answer, source="words", reason="hidden")

    question, shown = owner_client.get(answer.conversation.get_absolute_url()).context["transcript"]

    assert (shown.opinion.verdict, shown.opinion.reason, shown.opinion.report) == ("up", "short", "why")
    assert (question.opinion.verdict, question.opinion.report) == ("", "")

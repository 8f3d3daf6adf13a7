"""What the model saw: the turns, the tokens and the times of an answer."""

import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from conversations.models import Conversation, Message
from conversations.views import sent
from tests.serving import Person, Site
from tests.views.test_pages import more

PART = {"HX-Request": "true"}
SENT = {"turns": 0, "turns_left_out": 0, "messages": [], "left_out": [], "tokens": 21}


@pytest.fixture
def conversation(owner: User) -> Conversation:
    """Turns of the questions "question 0" to "question 9", each answered."""
    answer = Conversation.begin(owner, text="first", model="demo")
    Message.objects.filter(pk=answer.pk).update(status="complete", text="answer")
    more(answer.conversation, 10)
    return answer.conversation


def saw(conversation: Conversation, **record: Any) -> Message:
    """The last answer, with this record."""
    Message.objects.filter(pk=conversation.messages.latest("pk").pk).update(**record)
    return conversation.messages.latest("pk")


def rows(client: Client, answer: Message) -> dict[str, str]:
    """What is listed, by its name, in plain words."""
    fragment = client.get(f"/messages/{answer.uuid}/sent/", headers=PART).content.decode()
    found = re.findall(r"<dt>(.*?)</dt>\s*<dd>(.*?)</dd>", fragment, re.DOTALL)
    return {name: " ".join(re.sub(r"<[^>]*>", " ", value).split()) for name, value in found}


def test_all_that_is_known_is_told(owner_client: Client, conversation: Conversation) -> None:
    questions = [str(m.uuid) for m in conversation.messages.filter(role="user").order_by("pk")]
    answers = [str(m.uuid) for m in conversation.messages.answers().order_by("pk")]
    turns = [uuid for pair in zip(questions, answers, strict=True) for uuid in pair]
    answer = saw(
        conversation,
        model="demo", answered_by="demo-2026-11", first_delta_ms=1234, total_ms=5678,
        usage={"prompt_tokens": 19, "completion_tokens": 70, "reasoning_tokens": 30},
        sent={**SENT, "turns": 2, "turns_left_out": 8, "messages": turns[16:20], "left_out": turns[12:16],
              "temperature": 0.25, "answer_tokens": 500},
    )  # fmt: skip

    assert rows(owner_client, answer) == {
        "Model": "demo",
        "Answered by": "demo-2026-11",
        "Earlier turns sent": "2 question 7 question 8",
        "Earlier turns left out": "8 6 earlier ones question 5 question 6",
        "Tokens sent, estimated": "21",
        "Tokens sent, as counted by the provider": "19",
        "Tokens of the answer": "70",
        "of them for thinking": "30",
        "Time to the first word": "1.23&nbsp;s",
        "Time in total": "5.68&nbsp;s",
        "Temperature asked for": "0.25",
        "Longest answer": "500 tokens",
    }


def test_the_turns_lead_to_their_messages(owner_client: Client, conversation: Conversation) -> None:
    first = conversation.messages.earliest("pk")
    answer = saw(conversation, sent={**SENT, "turns": 1, "messages": [str(first.uuid)]})

    fragment = owner_client.get(f"/messages/{answer.uuid}/sent/", headers=PART).content.decode()

    place = f"{conversation.get_absolute_url()}?at={first.uuid}#message-{first.uuid}"
    assert f'<a href="{place}" dir="auto">first</a>' in fragment


def test_an_answer_from_before_tells_what_it_has(owner_client: Client, conversation: Conversation) -> None:
    found = rows(owner_client, saw(conversation, sent=SENT))

    assert (found["Tokens sent, estimated"], "Temperature asked for" in found) == ("21", False)


def test_an_answer_that_was_never_asked_for_says_so(owner_client: Client, conversation: Conversation) -> None:
    page = owner_client.get(f"/messages/{saw(conversation, status='stopped').uuid}/sent/").content.decode()

    assert "Nothing was sent to the model." in page


@pytest.mark.parametrize("name", ["messages", "left_out"])
def test_however_many_there_were_so_many_are_named(
    owner_client: Client, conversation: Conversation, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(sent, "MOST", 3)
    keys = [str(message.uuid) for message in conversation.messages.order_by("pk")][:20]
    answer = saw(conversation, sent={**SENT, "turns": 10, "turns_left_out": 10, name: keys})

    found = rows(owner_client, answer)

    named = "10 7 earlier ones question 6 question 7 question 8"
    assert found["Earlier turns sent" if name == "messages" else "Earlier turns left out"] == named


def test_it_costs_as_much_for_many_turns_as_for_one(owner_client: Client, conversation: Conversation) -> None:
    keys = [str(message.uuid) for message in conversation.messages.order_by("pk")]

    def costs(messages: list[str]) -> int:
        answer = saw(conversation, sent={**SENT, "turns": len(messages), "messages": messages})
        with CaptureQueriesContext(connection) as captured:
            owner_client.get(f"/messages/{answer.uuid}/sent/", headers=PART)
        return len(captured)

    assert costs(keys[:2]) == costs(keys) == 5


def test_without_script_it_is_a_page_that_leads_back(owner_client: Client, conversation: Conversation) -> None:
    answer = saw(conversation, sent=SENT)

    page = owner_client.get(f"/messages/{answer.uuid}/sent/")

    assert page.templates[0].name == "conversations/sent.html"
    assert f'href="{conversation.get_absolute_url()}?at={answer.uuid}#message-{answer.uuid}"' in page.content.decode()


def test_a_question_has_no_record(owner_client: Client, conversation: Conversation) -> None:
    question = conversation.messages.earliest("pk")

    assert owner_client.get(f"/messages/{question.uuid}/sent/").status_code == 404


def test_nobody_elses_words_are_named(owner_client: Client, conversation: Conversation) -> None:
    other = Conversation.begin(User.objects.create_user("bob"), text="a secret", model="demo")
    answer = saw(conversation, sent={**SENT, "turns": 1, "messages": [str(other.parent.uuid)]})

    assert rows(owner_client, answer)["Earlier turns sent"] == "1"


def test_hostile_words_are_words(owner_client: Client, conversation: Conversation) -> None:
    hostile = "<script>alert(1)</script>"
    first = conversation.messages.earliest("pk")
    Message.objects.filter(pk=first.pk).update(text=hostile)
    answer = saw(
        conversation, model=hostile, answered_by=hostile, sent={**SENT, "turns": 1, "messages": [str(first.uuid)]}
    )

    assert hostile not in owner_client.get(f"/messages/{answer.uuid}/sent/", headers=PART).content.decode()


def test_a_copied_answer_tells_of_the_turns_that_it_was_made_from(
    owner_client: Client, conversation: Conversation
) -> None:
    first = conversation.messages.earliest("pk")
    answer = saw(conversation, status="complete", sent={**SENT, "turns": 1, "messages": [str(first.uuid)]})

    copy = conversation.fork(answer)

    assert rows(owner_client, copy)["Earlier turns sent"] == "1 first"


def test_what_was_really_sent_is_told(person: Any, site: Site) -> None:
    eve: Person = person("eve")
    begun = eve.ask("first")
    site.wait_answers()
    fields = {"message": "second", "parent": begun["answer"]["id"]}
    answer = eve.script(f"{begun['conversation']['url']}messages/", fields).json["answer"]["id"]
    site.wait_answers()

    fragment = eve.get(f"/messages/{answer}/sent/", **{"HX-Request": "true"}).text

    assert f"#message-{begun['message']['id']}" in fragment
    assert "2,000 tokens" in fragment or "2000 tokens" in fragment

"""Creating a conversation and sending into it: the three kinds of reply, keys, and refusals."""

import json
from typing import Any

import pytest

from conversations.models import Conversation, Message
from tests.fakes.provider import FakeProvider
from tests.fakes.replies import Gate, chunk, chunks, raw
from tests.serving import Person, Site, text_of

MULTIPART = '--b\r\nContent-Disposition: form-data; name="message"\r\n\r\nHä +\r\n--b--\r\n'


def last_answer() -> Message:
    return Message.objects.answers().latest("pk")


def test_a_form_is_led_to_the_page_of_its_new_conversation(ada: Person, site: Site) -> None:
    reply = ada.post("/conversations/", {"message": "Hi there"})
    site.wait_answers()

    conversation = Conversation.objects.get()
    assert (reply.status, reply.headers["Location"]) == (303, f"/conversations/{conversation.uuid}/#end")
    assert [(m.role, m.text) for m in conversation.messages.all()] == [
        ("user", "Hi there"),
        ("assistant", "Hello there"),
    ]


def test_a_script_gets_the_ids_of_all_that_was_made(ada: Person) -> None:
    reply = ada.script("/conversations/", {"message": "Hi"})

    answer = last_answer()
    assert reply.status == 201
    assert reply.json == {
        "conversation": {"id": str(answer.conversation.uuid), "url": f"/conversations/{answer.conversation.uuid}/"},
        "message": {"id": str(answer.parent.uuid)},
        "answer": {"id": str(answer.uuid), "events_url": f"/messages/{answer.uuid}/events/"},
    }


def test_a_client_of_streams_gets_the_stream_itself(ada: Person, fake: FakeProvider) -> None:
    fake.script(chunks("Hel", "lo"))

    stream = ada.follow("/conversations/", "POST", {"message": "Hi"})

    assert (stream.status, stream.headers["Content-Type"]) == (200, "text/event-stream; charset=utf-8")
    assert text_of(list(stream)) == "Hello"


@pytest.mark.parametrize(
    "kind", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=b", "application/json"]
)
def test_every_kind_of_body_is_read(ada: Person, kind: str) -> None:
    bodies = {
        "application/x-www-form-urlencoded": b"message=H%C3%A4%20%2B",
        "multipart/form-data; boundary=b": MULTIPART.encode(),
        "application/json": json.dumps({"message": "Hä +"}).encode(),
    }

    reply = ada.send_raw("POST", "/conversations/", bodies[kind], {"Content-Type": kind, "Accept": "application/json"})

    assert reply.status == 201
    assert Message.objects.get(role="user").text == "Hä +"


def test_a_second_message_goes_under_the_answer_before_it(ada: Person, site: Site) -> None:
    begun = ada.ask("first")
    site.wait_answers()

    reply = ada.script(
        f"{begun['conversation']['url']}messages/", {"message": "second", "parent": begun["answer"]["id"]}
    )
    site.wait_answers()

    assert reply.status == 201
    branch = [message.text for message in Message.objects.order_by("pk")]
    assert branch == ["first", "Hello there", "second", "Hello there"]
    assert last_answer().parent.parent_id == Message.objects.get(uuid=begun["answer"]["id"]).pk
    assert Conversation.objects.get().leaf == last_answer()


@pytest.mark.fault(61)
@pytest.mark.parametrize(
    ("message", "status", "code"),
    [
        ("", 422, "invalid"),
        ("  \n\t", 422, "invalid"),
        (None, 422, "invalid"),
        ("ä" * 50_001, 413, "too_long"),
        ("x" * 30_000, 422, "prompt_too_long"),
        (["list"], 400, "bad_request"),
        ({"a": 1}, 400, "bad_request"),
        (True, 400, "bad_request"),
    ],
)
def test_a_message_that_cannot_be_sent_is_refused_before_anything_is_written(
    ada: Person, fake: FakeProvider, message: Any, status: int, code: str
) -> None:
    reply = ada.script("/conversations/", {"message": message})

    assert (reply.status, reply.error) == (status, code)
    assert set(reply.json["error"]) == {"code", "message", "reference"}
    assert (Conversation.objects.count(), Message.objects.count(), fake.answer_calls) == (0, 0, [])


def test_a_refused_form_gets_its_page_again_with_its_text(ada: Person) -> None:
    reply = ada.post("/conversations/", {"message": "do not lose <me>", "model": "no-such-model"})

    assert reply.status == 422
    assert "do not lose &lt;me&gt;</textarea>" in reply.text
    assert "This site does not offer that model" in reply.text


def test_characters_that_no_database_takes_are_replaced(ada: Person) -> None:
    ada.script("/conversations/", {"message": "nul \0 lone \ud83d pair \ud83d\ude00"})

    assert Message.objects.get(role="user").text == "nul \ufffd lone \ufffd pair 😀"


@pytest.mark.fault(61)
@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/json", b"{"),
        ("application/json", b"[1]"),
        ("application/json", b'"text"'),
        ("application/json", b"\xff\xfe"),
        ("application/json", b"[" * 100_000),
        ("text/plain", b"message=x"),
        ("application/xml", b"<message/>"),
        ("multipart/form-data", b"no boundary"),
    ],
)
def test_a_body_that_cannot_be_read_is_a_400(ada: Person, content_type: str, body: bytes) -> None:
    headers = {"Content-Type": content_type, "Accept": "application/json"}

    reply = ada.send_raw("POST", "/conversations/", body, headers)

    assert (reply.status, reply.error) == (400, "bad_request")


@pytest.mark.fault(61)
def test_a_body_over_the_limit_is_refused(ada: Person) -> None:
    reply = ada.script("/conversations/", {"message": "x" * 5_000_000})

    assert (reply.status, reply.error) == (413, "too_large")


@pytest.mark.parametrize("path", ["/conversations/", "/markdown/", "/preferences/"])
def test_without_the_csrf_token_nothing_is_done(ada: Person, path: str) -> None:
    reply = ada.script(path, {"message": "x", "text": "x", "theme": "dark"}, csrf=False)

    assert (reply.status, reply.error) == (403, "csrf")
    assert Message.objects.count() == 0


def test_an_unknown_model_is_named_as_the_cause(ada: Person) -> None:
    reply = ada.script("/conversations/", {"message": "Hi", "model": "gpt-999"})

    assert (reply.status, reply.error) == (422, "unknown_model")


def test_the_chosen_model_is_asked_and_kept(ada: Person, fake: FakeProvider, site: Site) -> None:
    ada.ask("Hi", model="other-model")
    site.wait_answers()

    assert fake.answer_calls[0].body["model"] == "other-model"
    assert (last_answer().model, Conversation.objects.get().model) == ("other-model", "other-model")


# Keys.


@pytest.mark.fault(38)
def test_the_same_key_gives_the_same_reply_and_one_call(ada: Person, fake: FakeProvider, site: Site) -> None:
    replies = [ada.script("/conversations/", {"message": "Hi"}, Idempotency_Key="k-1") for _ in range(3)]
    site.wait_answers()

    assert [reply.status for reply in replies] == [201, 201, 201]
    assert replies[0].json == replies[1].json == replies[2].json
    chats = [call for call in fake.answer_calls if call.body["messages"][-1]["content"] == "Hi"]
    assert (len(chats), Conversation.objects.count()) == (1, 1)


@pytest.mark.fault(38)
def test_a_key_works_for_sending_also_after_the_conversation_moved_on(ada: Person, site: Site) -> None:
    begun = ada.ask("first")
    site.wait_answers()
    fields = {"message": "second", "parent": begun["answer"]["id"], "key": "k-2"}
    path = f"{begun['conversation']['url']}messages/"

    first = ada.script(path, fields)
    while_running_or_after = ada.script(path, fields)

    assert (first.status, while_running_or_after.json) == (201, first.json)


@pytest.mark.fault(39)
def test_the_same_text_under_two_keys_is_two_messages(ada: Person) -> None:
    first, second = (ada.ask("Hi", key=key) for key in ("k-1", "k-2"))

    assert first["answer"]["id"] != second["answer"]["id"]


def test_a_key_for_another_request_is_refused(ada: Person) -> None:
    ada.ask("Hi", key="k-1")

    reply = ada.script("/conversations/", {"message": "Something else", "key": "k-1"})

    assert (reply.status, reply.error) == (409, "key_reused")


def test_keys_are_a_persons_own(ada: Person, bob: Person) -> None:
    hers, his = ada.ask("Hi", key="k-1"), bob.ask("Hi", key="k-1")

    assert hers["answer"]["id"] != his["answer"]["id"]


@pytest.mark.parametrize("key", ["a b", "x" * 129, "ä", "k\n", "../k"])
def test_a_key_of_other_characters_is_refused(ada: Person, key: str) -> None:
    reply = ada.script("/conversations/", {"message": "Hi", "key": key})

    assert (reply.status, Message.objects.count()) == (422, 0)


# Conflicts.


@pytest.mark.fault(40)
def test_a_second_message_while_an_answer_runs_is_refused_and_its_text_kept(
    ada: Person, fake: FakeProvider, site: Site
) -> None:
    gate = Gate()
    fake.script(raw(chunk({"content": "so far"}), gate, chunk({"content": "!"}, finish="stop")))
    begun = ada.ask("first")
    gate.wait_reached()
    path = f"{begun['conversation']['url']}messages/"
    fields = {"message": "second <b>", "parent": begun["answer"]["id"]}

    by_script, by_form = ada.script(path, fields), ada.post(path, fields)
    gate.open()
    site.wait_answers()

    assert (by_script.status, by_script.error) == (409, "answer_running")
    assert by_form.status == 409
    assert "second &lt;b&gt;</textarea>" in by_form.text
    assert [message.text for message in Message.objects.order_by("pk")] == ["first", "so far!"]


@pytest.mark.parametrize("parent", ["", "00000000-0000-4000-8000-000000000000"])
def test_a_missing_or_unknown_parent_has_moved_on(ada: Person, site: Site, parent: str) -> None:
    begun = ada.ask("first")
    site.wait_answers()

    reply = ada.script(f"{begun['conversation']['url']}messages/", {"message": "second", "parent": parent})

    assert (reply.status, reply.error) == (409, "moved_on")


@pytest.mark.fault(47)
def test_a_stale_parent_has_moved_on_and_the_form_is_filled_again(ada: Person, site: Site) -> None:
    begun = ada.ask("first")
    site.wait_answers()
    path = f"{begun['conversation']['url']}messages/"
    ada.script(path, {"message": "second", "parent": begun["answer"]["id"]})
    site.wait_answers()

    reply = ada.post(path, {"message": "late & kept", "parent": begun["answer"]["id"]})

    assert reply.status == 409
    assert "late &amp; kept</textarea>" in reply.text
    assert f'name="parent" value="{last_answer().uuid}"' in reply.text


def test_a_parent_of_another_conversation_has_moved_on(ada: Person, site: Site) -> None:
    one, other = ada.ask("one"), ada.ask("other")
    site.wait_answers()

    reply = ada.script(f"{one['conversation']['url']}messages/", {"message": "x", "parent": other["answer"]["id"]})

    assert (reply.status, reply.error) == (409, "moved_on")


def test_a_malformed_parent_is_invalid(ada: Person, site: Site) -> None:
    begun = ada.ask("first")
    site.wait_answers()

    reply = ada.script(f"{begun['conversation']['url']}messages/", {"message": "x", "parent": "not-a-uuid"})

    assert (reply.status, reply.error) == (422, "invalid")


# Another answer.


def test_regenerate_makes_a_sibling_and_shows_it(ada: Person, fake: FakeProvider, site: Site) -> None:
    fake.script(chunks("one"))
    begun = ada.ask("Hi")
    site.wait_answers()
    fake.script(chunks("two"))

    reply = ada.script(f"/messages/{begun['answer']['id']}/", {"action": "regenerate"})
    site.wait_answers()

    assert (reply.status, reply.json["message"]) == (201, None)
    answers = Message.objects.answers().order_by("pk")
    assert [answer.text for answer in answers] == ["one", "two"]
    assert answers[0].parent == answers[1].parent
    assert Conversation.objects.get().leaf == answers[1]


def test_continue_goes_on_from_a_copy_of_what_was_cut(ada: Person, fake: FakeProvider, site: Site) -> None:
    fake.script(chunks("```py\nhalf", finish="length"))
    begun = ada.ask("Hi")
    site.wait_answers()
    fake.script(chunks(" and half"))

    ada.script(f"/messages/{begun['answer']['id']}/", {"action": "continue"})
    site.wait_answers()

    texts = [answer.text for answer in Message.objects.answers().order_by("pk")]
    assert texts == ["```py\nhalf", "```py\nhalf and half"]


def test_an_answer_that_is_whole_cannot_be_continued(ada: Person, site: Site) -> None:
    begun = ada.ask("Hi")
    site.wait_answers()

    reply = ada.script(f"/messages/{begun['answer']['id']}/", {"action": "continue"})

    assert (reply.status, reply.error) == (422, "invalid")


def test_show_goes_back_to_an_older_version_with_all_that_followed_it(ada: Person, site: Site) -> None:
    begun = ada.ask("Hi")
    site.wait_answers()
    path = f"{begun['conversation']['url']}messages/"
    ada.script(path, {"message": "more", "parent": begun["answer"]["id"]})
    site.wait_answers()
    end_of_first = last_answer()
    ada.script(f"/messages/{begun['answer']['id']}/", {"action": "regenerate"})
    site.wait_answers()

    ada.script(f"/messages/{begun['answer']['id']}/", {"action": "show"})

    assert Conversation.objects.get().leaf == end_of_first


def test_a_users_message_has_no_other_answer_of_its_own(ada: Person, site: Site) -> None:
    begun = ada.ask("Hi")
    site.wait_answers()

    reply = ada.script(f"/messages/{begun['message']['id']}/", {"action": "regenerate"})

    assert (reply.status, reply.error) == (422, "invalid")

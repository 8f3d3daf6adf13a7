"""Editing what one wrote: another version of the message beside the old one, with an answer of its own."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from conversations.models import Conversation, Message
from tests.fakes.provider import FakeProvider
from tests.fakes.replies import Gate, chunk, raw
from tests.serving import Person, Site, text_of

NOBODYS = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def begun(ada: Person, site: Site) -> dict[str, Any]:
    """Two turns: "first" and "second", each answered."""
    begun = ada.ask("first")
    site.wait_answers()
    second = ada.script(
        f"{begun['conversation']['url']}messages/", {"message": "second", "parent": begun["answer"]["id"]}
    ).json
    site.wait_answers()
    return {"conversation": begun["conversation"], "first": begun, "second": second}


def address(sent: dict[str, Any]) -> str:
    return f"/messages/{sent['message']['id']}/"


def edit(person: Person, sent: dict[str, Any], message: Any = "edited", **fields: Any) -> Any:
    return person.script(address(sent), {"action": "edit", "message": message, **fields})


def branch() -> list[str]:
    """What is shown."""
    message, texts = Conversation.objects.get().leaf, []
    while message:
        texts.append(message.text)
        message = message.parent
    return texts[::-1]


def test_an_edit_makes_a_sibling_with_an_answer_of_its_own(
    ada: Person, site: Site, begun: dict[str, Any], fake: FakeProvider
) -> None:
    reply = edit(ada, begun["second"])
    site.wait_answers()

    old = Message.objects.get(uuid=begun["second"]["message"]["id"])
    new = Message.objects.get(uuid=reply.json["message"]["id"])
    assert reply.status == 201
    assert reply.json["conversation"] == begun["conversation"]
    assert (new.role, new.text, new.parent, new.pk > old.pk) == ("user", "edited", old.parent, True)
    assert Message.objects.get(uuid=reply.json["answer"]["id"]).parent == new
    assert branch() == ["first", "Hello there", "edited", "Hello there"]
    asked = [message["content"] for message in fake.answer_calls[-1].body["messages"]][1:]
    assert asked == ["first", "Hello there", "edited"]


def test_the_old_branch_stays_whole(ada: Person, site: Site, begun: dict[str, Any]) -> None:
    before = {message.pk: (message.text, message.parent_id, message.status) for message in Message.objects.all()}

    edit(ada, begun["first"])
    site.wait_answers()

    after = {message.pk: (message.text, message.parent_id, message.status) for message in Message.objects.all()}
    assert after.items() >= before.items()
    assert branch() == ["edited", "Hello there"]
    ada.script(address(begun["first"]), {"action": "show"})
    assert branch() == ["first", "Hello there", "second", "Hello there"]


def test_a_form_is_led_to_the_end_of_its_page(ada: Person, site: Site, begun: dict[str, Any]) -> None:
    reply = ada.post(address(begun["second"]), {"action": "edit", "message": "edited"})
    site.wait_answers()

    assert (reply.status, reply.headers["Location"]) == (303, f"{begun['conversation']['url']}#end")
    assert "2/2" in ada.get(begun["conversation"]["url"]).text


def test_a_client_of_streams_gets_the_stream_itself(ada: Person, begun: dict[str, Any]) -> None:
    stream = ada.follow(address(begun["second"]), "POST", {"action": "edit", "message": "edited"})

    assert (stream.status, text_of(list(stream))) == (200, "Hello there")


def test_another_model_can_be_chosen_and_the_conversations_is_the_default(
    ada: Person, site: Site, begun: dict[str, Any], fake: FakeProvider
) -> None:
    for fields, model in (({}, "fake-model"), ({"model": "other-model"}, "other-model"), ({}, "other-model")):
        edit(ada, begun["second"], **fields)
        site.wait_answers()
        assert fake.answer_calls[-1].body["model"] == model


@pytest.mark.fault(38)
def test_the_same_key_edits_once(ada: Person, site: Site, begun: dict[str, Any], fake: FakeProvider) -> None:
    calls = len(fake.answer_calls)

    replies = [edit(ada, begun["second"], key="k-1") for _ in range(3)]
    site.wait_answers()

    assert [reply.status for reply in replies] == [201, 201, 201]
    assert replies[0].json == replies[1].json == replies[2].json
    assert (len(fake.answer_calls) - calls, Message.objects.filter(text="edited").count()) == (1, 1)


@pytest.mark.fault(40)
def test_edits_at_the_same_moment_begin_one_answer(ada: Person, site: Site, begun: dict[str, Any]) -> None:
    with ThreadPoolExecutor(5) as people:
        replies = list(people.map(lambda number: edit(ada, begun["second"], f"edit {number}"), range(5)))
    site.wait_answers()

    made = Message.objects.filter(text__startswith="edit ").count()
    assert made == [reply.status for reply in replies].count(201) >= 1
    assert {reply.error for reply in replies if reply.status != 201} <= {"answer_running"}
    assert Message.objects.answers().count() == 2 + made


@pytest.mark.parametrize("other", [{"message": "something else"}, {"model": "other-model"}])
def test_a_key_for_another_edit_is_refused(
    ada: Person, site: Site, begun: dict[str, Any], other: dict[str, str]
) -> None:
    edit(ada, begun["second"], key="k-1")
    site.wait_answers()

    reply = edit(ada, begun["second"], **({"message": "edited", "key": "k-1"} | other))

    assert (reply.status, reply.error) == (409, "key_reused")


@pytest.mark.fault(40)
def test_an_edit_while_an_answer_runs_is_refused_and_its_text_kept(
    ada: Person, site: Site, begun: dict[str, Any], fake: FakeProvider
) -> None:
    gate = Gate()
    fake.script(raw(chunk({"content": "so far"}), gate, chunk({"content": "!"}, finish="stop")))
    edit(ada, begun["second"], "running")
    gate.wait_reached()

    replies = [edit(ada, begun["first"], "late <b>"), edit(ada, begun["first"], "late <b>", key="k-9")]
    form = ada.post(address(begun["first"]), {"action": "edit", "message": "late <b>"})
    gate.open()
    site.wait_answers()

    assert [(reply.status, reply.error) for reply in replies] == [(409, "answer_running")] * 2
    assert form.status == 409
    assert "late &lt;b&gt;</textarea>" in form.text
    assert '<meta http-equiv="refresh"' not in form.text  # which would take the text away
    assert not Message.objects.filter(text="late <b>").exists()


@pytest.mark.parametrize(
    ("message", "status", "code"),
    [
        ("", 422, "invalid"),
        ("  \n", 422, "invalid"),
        ("ä" * 50_001, 413, "too_long"),
        ("x" * 30_000, 422, "prompt_too_long"),
        (["list"], 400, "bad_request"),
    ],
)
def test_a_text_that_cannot_be_sent_is_refused(
    ada: Person, begun: dict[str, Any], message: Any, status: int, code: str
) -> None:
    count = Message.objects.count()

    reply = edit(ada, begun["second"], message)

    assert (reply.status, reply.error, Message.objects.count()) == (status, code, count)


def test_a_refused_form_gets_its_page_again_with_its_text_in_its_place(ada: Person, begun: dict[str, Any]) -> None:
    fields = {"action": "edit", "message": "do not lose <me>", "model": "no-such-model"}

    reply = ada.post(address(begun["second"]), fields)

    place = reply.text.index(f'data-message="{begun["second"]["message"]["id"]}"')
    editor = reply.text[place : reply.text.index("</message-editor>", place)]
    assert reply.status == 422
    assert "<details open>" in editor
    assert "do not lose &lt;me&gt;</textarea>" in editor
    assert "This site does not offer that model" in editor
    assert reply.text.count("<details open>") == 1


def test_a_refused_text_of_a_message_on_another_branch_is_in_its_editor_there(
    ada: Person, site: Site, begun: dict[str, Any]
) -> None:
    edit(ada, begun["second"])
    site.wait_answers()

    reply = ada.post(address(begun["second"]), {"action": "edit", "message": "kept", "model": "no-such-model"})

    place = reply.text.index(f'data-message="{begun["second"]["message"]["id"]}"')
    editor = reply.text[place : reply.text.index("</message-editor>", place)]
    assert reply.status == 422
    assert "kept</textarea>" in editor


def test_an_answer_is_nothing_to_edit(ada: Person, begun: dict[str, Any]) -> None:
    reply = ada.script(f"/messages/{begun['second']['answer']['id']}/", {"action": "edit", "message": "edited"})

    assert (reply.status, reply.error) == (422, "invalid")
    assert not Message.objects.filter(text="edited").exists()


def test_what_is_anothers_is_not_there(bob: Person, begun: dict[str, Any]) -> None:
    for path in (address(begun["second"]), f"/messages/{NOBODYS}/"):
        assert bob.script(path, {"action": "edit", "message": "edited"}).status == 404
    assert not Message.objects.filter(text="edited").exists()

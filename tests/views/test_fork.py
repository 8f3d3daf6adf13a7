"""Going on from a message in a new conversation, which holds a copy of what led there."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from conversations import refusals
from conversations.models import Conversation, Message, branches
from conversations.models.message import NOT_COPIED
from tests.fakes.provider import FakeProvider
from tests.fakes.replies import Gate, chunk, raw
from tests.large import grown
from tests.serving import Person, Site

COPIED = [
    field.name for field in Message._meta.concrete_fields if field.name not in (*NOT_COPIED, "parent")
]  # of every message


@pytest.fixture
def begun(ada: Person, site: Site) -> dict[str, Any]:
    """Two turns: "first" and "second", each answered."""
    begun = ada.ask("first")
    site.wait_tasks()
    second = ada.script(
        f"{begun['conversation']['url']}messages/", {"message": "second", "parent": begun["answer"]["id"]}
    ).json
    site.wait_tasks()
    return {"conversation": begun["conversation"], "first": begun, "second": second}


def fork(person: Person, uuid: str, **fields: Any) -> Any:
    return person.script(f"/messages/{uuid}/", {"action": "fork", **fields})


def forked(reply: Any) -> Conversation:
    return Conversation.objects.get(uuid=reply.json["conversation"]["id"])


def branch(conversation: Conversation) -> list[Message]:
    return list(conversation.messages.in_bulk(branches.up_to(conversation.leaf_id)).values())


def said(conversation: Conversation) -> list[tuple[Any, ...]]:
    return [tuple(getattr(message, name) for name in COPIED) for message in branch(conversation)]


def test_a_fork_holds_a_copy_of_what_led_to_the_message(ada: Person, begun: dict[str, Any]) -> None:
    old = Conversation.objects.get()

    reply = fork(ada, begun["first"]["answer"]["id"])

    new = forked(reply)
    assert (reply.status, reply.json) == (
        201,
        {"conversation": {"id": str(new.uuid), "url": f"/conversations/{new.uuid}/"}},
    )
    assert said(new) == said(old)[:2]
    assert [message.text for message in branch(new)] == ["first", "Hello there"]
    assert new.messages.count() == 2
    assert {message.uuid for message in new.messages.all()}.isdisjoint(m.uuid for m in old.messages.all())
    assert old.messages.count() == 4


@pytest.mark.parametrize(
    "columns",
    [
        {"status": "failed", "error_code": "internal", "error_reference": "abc", "text": "half"},
        {"status": "stopped", "text": "half", "reasoning": "Hm", "stop_requested": True},
        {"finish_reason": "length", "usage": {"total_tokens": 7}, "first_delta_ms": 5, "total_ms": 9},
    ],
)
def test_the_record_of_an_answer_goes_along_without_what_ran_it(
    ada: Person, begun: dict[str, Any], columns: dict[str, Any]
) -> None:
    uuid = begun["second"]["answer"]["id"]
    Message.objects.filter(uuid=uuid).update(**columns)

    end = forked(fork(ada, uuid)).leaf

    old = Message.objects.get(uuid=uuid)
    assert [getattr(end, name) for name in COPIED] == [getattr(old, name) for name in COPIED]
    assert (end.runner, end.lease_until, end.stop_requested, end.key, end.fingerprint != old.fingerprint) == (
        "",
        None,
        False,
        None,
        True,
    )


def test_the_settings_go_along_and_the_title_is_told_apart(ada: Person, begun: dict[str, Any]) -> None:
    url = begun["conversation"]["url"]
    chosen = {"system_prompt": "Be brief.", "history_turns": 3, "temperature": 0.5, "answer_tokens": 100}
    ada.script(url, {"action": "configure", **chosen})
    ada.script(url, {"action": "rename", "title": "Plans"})

    once = fork(ada, begun["first"]["answer"]["id"])
    new = forked(once)
    twice = forked(fork(ada, str(new.leaf.uuid)))

    for conversation, title in ((new, "Plans (2)"), (twice, "Plans (3)")):
        assert (conversation.owner, conversation.chosen) == (ada.user, {"model": "fake-model", **chosen})
        assert (conversation.title, conversation.title_source) == (title, "person")


def test_a_form_is_led_to_the_new_page_and_both_go_on_by_themselves(
    ada: Person, site: Site, begun: dict[str, Any]
) -> None:
    reply = ada.post(f"/messages/{begun['first']['answer']['id']}/", {"action": "fork"})

    new = Conversation.objects.exclude(uuid=begun["conversation"]["id"]).get()
    assert (reply.status, reply.headers["Location"]) == (303, f"/conversations/{new.uuid}/")
    ada.script(f"/conversations/{new.uuid}/messages/", {"message": "elsewhere", "parent": str(new.leaf.uuid)})
    site.wait_answers()
    texts = {each.uuid == new.uuid: [m.text for m in each.messages.all()] for each in Conversation.objects.all()}
    assert texts == {
        False: ["first", "Hello there", "second", "Hello there"],
        True: ["first", "Hello there", "elsewhere", "Hello there"],
    }


def test_a_fork_at_ones_own_message_is_gone_on_from(ada: Person, site: Site, begun: dict[str, Any]) -> None:
    new = forked(fork(ada, begun["second"]["message"]["id"]))
    assert [message.text for message in branch(new)] == ["first", "Hello there", "second"]

    reply = ada.script(f"/conversations/{new.uuid}/messages/", {"message": "more", "parent": str(new.leaf.uuid)})

    assert reply.status == 201


def test_only_the_branch_is_copied(ada: Person, site: Site, begun: dict[str, Any]) -> None:
    ada.script(f"/messages/{begun['first']['answer']['id']}/", {"action": "regenerate"})
    site.wait_answers()

    new = forked(fork(ada, begun["second"]["answer"]["id"]))

    assert new.messages.count() == 4
    assert "siblings" not in ada.get(f"/conversations/{new.uuid}/").text


@pytest.mark.fault(38)
def test_a_double_click_makes_one_fork(ada: Person, begun: dict[str, Any]) -> None:
    uuid = begun["first"]["answer"]["id"]

    replies = [fork(ada, uuid, key="k-1") for _ in range(3)]

    assert {reply.status for reply in replies} == {201}
    assert replies[0].json == replies[1].json == replies[2].json
    assert Conversation.objects.count() == 2
    other = fork(ada, begun["second"]["answer"]["id"], key="k-1")
    assert (other.status, other.error) == (409, "key_reused")


@pytest.mark.fault(38)
def test_clicks_at_the_same_moment_make_one_fork(ada: Person, begun: dict[str, Any]) -> None:
    uuid = begun["second"]["answer"]["id"]

    with ThreadPoolExecutor(5) as clicks:
        replies = list(clicks.map(lambda _: fork(ada, uuid, key="k-1"), range(5)))

    assert [reply.status for reply in replies] == [201] * 5
    assert len({reply.json["conversation"]["id"] for reply in replies}) == 1
    assert Conversation.objects.count() == 2


def test_an_answer_that_is_being_written_is_no_place_to_fork_at(
    ada: Person, site: Site, fake: FakeProvider, begun: dict[str, Any]
) -> None:
    gate = Gate()
    fake.script(raw(chunk({"content": "so far"}), gate, chunk({"content": "!"}, finish="stop")))
    running = ada.script(f"/messages/{begun['second']['answer']['id']}/", {"action": "regenerate"}).json
    gate.wait_reached()

    at_it, above_it = fork(ada, running["answer"]["id"]), fork(ada, begun["first"]["answer"]["id"])
    gate.open()
    site.wait_answers()

    assert (at_it.status, at_it.error) == (409, "answer_running")
    assert above_it.status == 201
    assert Conversation.objects.count() == 2


def test_what_is_anothers_is_not_there(bob: Person, begun: dict[str, Any]) -> None:
    assert fork(bob, begun["first"]["answer"]["id"]).status == 404
    assert Conversation.objects.count() == 1


@pytest.mark.django_db
def test_a_long_branch_is_copied_whole_in_as_many_steps_as_a_short_one() -> None:
    ada = User.objects.create_user("ada")
    rows = connection.ops.bulk_batch_size(Message._meta.concrete_fields[1:], [None] * 500)
    costs = []
    for depth in (2, 500):
        old = grown(ada, depth=depth, count=2 * depth)
        with CaptureQueriesContext(connection) as queries:
            new = old.fork(old.leaf).conversation
        new.refresh_from_db()
        assert said(new) == said(old)
        costs.append(len(queries) - -(-depth // rows))  # SQLite takes so many rows at once, PostgreSQL all

    assert costs[0] == costs[1] < 12


@pytest.mark.django_db
def test_a_conversation_that_is_deleted_meanwhile_is_not_there_to_fork() -> None:
    old = grown(User.objects.create_user("ada"), depth=2, count=4)
    leaf = old.leaf
    Conversation.objects.get(pk=old.pk).remove()

    with pytest.raises(refusals.NotFound):
        old.fork(leaf)

    assert Conversation.objects.count() == 0

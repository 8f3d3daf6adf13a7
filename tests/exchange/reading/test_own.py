"""This site's own exports, read again."""

import io
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from hypothesis import HealthCheck, given
from hypothesis import settings as with_settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from conversations import search, titles
from conversations.exchange import archive, export_json, reading, schema, writing
from conversations.models import Conversation, IndexedText, Message, Tag, tag
from conversations.text import storable
from tests.exchange.made import AT, everything, said

NOW = datetime(2026, 11, 26, tzinfo=UTC)


def exported(conversation: Conversation) -> str:
    return "".join(export_json.pieces(conversation))


def read(document: str | bytes) -> list[reading.Entry | reading.Refused]:
    raw = document.encode() if isinstance(document, str) else document
    return list(reading.read(io.BytesIO(raw), now=NOW))


def only(document: str) -> reading.Entry:
    (entry,) = read(document)
    assert isinstance(entry, reading.Entry), entry
    return entry


def test_what_was_exported_comes_back_byte_by_byte(owner: User) -> None:
    conversation = everything(owner)
    before = exported(conversation)
    conversation.remove()

    entry = only(before)
    again = writing.write(entry.tree, owner)

    assert (entry.source, entry.source_id) == ("chatsite", str(conversation.uuid))
    assert exported(again) == before


def test_a_whole_archive_comes_back_byte_by_byte(owner: User) -> None:
    for _ in range(3):
        everything(owner)
    before = list(archive.pieces(owner, exported_at=AT))
    Conversation.objects.all().delete()

    entries = read(b"".join(before))
    for entry in entries:
        assert isinstance(entry, reading.Entry), entry
        writing.write(entry.tree, owner)

    assert len(entries) == 3
    assert b"".join(archive.pieces(owner, exported_at=AT)) == b"".join(before)


def test_ids_that_are_taken_are_others_and_always_the_same(owner: User) -> None:
    conversation = everything(owner)
    bob, eve = User.objects.create_user("bob"), User.objects.create_user("eve")
    entry = only(exported(conversation))

    copies = [writing.write(entry.tree, person) for person in (bob, eve)]

    keys = [{copy.uuid, *copy.messages.values_list("uuid", flat=True)} for copy in (conversation, *copies)]
    assert len(set.union(*keys)) == 3 * 4
    (question, answer) = copies[0].messages.order_by("pk")[:2]
    assert answer.sent["messages"] == [str(question.uuid)]
    assert copies[0].leaf == answer
    copies[0].remove()
    assert writing.write(entry.tree, bob).uuid == copies[0].uuid


def test_what_is_written_is_found_and_flagged_as_what_was_said_here(owner: User, settings: Any) -> None:
    settings.REVIEW_WORDS = ["hello"]
    conversation = said(owner, "Hello?", "Good day")
    document = exported(conversation)
    conversation.remove()

    again = writing.write(only(document).tree, owner)

    found = IndexedText.objects.matching(search.parsed("day"), owner_id=owner.pk)
    assert [row.message.text for row in found] == ["Good day"]
    assert again.folded_title == "plans"
    assert [flag.message.text for flag in again.flags.all()] == ["Hello?"]


def test_an_answer_that_was_still_written_is_interrupted(owner: User) -> None:
    answer = Conversation.begin(owner, text="Hello?", model="demo")
    document = exported(answer.conversation)
    answer.conversation.remove()

    again = writing.write(only(document).tree, owner)

    assert [message.status for message in again.messages.order_by("pk")] == ["complete", "interrupted"]


def test_a_tag_for_which_there_is_no_room_is_left_off(owner: User, monkeypatch: pytest.MonkeyPatch) -> None:
    conversation = everything(owner)
    document = exported(conversation)
    conversation.remove()
    monkeypatch.setattr(tag, "MOST_TAGS", Tag.objects.for_user(owner).count() + 1)

    again = writing.write(only(document).tree, owner)

    assert again.tags.count() == 1


def test_what_was_exported_before_there_were_tags_is_read(owner: User) -> None:
    document = json.loads(exported(everything(owner)))
    del document["conversation"]["tags"]

    assert list(only(json.dumps(document)).tree.conversation.tags) == []


def test_what_a_newer_version_says_besides_is_passed_over(owner: User) -> None:
    document = json.loads(exported(everything(owner)))
    document["conversation"]["folder"] = "later"
    document["conversation"]["messages"][1] |= {"tools": [1]}
    document["conversation"]["messages"][1]["sent"]["later"] = {"a": 1}

    entry = only(json.dumps(document))

    assert "later" not in entry.tree.messages[1].sent


def ahead(**time: int) -> str:
    return f"{datetime.now(UTC) + timedelta(**time):%Y-%m-%dT%H:%M:%SZ}"


def test_another_clock_may_be_ahead(owner: User) -> None:
    document = json.loads(exported(everything(owner)))
    document["conversation"]["touched_at"] = ahead(hours=23)

    assert only(json.dumps(document)).tree.conversation.touched_at > datetime.now(UTC)


Break = Callable[[dict[str, Any]], object]
BREAKS: list[tuple[str, Break]] = [
    ("newer", lambda told: told.update(format="chatsite/2")),
    ("malformed", lambda told: told.update(conversation=[])),
    ("malformed", lambda told: told["conversation"].pop("title")),
    ("malformed", lambda told: told["conversation"].update(title="x" * 201)),
    ("malformed", lambda told: told["conversation"].update(tags="x")),
    ("malformed", lambda told: told["conversation"].update(tags=[" "])),
    ("malformed", lambda told: told["conversation"].update(tags=["x", "X"])),
    ("malformed", lambda told: told["conversation"].update(tags=["x" * 41])),
    ("malformed", lambda told: told["conversation"].update(tags=[str(number) for number in range(21)])),
    ("malformed", lambda told: told["conversation"].update(id="1")),
    ("malformed", lambda told: told["conversation"].update(id=told["conversation"]["id"].upper())),
    ("malformed", lambda told: told["conversation"].update(history_turns=True)),
    ("malformed", lambda told: told["conversation"].update(temperature=2.1)),
    ("malformed", lambda told: told["conversation"].update(answer_tokens=2**31)),
    ("malformed", lambda told: told["conversation"].update(system_prompt="x" * 20_001)),
    ("malformed", lambda told: told["conversation"].update(created_at="yesterday")),
    ("malformed", lambda told: told["conversation"].update(created_at="2026-11-24T15:04:05+01:00")),
    ("bad_time", lambda told: told["conversation"].update(created_at="2026-02-30T15:04:05Z")),
    ("bad_time", lambda told: told["conversation"].update(created_at="9999-12-31T23:59:59Z")),
    ("bad_time", lambda told: told["conversation"].update(touched_at=ahead(days=2))),
    ("bad_time", lambda told: told["conversation"].update(touched_at="0001-01-01T00:00:00Z")),
    ("malformed", lambda told: told["conversation"].update(shown="00000000-0000-4000-8000-000000000000")),
    ("not_a_tree", lambda told: told["conversation"]["messages"].reverse()),
    ("not_a_tree", lambda told: told["conversation"]["messages"].append(told["conversation"]["messages"][0])),
    ("not_a_tree", lambda told: told["conversation"]["messages"][1].update(parent=None)),
    ("not_a_tree", lambda told: told["conversation"]["messages"][0].update(parent=told["conversation"]["id"])),
    ("malformed", lambda told: told["conversation"]["messages"].append(7)),
    ("malformed", lambda told: told["conversation"]["messages"][0].update(role="system")),
    ("malformed", lambda told: told["conversation"]["messages"][0].update(text=None)),
    ("message_too_long", lambda told: told["conversation"]["messages"][0].update(text="é" * 50_001)),
    ("answer_too_long", lambda told: told["conversation"]["messages"][1].update(text="x" * 10_000_001)),
    ("answer_too_long", lambda told: told["conversation"]["messages"][1].update(reasoning="x" * 10_000_001)),
    ("malformed", lambda told: told["conversation"]["messages"][1].update(status="lost")),
    ("malformed", lambda told: told["conversation"]["messages"][1].update(usage={"prompt_tokens": "1"})),
    ("malformed", lambda told: told["conversation"]["messages"][1].update(sent={"messages": ["x"]})),
    ("malformed", lambda told: told["conversation"]["messages"][1].update(sent={"turns": "many"})),
    ("malformed", lambda told: told["conversation"]["messages"][1].update(total_ms=-1)),
    ("malformed", lambda told: told["conversation"]["messages"][1]["feedback"].update(verdict="so so")),
    ("malformed", lambda told: told["conversation"]["messages"][1]["feedback"].update(reason="x" * 1001)),
]


@pytest.mark.parametrize(("code", "broken"), BREAKS)
def test_what_is_not_as_the_schema_has_it_is_refused_with_the_reason(owner: User, code: str, broken: Break) -> None:
    document = json.loads(exported(everything(owner)))
    broken(document)

    (refused,) = read(json.dumps(document))

    assert isinstance(refused, reading.Refused)
    assert refused.code == code
    assert refused.sentence


def test_what_is_sent_without_a_number_of_turns_is_shown(owner: User, client: Client) -> None:
    document = json.loads(exported(everything(owner)))
    document["conversation"]["messages"][1]["sent"] |= {"turns": None, "turns_left_out": None}
    Conversation.objects.get().remove()

    written = writing.write(only(json.dumps(document)).tree, owner)

    client.force_login(owner)
    answer = written.messages.answers().order_by("pk").first()
    assert client.get(reverse("message-sent", args=[answer.uuid])).status_code == 200
    assert "turns" not in answer.sent


@pytest.mark.parametrize(("shown", "end"), [(None, 2), (0, 2), (1, 1)])
def test_the_shown_branch_has_an_end(owner: User, shown: int | None, end: int) -> None:
    document = json.loads(exported(everything(owner)))
    ids = [message["id"] for message in document["conversation"]["messages"]]
    document["conversation"]["shown"] = None if shown is None else ids[shown]

    assert str(only(json.dumps(document)).tree.shown) == ids[end]


def test_an_answer_that_was_continued_beyond_a_models_limit_comes_back(owner: User) -> None:
    before = exported(said(owner, "Hello?", "x" * 2_500_000))
    Conversation.objects.get().remove()

    assert exported(writing.write(only(before).tree, owner)) == before


def test_ten_thousand_messages_deep_come_back(owner: User) -> None:
    conversation = said(owner, "0")
    Message.objects.bulk_create(
        Message(conversation=conversation, owner=owner, role="user", text=str(number), created_at=AT)
        for number in range(1, 10_000)
    )
    keys = list(conversation.messages.order_by("pk").values_list("pk", flat=True))
    rows = [Message(pk=pk, parent_id=before) for before, pk in pairwise(keys)]
    Message.objects.bulk_update(rows, ["parent"], batch_size=500)
    Conversation.objects.update(leaf=keys[-1])
    conversation.refresh_from_db()
    before = exported(conversation)
    conversation.remove()

    assert exported(writing.write(only(before).tree, owner)) == before


characters = st.characters(codec="utf-8") | st.sampled_from(
    ["\0", "\ud83d", "\ude00", "\u2028", "\x85", "\ufeff", '"', "\\"]
)
any_text = st.text(characters, max_size=30).map(storable)
short = st.text(characters, max_size=20).map(storable)
moments = st.datetimes(datetime(1970, 1, 2), datetime(2025, 12, 30), timezones=st.just(UTC))
counts = st.none() | st.integers(0, 2**31 - 1)
perhaps = st.none() | moments
feedback = st.none() | st.builds(
    schema.Feedback, verdict=st.sampled_from(["up", "down"]), reason=any_text, updated_at=moments
)
sents = st.fixed_dictionaries(
    {},
    optional={
        "turns": st.integers(0, 2**31 - 1),
        "tokens": counts,
        "temperature": st.none() | st.floats(0, 2),
        "messages": st.lists(st.uuids(version=4).map(str), max_size=2),
        "continues": st.uuids(version=4).map(str),
    },
)
generations = st.fixed_dictionaries(
    {
        "status": st.sampled_from(["complete", "stopped", "failed", "interrupted"]),
        "model": short,
        "answered_by": short,
        "finish_reason": short,
        "error_code": short,
        "error_reference": short,
        "reasoning": any_text,
        "usage": st.dictionaries(short, counts, max_size=3),
        "sent": sents,
        "first_delta_ms": counts,
        "total_ms": counts,
        "ended_at": perhaps,
        "feedback": feedback,
    }
)
titled = st.builds(
    schema.Conversation,
    id=st.uuids(version=4),
    title=any_text.map(titles.given),
    title_source=st.sampled_from(["first_words", "model", "person"]),
    created_at=moments,
    touched_at=moments,
    pinned_at=perhaps,
    archived_at=perhaps,
    tags=st.lists(short.map(titles.given).filter(bool), max_size=3, unique_by=tag.fold).map(
        lambda names: sorted(names, key=tag.fold)
    ),
    model=short,
    system_prompt=any_text,
    history_turns=st.none() | st.integers(0, 1000),
    temperature=st.none() | st.floats(0, 2),
    answer_tokens=st.none() | st.integers(1, 2**31 - 1),
)


@st.composite
def trees(draw: Any) -> schema.Tree:
    """Any conversation that the site may have."""
    messages: list[schema.Message] = []
    for id_ in draw(st.lists(st.uuids(version=4), max_size=8, unique=True)):
        parent = draw(st.sampled_from([None, *(message.id for message in messages)]))
        is_answer = parent is not None and draw(st.booleans())
        told = {"id": id_, "parent": parent, "text": draw(any_text), "created_at": draw(moments)}
        own = draw(generations) if is_answer else {}
        messages.append(schema.Message(role="assistant" if is_answer else "user", **told, **own))
    parents = {message.parent for message in messages}
    ends = [message.id for message in messages if message.id not in parents]
    shown = draw(st.sampled_from(ends)) if ends else None
    return schema.Tree(conversation=draw(titled), messages=messages, shown=shown)


class AnyConversation(TestCase):
    @with_settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(tree=trees())
    def test_comes_back_byte_by_byte(self, tree: schema.Tree) -> None:
        owner = User.objects.create_user("owner")
        conversation = writing.write(tree, owner)
        before = exported(conversation)
        conversation.remove()

        entry = only(before)

        assert entry.tree == tree
        assert exported(writing.write(entry.tree, owner)) == before

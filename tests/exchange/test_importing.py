"""What comes of a file that is imported: once, whole, and what was deleted stays so."""

import json
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from conversations.exchange import archive, export_json, importing, writing
from conversations.exchange.importing import Imports
from conversations.models import Conversation, ImportPart, Origin, tag
from tests.exchange.handing_in import OTHERS, counts, handed_in, worked
from tests.exchange.made import AT, everything, said
from tests.exchange.reading.test_chatgpt import ASKED, ROOT, conversation, node


def test_a_file_is_imported_and_not_kept(owner: User) -> None:
    done = worked(owner, OTHERS)

    assert (done.state, done.position, counts(done)) == ("done", 5, {"made": 5})
    assert Conversation.objects.for_user(owner).count() == 5
    assert not ImportPart.objects.exists()
    assert done.ended_at is not None


def test_twice_gives_once(owner: User) -> None:
    worked(owner, OTHERS)

    again = worked(owner, OTHERS)

    assert counts(again) == {"there": 5}
    assert Conversation.objects.count() == 5


def test_each_person_has_their_own(owner: User) -> None:
    worked(owner, OTHERS)

    assert counts(worked(User.objects.create_user("bob"), OTHERS)) == {"made": 5}
    assert Conversation.objects.count() == 10


def test_what_changed_since_is_left_as_it_is_and_told(owner: User) -> None:
    worked(owner, OTHERS)
    here = Conversation.objects.for_user(owner).order_by("pk").first()
    assert here
    here.messages.answers().update(text="changed here")
    elsewhere = [OTHERS[0], {**conversation(ROOT, ASKED, node("z", "q", "assistant", "new")), "conversation_id": "1"}]

    again = worked(owner, elsewhere)

    assert counts(again) == {"different": 2}
    assert [(line["place"], line["code"]) for line in again.report] == [("[1]", "different"), ("[2]", "different")]
    assert here.messages.answers().get().text == "changed here"


def test_what_was_deleted_stays_so_unless_it_is_asked_for(owner: User) -> None:
    worked(owner, OTHERS)
    for each in Conversation.objects.order_by("pk")[:2]:
        each.remove()

    again, back = worked(owner, OTHERS), worked(owner, OTHERS, brings_back=True)

    assert counts(again) == {"there": 3, "deleted": 2}
    assert {line["code"] for line in again.report} == {"deleted"}
    assert counts(back) == {"made": 2, "there": 3}
    assert Origin.objects.exclude(conversation=None).count() == Conversation.objects.count() == 5


def test_what_is_in_the_bin_is_restored_where_it_is_asked_for(owner: User) -> None:
    worked(owner, OTHERS)
    Conversation.objects.filter(pk=Conversation.objects.earliest("pk").pk).bin()

    again, back = worked(owner, OTHERS), worked(owner, OTHERS, brings_back=True)

    assert counts(again) == {"there": 5}
    assert [(line["outcome"], line["code"]) for line in again.report] == [("there", "in_bin")]
    assert counts(back) == {"made": 1, "there": 4}
    assert Conversation.objects.kept().count() == Conversation.objects.count() == 5


def test_an_own_export_is_known_as_what_is_here(owner: User) -> None:
    first, second = everything(owner), said(owner, "Hello?", "Hello")
    exported = b"".join(archive.pieces(owner, exported_at=AT))
    second.messages.answers().update(text="changed")

    assert counts(worked(owner, exported)) == {"there": 1, "different": 1}
    first.remove()
    assert counts(worked(owner, exported)) == {"deleted": 1, "different": 1}
    assert counts(worked(owner, exported, brings_back=True)) == {"made": 1, "different": 1}


@pytest.mark.parametrize("is_free", [True, False])
@pytest.mark.parametrize("comes_back_by", ["own", "other"])
def test_a_chat_that_is_known_by_two_names_comes_once(owner: User, comes_back_by: str, is_free: bool) -> None:
    if not is_free:
        worked(User.objects.create_user("bob"), OTHERS[:1])  # has the ids that the file's chat would get
    worked(owner, OTHERS[:1])
    files: dict[str, Any] = {"own": b"".join(archive.pieces(owner, exported_at=AT)), "other": OTHERS[:1]}
    Conversation.objects.for_user(owner).get().remove()

    back = worked(owner, files[comes_back_by], brings_back=True)

    assert counts(back) == {"made": 1}
    for _ in range(2):
        assert [counts(worked(owner, file, brings_back=True)) for file in files.values()] == [{"there": 1}] * 2
    Conversation.objects.for_user(owner).get().remove()
    assert [counts(worked(owner, file)) for file in files.values()] == [{"deleted": 1}] * 2


def test_what_came_in_this_sites_own_export_is_known_where_it_came_from(owner: User) -> None:
    worked(owner, OTHERS[:1])
    exported = b"".join(archive.pieces(owner, exported_at=AT))
    Conversation.objects.all().delete()
    Origin.objects.all().delete()
    worked(owner, exported)

    again = worked(owner, OTHERS[:1])
    Conversation.objects.get().remove()

    assert counts(again) == {"there": 1}
    assert counts(worked(owner, OTHERS[:1])) == {"deleted": 1}


def test_nobody_can_take_the_ids_of_what_another_imports(owner: User) -> None:
    bob = User.objects.create_user("bob")
    told = json.loads("".join(export_json.pieces(everything(bob))))
    taken = {**told["conversation"], "id": str(writing.another(UUID(told["conversation"]["id"]), owner))}
    worked(bob, {**told, "conversation": {**taken, "messages": [], "shown": None}})

    first, again = worked(owner, told), worked(owner, told)

    assert (counts(first), counts(again)) == ({"made": 1}, {"there": 1})
    assert Conversation.objects.for_user(owner).get().messages.count() == 3


def test_tags_beyond_what_a_person_can_have_are_told(owner: User, monkeypatch: pytest.MonkeyPatch) -> None:
    told = json.loads("".join(export_json.pieces(everything(User.objects.create_user("bob")))))
    monkeypatch.setattr(tag, "MOST_TAGS", 1)

    done = worked(owner, told)

    assert counts(done) == {"made": 1}
    assert [(line["outcome"], line["title"], line["code"]) for line in done.report] == [("made", "Plans", "untagged")]
    assert Conversation.objects.for_user(owner).get().tags.count() == 1


def test_the_days_of_retention_count_from_the_import_on(owner: User, settings: Any) -> None:
    settings.CHAT_RETENTION_DAYS = 90
    worked(owner, OTHERS[:1])
    imported = Conversation.objects.get()
    now = timezone.now()

    assert imported.touched_at < now - timedelta(days=90)
    assert not Conversation.objects.expired(now + timedelta(days=89)).exists()
    assert Conversation.objects.expired(now + timedelta(days=90)).get() == imported


def test_a_file_that_takes_too_long_has_ended_when_it_is_told(owner: User, monkeypatch: pytest.MonkeyPatch) -> None:
    begun = handed_in(owner, OTHERS)
    monkeypatch.setattr(importing.reading.limits, "SECONDS", -1.0)
    monkeypatch.setattr(importing, "STEP", -1.0)
    imports = Imports()

    for _ in range(2):  # and killed then
        imports.step()

    begun.refresh_from_db()
    assert (begun.state, counts(begun)) == ("done", {"made": 1, "refused": 1})


def test_what_is_broken_is_told_and_the_rest_is_imported(owner: User) -> None:
    done = worked(owner, [OTHERS[0], 7, {"title": "x", "mapping": {}}, OTHERS[1]])

    assert counts(done) == {"made": 2, "refused": 2}
    assert [(line["place"], line["title"], line["code"]) for line in done.report] == [
        ("[2]", "", "malformed"),
        ("[3]", "x", "malformed"),
    ]


@pytest.mark.parametrize("raw", [b"", b"PK", b"\xff", b"[", b"[7", b"[7,", b"7"])
def test_a_broken_file_is_refused(owner: User, raw: bytes) -> None:
    done = worked(owner, raw)

    assert (done.state, done.made, done.ended_at is None) == ("refused", 0, False)
    assert done.refused == len(done.report) > 0
    assert not ImportPart.objects.exists()


def test_a_file_of_which_something_was_refused_is_done(owner: User) -> None:
    assert worked(owner, [7, OTHERS[0]]).state == "done"
    assert worked(owner, [7, OTHERS[0]]).state == "done"
    assert worked(owner, []).state == "done"
    assert worked(owner, [7, 7]).state == "refused"

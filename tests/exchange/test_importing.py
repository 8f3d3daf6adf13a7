"""Imports as the job works them: once, whole, and on from where a process was killed."""

import errno
import json
import threading
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.contrib.auth.models import User
from django.db import DatabaseError, OperationalError, connection
from django.utils import timezone

from conversations import refusals
from conversations.exchange import archive, export_json, importing, writing
from conversations.exchange.importing import Imports
from conversations.models import Conversation, Import, ImportPart, Job, Origin, person, tag
from conversations.models.import_ import ATTEMPTS, JOB, KEPT, LATEST
from conversations.models.written import Beside
from tests.exchange.made import AT, everything, said
from tests.exchange.reading.test_chatgpt import ANSWERED, ASKED, ROOT, conversation, node

OTHERS = [{**conversation(ROOT, ASKED, ANSWERED), "conversation_id": str(number)} for number in range(5)]


def handed_in(owner: User, value: Any, **how: Any) -> Import:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    begun = Import.begin(owner, name="chats.json", **how)
    for place, first in enumerate(range(0, len(raw), 1000)):
        begun.keep_part(place, raw[first : first + 1000])
    begun.arrived()
    return begun


def worked(owner: User, value: Any, **how: Any) -> Import:
    """The import of this, at its end."""
    begun = handed_in(owner, value, **how)
    imports = Imports()
    while imports.step():
        pass
    begun.refresh_from_db()
    return begun


def counts(done: Import) -> dict[str, int]:
    named = ("made", "there", "different", "deleted", "refused")
    return {name: getattr(done, name) for name in named if getattr(done, name)}


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


def test_how_much_of_the_file_is_read_is_noted(owner: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "STEP", -1.0)
    monkeypatch.setattr(importing.reading.documents, "READ", 100)
    raw = json.dumps(OTHERS).encode()
    begun = handed_in(owner, raw, size=len(raw))
    imports, reads = Imports(), [0]

    while imports.step():
        begun.refresh_from_db()
        reads.append(begun.read)

    assert (begun.size, reads) == (len(raw), sorted(reads))
    assert 0 < reads[1] < reads[4] <= len(raw)


def test_what_is_stopped_keeps_what_was_imported_and_goes_on_with_the_file_again(
    owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "STEP", -1.0)
    begun, imports = handed_in(owner, OTHERS), Imports()
    imports.step()
    imports.step()

    begun.stop()
    is_more = imports.step()
    begun.stop()

    begun.refresh_from_db()
    assert (is_more, begun.state, counts(begun)) == (False, "stopped", {"made": 2})
    assert not ImportPart.objects.exists()
    assert counts(worked(owner, OTHERS)) == {"made": 3, "there": 2}


def test_a_file_that_is_stopped_while_it_arrives_is_not_read(owner: User) -> None:
    begun = Import.begin(owner, name="x")
    begun.keep_part(0, b"[")

    begun.stop()
    begun.keep_part(1, b"]")
    with pytest.raises(refusals.ImportLost):
        begun.arrived()
    begun.lose()

    begun.refresh_from_db()
    assert begun.state == "stopped"
    assert not ImportPart.objects.exists()


def test_what_is_done_cannot_be_stopped(owner: User) -> None:
    done = worked(owner, OTHERS)

    done.stop()

    done.refresh_from_db()
    assert done.state == "done"


def test_an_import_goes_on_where_a_process_was_killed(owner: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "STEP", -1.0)  # one chat to a step
    begun = handed_in(owner, OTHERS)
    Imports().step()
    Imports().step()
    begun.refresh_from_db()
    assert (begun.position, begun.made) == (2, 2)

    imports = Imports()
    while imports.step():
        pass

    begun.refresh_from_db()
    assert (begun.state, counts(begun)) == ("done", {"made": 5})
    assert Conversation.objects.count() == 5


def test_killed_between_writing_and_noting_nothing_of_it_is_left(owner: User, monkeypatch: pytest.MonkeyPatch) -> None:
    begun = handed_in(owner, OTHERS[:1])

    def killed(*_: Any, **__: Any) -> bool:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Import, "note", killed)
        with pytest.raises(KeyboardInterrupt):
            Imports().step()
    assert not Conversation.objects.exists()

    while Imports().step():
        pass
    begun.refresh_from_db()
    assert counts(begun) == {"made": 1}


def test_two_that_work_on_one_import_write_nothing_twice(owner: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "STEP", -1.0)
    handed_in(owner, OTHERS)
    one, other = Imports(), Imports()

    while one.step() | other.step():
        pass

    assert Conversation.objects.count() == Import.objects.get().made == 5


def test_a_person_has_one_import_at_a_time(owner: User) -> None:
    handed_in(owner, OTHERS)

    with pytest.raises(refusals.ImportRunning):
        Import.begin(owner, name="x")
    assert Import.begin(User.objects.create_user("bob"), name="x").is_unfinished


def test_a_file_that_never_arrives_is_given_up(owner: User) -> None:
    begun = Import.begin(owner, name="x")
    begun.keep_part(0, b"[")
    Imports().step()
    begun.refresh_from_db()
    assert begun.state == "arriving"
    Import.objects.update(created_at=AT)

    Imports().step()

    begun.refresh_from_db()
    assert begun.state == "lost"
    assert not ImportPart.objects.exists()


def test_another_file_can_be_handed_in_when_one_is_late(owner: User) -> None:
    late = Import.begin(owner, name="x")
    Import.objects.update(created_at=timezone.now() - LATEST - timedelta(seconds=1))

    assert Import.begin(owner, name="y").is_unfinished
    late.keep_part(0, b"[]")  # by a process that hung
    with pytest.raises(refusals.ImportLost):
        late.arrived()
    late.lose()
    assert not ImportPart.objects.exists()


def test_late_ones_are_given_up_while_others_wait(owner: User) -> None:
    late = Import.begin(owner, name="x")
    Import.objects.update(created_at=AT)
    handed_in(User.objects.create_user("bob"), OTHERS)

    assert Imports().step()

    late.refresh_from_db()
    assert late.state == "lost"


def test_what_comes_of_one_that_was_given_up_goes(owner: User) -> None:
    late = Import.begin(owner, name="x")
    late.lose()
    late.keep_part(0, b"[")

    Imports().step()

    assert not ImportPart.objects.exists()


def test_the_job_is_wanted_at_once_and_old_imports_go(owner: User, monkeypatch: pytest.MonkeyPatch) -> None:
    Job.objects.make([JOB])
    for _ in range(KEPT + 1):
        worked(owner, [])

    assert Job.objects.get(pk=JOB).is_wanted
    assert Import.objects.count() == KEPT


def test_imports_that_never_arrived_go_too(owner: User) -> None:
    for _ in range(KEPT + 2):
        Import.begin(owner, name="chats.json").lose()

    assert Import.objects.count() == KEPT


def test_a_conversation_that_an_older_process_deletes_counts_as_deleted(owner: User) -> None:
    worked(owner, OTHERS[:1])
    with connection.cursor() as cursor:  # it knows nothing of origins
        cursor.execute("UPDATE conversations_conversation SET leaf_id = NULL")
        for table in ("indexedtext", "message", "conversation"):
            cursor.execute(f"DELETE FROM conversations_{table}")  # noqa: S608 - our own names

    assert counts(worked(owner, OTHERS[:1])) == {"deleted": 1}


def test_a_chat_that_cannot_be_written_holds_up_no_other(owner: User, monkeypatch: pytest.MonkeyPatch) -> None:
    write = importing.writing.write

    def fails(tree: Any, *rest: Any) -> Conversation:
        if tree.conversation.created_at.year == 2001:
            raise RecursionError
        return write(tree, *rest)

    monkeypatch.setattr(importing.writing, "write", fails)

    done = worked(owner, [OTHERS[0], {**OTHERS[1], "create_time": 1_000_000_000}, OTHERS[2]])

    assert counts(done) == {"made": 2, "refused": 1}
    assert [(line["place"], line["code"]) for line in done.report] == [("[2]", "failed")]


@pytest.mark.parametrize(("module", "code", "read"), [("chatgpt", "failed", 3), ("documents", "broken_off", 0)])
def test_a_reader_that_fails_is_told(
    owner: User, monkeypatch: pytest.MonkeyPatch, module: str, code: str, read: int
) -> None:
    def fails(*_: Any) -> Any:
        raise KeyError

    monkeypatch.setattr(getattr(importing.reading, module), "read" if module == "chatgpt" else "_parts", fails)

    done = worked(owner, OTHERS[:3])

    assert (done.state, counts(done)) == ("refused", {"refused": max(read, 1)})
    assert {line["code"] for line in done.report} == {code}


def test_what_fails_in_the_database_is_tried_again_from_there(owner: User, monkeypatch: pytest.MonkeyPatch) -> None:
    begun = handed_in(owner, OTHERS)
    imports = Imports()

    def away(*_: Any) -> Conversation:
        raise OperationalError

    with monkeypatch.context() as patch:
        patch.setattr(importing.writing, "write", away)
        with pytest.raises(OperationalError):
            imports.step()
    while imports.step():
        pass

    begun.refresh_from_db()
    assert (begun.state, begun.attempts, counts(begun)) == ("done", 0, {"made": 5})


def test_what_kills_every_process_is_left_out(owner: User, monkeypatch: pytest.MonkeyPatch) -> None:
    write = importing.writing.write
    begun = handed_in(owner, [*OTHERS[:1], {**OTHERS[1], "create_time": 1_000_000_000}, *OTHERS[2:]])

    def kills(tree: Any, *rest: Any) -> Conversation:
        if tree.conversation.created_at.year == 2001:
            raise KeyboardInterrupt
        return write(tree, *rest)

    monkeypatch.setattr(importing.writing, "write", kills)
    for _ in range(1 + ATTEMPTS):  # the first one comes from the chat before
        with pytest.raises(KeyboardInterrupt):
            Imports().step()
    while Imports().step():
        pass

    begun.refresh_from_db()
    assert (begun.state, counts(begun)) == ("done", {"made": 4, "refused": 1})
    assert [(line["place"], line["code"]) for line in begun.report] == [("[2]", "failed")]


def test_no_chat_is_to_blame_for_a_full_disk(owner: User, monkeypatch: pytest.MonkeyPatch) -> None:
    begun = handed_in(owner, OTHERS)

    def full() -> Any:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(importing.tempfile, "TemporaryFile", full)
    with pytest.raises(OSError, match="No space"):
        Imports().step()

    begun.refresh_from_db()
    assert begun.attempts == 0


def test_one_that_fails_lets_the_others_go_before(owner: User, monkeypatch: pytest.MonkeyPatch) -> None:
    failing = handed_in(owner, OTHERS)
    with monkeypatch.context() as patch:
        patch.setattr(Import, "note", lambda *_, **__: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            Imports().step()
    other = handed_in(User.objects.create_user("bob"), OTHERS)

    Imports().step()
    other.refresh_from_db()

    assert other.made > 0
    failing.refresh_from_db()
    assert failing.attempts == 1


def test_texts_are_folded_before_the_transaction(owner: User, monkeypatch: pytest.MonkeyPatch) -> None:
    of, depths = Beside.of, []
    outside = len(connection.savepoint_ids)

    def noted(*args: Any, **how: Any) -> Beside:
        depths.append(len(connection.savepoint_ids))
        return of(*args, **how)

    monkeypatch.setattr(Beside, "of", noted)

    worked(owner, OTHERS[:1])

    assert depths == [outside, outside]


@pytest.mark.django_db(transaction=True)
def test_a_person_is_deleted_during_their_import(monkeypatch: pytest.MonkeyPatch) -> None:
    handed_in(User.objects.create_user("cy"), OTHERS[:1])
    note, failed = Import.note, []

    def delete() -> None:
        try:
            person.delete(User.objects.filter(username="cy"))
        except DatabaseError as error:
            failed.append(error)
        finally:
            connection.close()

    deletes = threading.Thread(target=delete)

    def noted(*args: Any, **line: Any) -> bool:
        is_noted = note(*args, **line)
        deletes.start()
        deletes.join(1)  # it has come to where it waits for the import
        return is_noted

    monkeypatch.setattr(Import, "note", noted)

    Imports().step()
    deletes.join(30)

    assert failed == []
    assert not User.objects.exists()
    assert not Conversation.objects.exists()

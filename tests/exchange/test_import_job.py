"""How the job works an import: on from where a process was killed, stopped, given up, and where something fails."""

import errno
import json
import threading
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import DatabaseError, OperationalError, connection
from django.utils import timezone

from conversations import refusals
from conversations.exchange import importing
from conversations.exchange.importing import Imports
from conversations.models import Conversation, Import, ImportPart, Job, person
from conversations.models.import_ import ATTEMPTS, JOB, KEPT, LATEST
from conversations.models.written import Beside
from tests.exchange.handing_in import OTHERS, counts, handed_in, worked
from tests.exchange.made import AT
from tests.patience import PATIENCE


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
    deletes.join(PATIENCE)

    assert failed == []
    assert not User.objects.exists()
    assert not Conversation.objects.exists()

"""Read records: appended one after the other, and found out where they were changed, removed or cut off."""

import logging
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import connection, connections, models, transaction
from django.utils import timezone

from conversations.models import Act, Category, ReadRecord, Reason, chain
from conversations.models.read_record import AppendOnly
from tests.patience import PATIENCE

WHY = Reason(category=Category.REPORT, text="somebody reported it")


@pytest.fixture
def reader(db: None) -> User:
    return User.objects.create_user("rita", is_staff=True)


def append(reader: User, **columns: Any) -> ReadRecord:
    given = {"reason": WHY, "address": "192.0.2.7", "conversation": uuid4(), "owner_id": 4, **columns}
    return ReadRecord.append(Act.OPEN, reader=reader, **given)


def tamper(sequence: int, **columns: Any) -> None:
    """As somebody does who can write to the database."""
    models.QuerySet(ReadRecord).filter(sequence=sequence).update(**columns)


def remove(*sequences: int) -> None:
    models.QuerySet(ReadRecord).filter(sequence__in=sequences).delete()


def findings(*heads: str) -> list[str]:
    return ReadRecord.verify(heads=heads).findings


def test_a_record_says_who_what_when_why_and_from_where(reader: User) -> None:
    conversation = uuid4()

    append(reader, conversation=conversation, told_after=timedelta(days=2))

    record = ReadRecord.objects.get()
    assert (record.sequence, record.reader_id, record.reader_name) == (1, reader.pk, "rita")
    assert (record.act, record.conversation, record.owner_id) == ("open", conversation, 4)
    assert (record.category, record.reason, record.address) == ("report", "somebody reported it", "192.0.2.7")
    assert timedelta(0) <= timezone.now() - record.at < timedelta(minutes=1)
    assert record.told_at == record.at + timedelta(days=2)


def test_an_untouched_chain_verifies(reader: User) -> None:
    records = [append(reader) for _ in range(4)]

    verdict = ReadRecord.verify(heads=[record.head for record in records])

    assert (verdict.count, verdict.head, verdict.findings) == (4, records[-1].head, [])


def test_an_empty_chain_verifies(db: None) -> None:
    assert ReadRecord.verify() == chain.Verdict()


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("at", datetime(2020, 1, 1, tzinfo=timezone.get_default_timezone())), ("act", "search"), ("category", "other"),
        ("reader_id", 99), ("conversation", UUID(int=1)), ("conversation", None), ("owner_id", 5), ("found", 1),
        ("told_at", datetime(2030, 1, 1, tzinfo=timezone.get_default_timezone())), ("covers", [1]), ("covers", 7),
        ("hash", "0" * 64),
    ],
)  # fmt: skip
def test_a_changed_record_is_found(reader: User, column: str, value: Any) -> None:
    for _ in range(3):
        append(reader)

    tamper(2, **{column: value})

    assert findings()[0] == "record 2 was changed"


@pytest.mark.parametrize("column", ["reader_name", "reason", "subject", "address"])
def test_a_changed_personal_field_is_found(reader: User, column: str) -> None:
    for _ in range(3):
        append(reader)

    tamper(2, **{column: "somebody else"})

    assert findings() == [f"the {column} of record 2 was changed"]


def test_seals_that_fit_what_was_changed_are_found(reader: User) -> None:
    record = append(reader)

    tamper(1, reason="harmless", seals=record.seals | {"reason": chain.sealed("harmless")})

    assert findings() == ["record 1 was changed"]


@pytest.mark.parametrize("seals", [{}, [], None, "x", {"reason": 3}])
def test_lost_seals_are_found(reader: User, seals: Any) -> None:
    append(reader)

    tamper(1, seals=models.Value(seals, models.JSONField()))

    assert "record 1 was changed" in findings()


def test_a_changed_record_with_a_new_hash_does_not_fit_the_next_one(reader: User) -> None:
    for _ in range(3):
        append(reader)
    record = ReadRecord.objects.get(sequence=2)
    record.owner_id = 5

    tamper(2, owner_id=5, hash=chain.hash_of(record))

    assert findings() == ["record 3 does not follow the one before it"]


@pytest.mark.parametrize(
    ("removed", "finding"), [((2,), "record 2 is missing"), ((1, 2), "records 1 to 2 are missing")]
)
def test_a_gap_is_found(reader: User, removed: tuple[int, ...], finding: str) -> None:
    for _ in range(4):
        append(reader)

    remove(*removed)

    assert findings() == [finding]


def test_a_cut_tail_is_found_by_the_head_in_the_log(reader: User, caplog: pytest.LogCaptureFixture) -> None:
    records = [append(reader) for _ in range(3)]

    remove(3)

    assert findings() == []
    assert findings(records[2].head) == [f"the log has the head {records[2].head}, and the chain has not"]
    append(reader)
    assert findings(records[2].head) == [f"the log has the head {records[2].head}, and the chain has not"]


@pytest.mark.django_db(transaction=True)
def test_head_and_count_go_to_the_log_at_every_write(caplog: pytest.LogCaptureFixture) -> None:
    reader = User.objects.create_user("rita")

    with caplog.at_level(logging.INFO, "conversations.models.read_record"):
        heads = [append(reader).head for _ in range(2)]

    lines = [record.getMessage() for record in caplog.records]
    assert lines == [f"read record written: open, head {head}" for head in heads]
    assert [head.partition(":")[0] for head in heads] == ["1", "2"]


def test_records_are_not_changed_or_removed_by_the_models(reader: User) -> None:
    record = append(reader)
    tries: list[Callable[[], object]] = [
        record.save,
        record.delete,
        ReadRecord.objects.all().delete,
        lambda: ReadRecord.objects.update(reason=""),
        lambda: ReadRecord.objects.bulk_update([record], ["reason"]),
    ]

    for work in tries:
        with pytest.raises(AppendOnly), transaction.atomic():
            work()
    assert findings(record.head) == []


def test_records_outlive_the_people_whom_they_name(reader: User) -> None:
    head = append(reader).head

    reader.delete()

    assert ReadRecord.objects.get().reader_name == "rita"
    assert findings(head) == []


def test_clocks_that_jump_leave_the_order_as_it_was(reader: User, monkeypatch: pytest.MonkeyPatch) -> None:
    now = timezone.now()
    for hours in (0, -5, 3):
        monkeypatch.setattr(timezone, "now", lambda hours=hours: now + timedelta(hours=hours))
        append(reader)

    assert findings() == []
    assert [record.sequence for record in ReadRecord.objects.all()] == [3, 2, 1]


def test_an_owners_words_are_blanked_and_the_chain_verifies(reader: User) -> None:
    theirs, others = append(reader, owner_id=4), append(reader, owner_id=5)

    assert ReadRecord.blank_owner(4, by=reader, reason=WHY) == 1

    assert ReadRecord.objects.get(pk=theirs.pk).reason == ""
    assert ReadRecord.objects.get(pk=theirs.pk).reader_name == "rita"
    assert ReadRecord.objects.get(pk=others.pk).reason == WHY.text
    newest = ReadRecord.objects.first()
    assert newest is not None
    assert (newest.act, newest.covers) == ("blank", [[1, "reason"], [1, "subject"]])
    assert findings(theirs.head, others.head) == []


def test_a_readers_name_and_address_are_blanked(reader: User) -> None:
    append(reader)

    ReadRecord.blank_reader(reader.pk, by=User.objects.create_user("root"), reason=WHY)

    record = ReadRecord.objects.get(sequence=1)
    assert (record.reader_name, record.address, record.reason) == ("", "", WHY.text)
    assert findings() == []


def test_nothing_to_blank_leaves_no_record(reader: User) -> None:
    assert ReadRecord.blank_owner(77, by=reader, reason=WHY) == 0
    assert ReadRecord.objects.count() == 0


def test_a_field_blanked_by_hand_is_found(reader: User) -> None:
    record = append(reader)

    tamper(1, reason="", seals=record.seals | {"reason": {**record.seals["reason"], "salt": ""}})

    assert findings() == ["the reason of record 1 was blanked, and no record says so"]


def test_a_lawful_blanking_covers_no_other_field(reader: User) -> None:
    append(reader)
    ReadRecord.blank_owner(4, by=reader, reason=WHY)
    seals = ReadRecord.objects.get(sequence=1).seals

    tamper(1, reader_name="", seals=seals | {"reader_name": {**seals["reader_name"], "salt": ""}})

    assert findings() == ["the reader_name of record 1 was blanked, and no record says so"]


@pytest.mark.parametrize(("salt", "value"), [("", "somebody reported it"), ("some", "body reported it")])
def test_a_value_cannot_be_moved_into_its_salt(reader: User, salt: str, value: str) -> None:
    record = append(reader)
    seal = record.seals["reason"]
    moved = (
        {"salt": seal["salt"] + salt, "digest": seal["digest"]} if salt else {**seal, "salt": seal["salt"] + WHY.text}
    )

    tamper(1, reason=value if salt else "", seals=record.seals | {"reason": moved})

    assert findings() == ["the reason of record 1 was changed"]


def test_the_words_of_a_search_are_blanked_by_its_number(reader: User) -> None:
    searched = ReadRecord.append(Act.SEARCH, reader=reader, reason=WHY, subject="Ada Lovelace")

    assert ReadRecord.blank_records([searched.sequence], by=reader, reason=WHY) == 1

    record = ReadRecord.objects.get(sequence=1)
    assert (record.subject, record.reason, record.reader_name) == ("", "", "rita")
    assert findings() == []


def test_words_under_a_blanked_seal_are_found(reader: User) -> None:
    append(reader)
    ReadRecord.blank_owner(4, by=reader, reason=WHY)

    tamper(1, reason="put back")

    assert findings() == ["the reason of record 1 was changed"]


@pytest.mark.django_db(transaction=True)
def test_writers_at_one_moment_are_put_into_a_row() -> None:
    reader = User.objects.create_user("rita")
    start, wrong = threading.Barrier(8), []

    def write() -> None:
        try:
            start.wait(PATIENCE)
            for _ in range(5):
                append(reader)
        except BaseException as error:
            wrong.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=write) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)

    assert wrong == []
    verdict = ReadRecord.verify()
    assert (verdict.count, verdict.findings) == (40, [])


def test_the_command_says_that_all_is_well(reader: User, capsys: pytest.CaptureFixture[str]) -> None:
    head = append(reader).head

    call_command("verify_audit", "--head", head)

    assert capsys.readouterr().out == f"1 read records, as they were written. Head: {head}\n"


def test_the_command_fails_where_it_is_not(reader: User) -> None:
    append(reader)
    tamper(1, owner_id=9)

    with pytest.raises(CommandError, match="not as they were written:\nrecord 1 was changed"):
        call_command("verify_audit")


@pytest.mark.parametrize("head", ["foo", "1:", "1:abc", "0:aaaaaaaaaaaaaaaa", "1:zzzzzzzzzzzzzzzz"])
def test_a_head_that_is_none_is_refused_as_such(reader: User, head: str) -> None:
    append(reader)

    with pytest.raises(CommandError, match="is no head"):
        call_command("verify_audit", "--head", head)


def test_the_beginning_of_a_head_is_enough(reader: User) -> None:
    head = append(reader).head

    call_command("verify_audit", "--head", head[:20])
    with pytest.raises(CommandError, match="the log has the head"):
        call_command("verify_audit", "--head", "1:" + "0" * 12)


def test_the_command_to_blank_records_who_did_it(reader: User, capsys: pytest.CaptureFixture[str]) -> None:
    append(reader)

    call_command("blank_audit", "--owner", "4", "--by", "rita", "--reason", "asked for by the person")

    newest = ReadRecord.objects.first()
    assert newest is not None
    assert (newest.reader_name, newest.reason) == ("rita", "asked for by the person")
    assert capsys.readouterr().out == "1 read records blanked.\n"
    with pytest.raises(CommandError, match="nobody called bob"):
        call_command("blank_audit", "--owner", "4", "--by", "bob", "--reason", "x")


def test_a_chain_is_read_with_one_query(reader: User, django_assert_num_queries: Any) -> None:
    for _ in range(3):
        append(reader)

    with django_assert_num_queries(1, connection=connection):
        ReadRecord.verify()

"""What is on hold is removed by nobody; who placed and who released it stays on record."""

import threading
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, Permission, User
from django.db import IntegrityError, connection, transaction

from conversations import refusals
from conversations.models import Category, Conversation, LegalHold, Message, ReadRecord, Reason
from conversations.models.legal_hold import StaysRecorded
from tests.patience import PATIENCE

WHY = Reason(category=Category.LEGAL, text="Case 7")
OVER = Reason(category=Category.LEGAL, text="Case 7 is closed")


@pytest.fixture
def root(db: None) -> User:
    return User.objects.create_user("root")


@pytest.fixture
def ada(db: None) -> User:
    return User.objects.create_user("ada")


def begun(owner: User) -> Conversation:
    return Conversation.begin(owner, text="Hi", model="m").conversation


def placed(by: User, **on: Any) -> LegalHold:
    hold = LegalHold(**on)
    hold.place(by=by, reason=WHY, address="192.0.2.1")
    return hold


def test_hold_on_a_conversation_keeps_it_and_no_other(root: User, ada: User):
    held, free = begun(ada), begun(ada)
    placed(root, conversation=held)

    with pytest.raises(refusals.OnHold):
        held.remove()
    free.remove()

    assert list(Conversation.objects.all()) == list(Conversation.objects.on_hold()) == [held]
    assert not Conversation.objects.free().exists()
    assert Message.objects.count() == 2


def test_hold_on_a_person_keeps_all_that_is_theirs_and_what_they_begin_later(root: User, ada: User):
    placed(root, person=ada)
    conversation, anothers = begun(ada), begun(root)

    with pytest.raises(refusals.OnHold):
        conversation.remove()

    assert list(Conversation.objects.free()) == [anothers]


def test_released_hold_keeps_nothing_and_stays_on_record(root: User, ada: User):
    conversation = begun(ada)
    hold = placed(root, conversation=conversation)

    released = [hold.release(by=ada, reason=OVER), hold.release(by=root, reason=WHY)]
    conversation.remove()

    assert released == [True, False]
    row = LegalHold.objects.get()
    assert (row.conversation, row.subject) == (None, str(conversation.uuid))
    assert (row.placed_by, row.placed_for, row.released_by, row.released_for) == (
        root,
        "Case 7",
        ada,
        "Case 7 is closed",
    )


def test_one_of_two_holds_is_enough(root: User, ada: User):
    conversation = begun(ada)
    placed(root, person=ada).release(by=root, reason=OVER)
    placed(root, person=ada)
    placed(root, conversation=conversation).release(by=root, reason=OVER)

    with pytest.raises(refusals.OnHold):
        conversation.remove()


def test_each_act_is_recorded_in_the_chain(root: User, ada: User):
    conversation = begun(ada)
    on_one, on_all = placed(root, conversation=conversation), placed(root, person=ada)
    on_one.release(by=root, reason=OVER)

    records = ReadRecord.objects.order_by("sequence")
    about = f"legal hold {on_one.pk} on {conversation.uuid}"
    assert list(records.values_list("act", "reason", "subject", "conversation", "owner_id")) == [
        ("hold", "Case 7", about, conversation.uuid, ada.pk),
        ("hold", "Case 7", f"legal hold {on_all.pk} on ada", None, ada.pk),
        ("release", "Case 7 is closed", about, conversation.uuid, ada.pk),
    ]
    assert ReadRecord.verify().findings == []
    assert not ReadRecord.objects.readings_of(conversation.uuid).exists()


@pytest.mark.parametrize("is_on_person", [True, False])
def test_person_under_hold_is_deleted_by_nobody(root: User, ada: User, is_on_person: bool):
    conversation = begun(ada)
    hold = placed(root, **({"person": ada} if is_on_person else {"conversation": conversation}))

    with pytest.raises(refusals.OnHold), transaction.atomic():
        ada.delete()
    kept = Conversation.objects.count()
    hold.release(by=root, reason=OVER)
    ada.delete()

    assert (kept, Conversation.objects.count()) == (1, 0)
    assert LegalHold.objects.get().subject in ("ada", str(conversation.uuid))


def test_hold_on_what_has_just_been_removed_is_refused(root: User, ada: User):
    conversation = begun(ada)
    Conversation.objects.get().remove()

    with pytest.raises(refusals.NotFound):
        placed(root, conversation=conversation)

    assert (LegalHold.objects.count(), ReadRecord.objects.count()) == (0, 0)


def test_who_removes_at_that_moment_waits_and_finds_the_hold(transactional_db: None):
    root, ada = User.objects.create_user("root"), User.objects.create_user("ada")
    conversation = begun(ada)
    is_placed = threading.Event()

    def place() -> None:
        with transaction.atomic():
            placed(root, person=ada)
            is_placed.set()
            while connection.vendor == "postgresql" and not is_waited_for():
                pass
        connection.close()

    def is_waited_for() -> bool:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            return bool(cursor.fetchone() != (0,))

    def remove() -> None:
        try:
            conversation.remove()
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as threads:
        placing = threads.submit(place)
        assert is_placed.wait(PATIENCE)
        removing = threads.submit(remove)
        placing.result(PATIENCE)

    with pytest.raises(refusals.OnHold):
        removing.result()
    assert Conversation.objects.get() == conversation


def test_hold_on_a_person_who_is_deleted_at_that_moment_waits_and_is_refused(transactional_db: None):
    root, ada = User.objects.create_user("root"), User.objects.create_user("ada")
    is_deleted = threading.Event()

    def is_waited_for() -> bool:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            return bool(cursor.fetchone() != (0,))

    def delete() -> None:
        with transaction.atomic():
            User.objects.get(pk=ada.pk).delete()
            is_deleted.set()
            while connection.vendor == "postgresql" and not is_waited_for():
                pass
        connection.close()

    def place() -> None:
        try:
            placed(root, person=ada)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as threads:
        deleting = threads.submit(delete)
        assert is_deleted.wait(PATIENCE)
        placing = threads.submit(place)
        deleting.result(PATIENCE)

    with pytest.raises(refusals.NotFound):
        placing.result()
    assert LegalHold.objects.count() == 0


def test_record_of_a_hold_is_not_removed(root: User, ada: User):
    hold = placed(root, person=ada)

    with pytest.raises(StaysRecorded):
        hold.delete()
    with pytest.raises(StaysRecorded):
        LegalHold.objects.all().delete()

    assert LegalHold.objects.get() == hold


def test_hold_is_on_one_thing(root: User, ada: User):
    with pytest.raises(IntegrityError), transaction.atomic():
        LegalHold.objects.create(person=ada, conversation=begun(ada), subject="both")


def test_operators_as_they_came_may_look_at_holds(db: None):
    migration = import_module("conversations.migrations.0018_legal_holds")
    Group.objects.all().delete()
    as_it_came, own = Group.objects.create(name="Operators"), Group.objects.create(name="Others")
    as_it_came.permissions.add(Permission.objects.get(codename="view_sitesetting"))

    migration.show_to_operators(apps, None)

    codes = {group.name: set(group.permissions.values_list("codename", flat=True)) for group in (as_it_came, own)}
    assert codes == {"Operators": {"view_sitesetting", "view_legalhold"}, "Others": set()}

"""Checkpoints of many answers: one transaction, and each answer hears what became of its own."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import OperationalError, connection, transaction
from django.test.utils import CaptureQueriesContext

from conversations.generation import checkpoints
from conversations.generation.checkpoints import Checkpoints
from conversations.generation.rows import Kept
from conversations.models import Checkpoint, Conversation, Message
from tests.patience import PATIENCE


@pytest.fixture
def running(db: None) -> list[Message]:
    """Five answers that one process generates."""
    owner = User.objects.create_user("ada")
    answers = [Conversation.begin(owner, text="Hi", model="demo") for _ in range(5)]
    assert all(answer.claim(runner="ours", sent={}) for answer in answers)
    return answers


def texts(answers: list[Message], runner: str = "ours") -> list[Checkpoint]:
    return [Checkpoint(answer.pk, runner, f"text {answer.pk}", "thought") for answer in answers]


def test_those_that_are_ours_are_kept_and_no_others(running: list[Message]) -> None:
    ours, deleted, ended, stopped, theirs = running
    deleted.conversation.delete()
    Message.objects.filter(pk=ended.pk).update(status="complete", text="whole")
    stopped.ask_to_stop()
    Message.objects.filter(pk=theirs.pk).update(runner="theirs", text="theirs")

    kept = Message.objects.checkpoint(texts(running))

    assert kept == {ours.pk: False, stopped.pk: True}
    now = dict(Message.objects.answers().values_list("pk", "text"))
    assert now == {
        ours.pk: f"text {ours.pk}", stopped.pk: f"text {stopped.pk}", ended.pk: "whole", theirs.pk: "theirs"
    }  # fmt: skip


def test_many_cost_as_many_statements_as_one(running: list[Message]) -> None:
    def costs(answers: list[Message]) -> int:
        with CaptureQueriesContext(connection) as captured:
            Message.objects.checkpoint(texts(answers))
        return len(captured)

    assert costs(running[:1]) == costs(running) <= 4  # with those of the transaction


@pytest.mark.django_db(transaction=True)
def test_nobody_is_waited_for_who_deletes_the_chat_or_the_person() -> None:
    answer = Conversation.begin(User.objects.create_user("ada"), text="Hi", model="demo")
    assert answer.claim(runner="ours", sent={})

    def keep() -> dict[int, bool]:
        try:
            return Message.objects.checkpoint(texts([answer]))
        finally:
            connection.close()

    # Only where a row can be held: on SQLite whoever deletes is alone.
    deleting = transaction.atomic() if connection.features.has_select_for_update else nullcontext()
    with ThreadPoolExecutor(1) as thread, deleting:
        for rows in (User.objects.all(), Conversation.objects.all(), Message.objects.exclude(pk=answer.pk)):
            list(rows.select_for_update())
        kept = thread.submit(keep).result(PATIENCE)

    assert kept == {answer.pk: False}


async def test_who_asks_at_one_moment_is_written_together(monkeypatch: pytest.MonkeyPatch) -> None:
    written = watched(monkeypatch, {1: Kept.OURS, 2: Kept.STOP})
    here = Checkpoints()

    kept = await asyncio.gather(*(here.keep(Checkpoint(pk, "ours", "text", "")) for pk in (1, 2, 3)))

    assert (kept, written) == ([Kept.OURS, Kept.STOP, Kept.LOST], [[1, 2, 3]])


async def test_very_many_are_written_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoints, "MOST", 2)
    written = watched(monkeypatch, {})
    here = Checkpoints()

    await asyncio.gather(*(here.keep(Checkpoint(pk, "ours", "text", "")) for pk in range(5)))
    await here.keep(Checkpoint(5, "ours", "text", ""))

    assert written == [[0, 1], [2, 3], [4], [5]]


async def test_each_hears_of_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(_: list[Checkpoint]) -> dict[int, Kept]:
        raise OperationalError("away")

    monkeypatch.setattr(checkpoints, "checkpoint", fails)
    here = Checkpoints()

    heard = await asyncio.gather(
        *(here.keep(Checkpoint(pk, "ours", "text", "")) for pk in (1, 2)), return_exceptions=True
    )

    assert [str(error) for error in heard] == ["away", "away"]


def watched(monkeypatch: pytest.MonkeyPatch, found: dict[int, Kept]) -> list[list[int]]:
    written: list[list[int]] = []

    def checkpoint(asked: list[Checkpoint]) -> dict[int, Any]:
        written.append([each.pk for each in asked])
        return found

    monkeypatch.setattr(checkpoints, "checkpoint", checkpoint)
    return written

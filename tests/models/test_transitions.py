"""Every change of an answer's state is conditional: whoever changed the row has won."""

import pytest
from django.contrib.auth.models import User

from conversations.models import Conversation, Ending, Message, Status

ENDING = Ending(status=Status.COMPLETE, text="whole", finish_reason="stop", usage={"prompt_tokens": 3})


@pytest.fixture
def answer(db: None) -> Message:
    return Conversation.begin(User.objects.create_user("ada"), text="Hi", model="m")


def row(answer: Message) -> Message:
    return Message.objects.get(pk=answer.pk)


def test_one_claim_wins(answer: Message) -> None:
    assert [answer.claim(runner=name, sent={}) for name in ("one", "two")] == [True, False]
    assert row(answer).runner == "one"


def test_only_the_runner_writes(answer: Message) -> None:
    answer.claim(runner="one", sent={})

    written = [answer.checkpoint(runner=name, text=name, reasoning="") for name in ("two", "one")]

    assert (written, row(answer).text) == ([False, True], "one")


def test_the_end_is_written_once(answer: Message) -> None:
    answer.claim(runner="one", sent={})

    ended = [answer.end(ENDING, runner="one"), answer.end(ENDING, runner="one")]

    kept = row(answer)
    assert ended == [True, False]
    assert (kept.status, kept.text, kept.usage, kept.lease_until) == ("complete", "whole", {"prompt_tokens": 3}, None)
    assert kept.ended_at is not None


def test_a_late_write_after_the_end_changes_nothing(answer: Message) -> None:
    answer.claim(runner="one", sent={})
    answer.end(ENDING, runner="one")

    assert not answer.checkpoint(runner="one", text="late", reasoning="")
    assert row(answer).text == "whole"


@pytest.mark.fault(42)
def test_a_late_write_after_a_deletion_brings_nothing_back(answer: Message) -> None:
    answer.claim(runner="one", sent={})
    late = row(answer)
    answer.conversation.delete()

    assert not late.checkpoint(runner="one", text="late", reasoning="")
    assert not late.end(ENDING, runner="one")
    assert Message.objects.count() == 0


@pytest.mark.parametrize("lease", ["2020-01-01T00:00Z", "2999-01-01T00:00Z"])
def test_stop_asks_the_runner_who_alone_has_the_whole_text(answer: Message, lease: str) -> None:
    answer.claim(runner="one", sent={})
    Message.objects.update(lease_until=lease)  # in the past after an outage of the database

    answer.ask_to_stop()

    assert (row(answer).status, row(answer).stop_requested) == ("streaming", True)
    assert answer.end(ENDING, runner="one")


def test_stop_ends_what_nobody_has_begun(answer: Message) -> None:
    answer.ask_to_stop()

    assert row(answer).status == "stopped"


@pytest.mark.parametrize(("asked", "status"), [(True, "stopped"), (False, "interrupted")])
def test_recovery_ends_what_has_no_runner_as_it_was_asked_to(answer: Message, asked: bool, status: str) -> None:
    answer.claim(runner="one", sent={})
    Message.objects.update(lease_until="2020-01-01T00:00Z", stop_requested=asked)

    assert Message.objects.abandoned().interrupt() == 1
    assert row(answer).status == status


def test_html_is_kept_only_for_the_text_that_it_was_made_from(answer: Message) -> None:
    answer.claim(runner="one", sent={})
    answer.end(ENDING, runner="one")
    stale = row(answer)
    Message.objects.update(text="changed")

    stale.keep_html("<p>whole</p>", 1)

    assert row(answer).html_version == 0


@pytest.mark.parametrize(
    ("status", "reason", "text", "was_cut"),
    [
        ("complete", "stop", "x", False),
        ("complete", "length", "x", True),
        ("stopped", "", "x", True),
        ("interrupted", "", "x", True),
        ("failed", "", "x", True),
        ("failed", "", "", False),
    ],
)
def test_what_was_cut_can_go_on(status: str, reason: str, text: str, was_cut: bool) -> None:
    assert Message(role="assistant", status=status, finish_reason=reason, text=text).was_cut is was_cut

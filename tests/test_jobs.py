"""What is due is done, in turns; what fails is told once, tried again later, and holds up nothing else."""

import logging
import re
import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from conversations import jobs
from conversations.jobs import Work
from conversations.models import Job, Session
from tests.patience import PATIENCE
from tests.test_metrics import counted

HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def no_pause(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "PAUSE", 0.0)


def stepping(name: str, steps: int, done: list[str]) -> Work:
    """Work of that many steps, each of which writes its name into `done`."""

    def step() -> bool:
        done.append(name)
        return done.count(name) < steps

    return Work(name=name, every=HOUR, step=step)


def failing(error: Exception) -> Work:
    def step() -> bool:
        raise error

    return Work(name="failing", every=HOUR, step=step)


def never(seconds: float) -> bool:
    return False


def again_in() -> float:
    return (Job.objects.get().due_at - timezone.now()).total_seconds()


def test_each_job_is_done_to_its_end_and_not_again_before_it_is_due():
    done: list[str] = []
    works = [stepping("one", 3, done), stepping("two", 1, done)]

    left = [jobs.do_due(works, is_ending=never) for _ in range(2)]

    assert (left, done) == ([False, False], ["one", "one", "one", "two"])


def test_long_job_lets_the_others_have_their_turns(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(jobs, "TURN", -1.0)
    done: list[str] = []
    works = [stepping("long", 3, done), stepping("short", 1, done)]

    left = [jobs.do_due(works, is_ending=never) for _ in range(3)]

    assert (left, done) == ([True, True, False], ["long", "short", "long", "long"])


def test_end_of_the_server_comes_after_the_step_and_leaves_the_job_to_others():
    done: list[str] = []
    ending = threading.Event()

    def last_step() -> bool:
        done.append("last")
        ending.set()
        return True

    works = [Work(name="one", every=HOUR, step=last_step), stepping("two", 1, done)]
    jobs.do_due(works, is_ending=ending.wait)

    assert done == ["last"]
    assert sorted(map(str, Job.objects.due().free())) == ["one", "two"]


@pytest.mark.parametrize("is_more", [True, False])
def test_job_that_is_taken_over_stops_and_says_so(caplog: pytest.LogCaptureFixture, is_more: bool):
    done: list[str] = []
    line = 'chatsite_jobs_total{job="one",outcome="ended"}'
    before = counted(line)

    def step() -> bool:
        done.append("mine")
        Job.objects.update(runner="another")
        return is_more

    jobs.do_due([Work(name="one", every=HOUR, step=step)], is_ending=never)

    assert (done, Job.objects.get().runner) == (["mine"], "another")
    assert caplog.messages == ["The job one was taken over: its lease had run out."]
    assert counted(line) == before


def test_failure_is_told_once_with_a_reference_and_holds_up_no_other_job(caplog: pytest.LogCaptureFixture):
    done: list[str] = []

    jobs.do_due([failing(ValueError("Hm")), stepping("other", 1, done)], is_ending=never)

    (record,) = [record for record in caplog.records if record.name == "conversations.jobs"]
    reference = Job.objects.get(pk="failing").error_reference
    assert (record.levelno, record.__dict__["reference"]) == (logging.ERROR, reference)
    assert reference in record.getMessage()
    assert done == ["other"]


def test_ends_and_failures_are_counted():
    lines = [
        f'chatsite_jobs_total{{job="{name}",outcome="{how}"}}' for name, how in (("failing", "failed"), ("o", "ended"))
    ]
    before = [counted(line) for line in lines]

    jobs.do_due([failing(ValueError("Hm")), stepping("o", 2, [])], is_ending=never)

    assert [counted(line) for line in lines] == [count + 1 for count in before]


def test_failures_in_a_row_are_tried_again_ever_later_up_to_a_bound():
    waits = []
    for _ in range(12):
        jobs.do_due([failing(ValueError("Hm"))], is_ending=never)
        waits.append(round(again_in() / 60))
        Job.want("failing")

    assert waits == [1, 2, 4, 8, 16, 32, 60, 60, 60, 60, 60, 60]


def test_worker_lives_through_a_look_that_fails(
    transactional_db: None, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    monkeypatch.setattr(jobs, "LOOK_AGAIN", 0.01)
    looks = [raising(ValueError("Hm")), raising(jobs.DatabaseError("away"))]
    is_done = threading.Event()

    def do_due(*_: object, **__: object) -> bool:
        if looks:
            looks.pop()()
        is_done.set()
        return False

    monkeypatch.setattr(jobs, "do_due", do_due)
    worker = jobs.Worker()
    worker.start()
    lived = is_done.wait(PATIENCE)
    worker.end()

    assert lived
    levels = [record.levelname for record in caplog.records if record.name == "conversations.jobs"]
    assert levels == ["WARNING", "ERROR"]


def raising(error: Exception) -> Callable[[], None]:
    def fail() -> None:
        raise error

    return fail


def test_command_does_what_is_due():
    Session.objects.create(session_key="a" * 32, expire_date=timezone.now() - HOUR)

    call_command("run_jobs")

    assert Session.objects.count() == 0
    assert set(Job.objects.exclude(ended_at=None).values_list("pk", flat=True)) == set(jobs.NAMES)


def test_command_does_a_job_that_is_named_though_it_is_not_due():
    call_command("run_jobs", "sessions")
    Session.objects.create(session_key="a" * 32, expire_date=timezone.now() - HOUR)

    call_command("run_jobs", "sessions")

    assert Session.objects.count() == 0


def test_command_knows_the_names():
    with pytest.raises(
        CommandError, match=re.escape(f"There is no job 'session'. There are: {', '.join(jobs.NAMES)}.")
    ):
        call_command("run_jobs", "session")


def test_command_fails_with_its_job(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(jobs, "ALL", (failing(ValueError("Hm")),))

    with pytest.raises(CommandError, match=r"failing failed: see the log at [0-9a-f]{8}"):
        call_command("run_jobs")

"""A job's row: whoever changes it has won, and a lease that has run out is nobody's."""

from datetime import timedelta

import pytest
from django.utils import timezone

from conversations.models import Job

HOUR = timedelta(hours=1)
PAST, FUTURE = "2020-01-01T00:00Z", "2999-01-01T00:00Z"


@pytest.fixture
def job(db: None) -> Job:
    Job.objects.make(["sweep"])
    return Job.objects.get()


def row() -> Job:
    return Job.objects.get()


def test_new_job_is_due_and_is_made_once(job: Job):
    Job.objects.make(["sweep", "mend"])

    assert sorted(map(str, Job.objects.due().free())) == ["mend", "sweep"]


def test_one_of_two_takes_it(job: Job):
    assert [job.take(runner=name) for name in ("one", "two")] == [True, False]
    assert (row().runner, Job.objects.free().count()) == ("one", 0)


def test_what_is_not_due_is_not_taken_unless_it_is_wanted(job: Job):
    Job.objects.update(due_at=FUTURE)

    early = job.take(runner="one")
    Job.want("sweep")

    assert (early, job.take(runner="one"), row().is_wanted) == (False, True, False)


def test_lapsed_lease_is_taken_over_and_the_first_writes_nothing_more(job: Job):
    job.take(runner="one")
    Job.objects.update(lease_until=PAST)

    assert job.take(runner="two")
    late = [job.keep(runner="one"), job.leave(runner="one"), job.done(runner="one", again_in=HOUR)]
    assert late == [False, False, False]
    assert not job.failed(runner="one", again_in=HOUR, reference="1")
    assert (row().runner, row().failures) == ("two", 0)


def test_lease_is_renewed(job: Job):
    job.take(runner="one")
    Job.objects.update(lease_until=PAST)

    assert job.keep(runner="one")
    assert not job.take(runner="two")


def test_what_is_left_goes_on_with_whoever_comes_next(job: Job):
    Job.objects.update(due_at=FUTURE, is_wanted=True)
    job.take(runner="one")

    job.leave(runner="one")

    assert job.take(runner="two")


def test_what_is_done_is_due_again_later(job: Job):
    job.take(runner="one")

    job.done(runner="one", again_in=HOUR)

    assert not Job.objects.due().exists()
    assert timedelta(minutes=59) < row().due_at - timezone.now() < timedelta(minutes=61)
    assert row().ended_at is not None


def test_what_is_wanted_while_it_is_under_way_is_done_again(job: Job):
    job.take(runner="one")

    Job.want("sweep")
    job.done(runner="one", again_in=HOUR)

    assert job.take(runner="two")


def test_failures_are_counted_until_it_goes_well(job: Job):
    counts = []
    for reference in ("first", "second"):
        Job.want("sweep")
        job.take(runner="one")
        job.failed(runner="one", again_in=HOUR, reference=reference)
        counts.append((row().failures, row().error_reference, row().ended_at))
    Job.want("sweep")
    job.take(runner="one")
    job.done(runner="one", again_in=HOUR)

    assert counts == [(1, "first", None), (2, "second", None)]
    assert (row().failures, row().error_reference) == (0, "")

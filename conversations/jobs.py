"""Work that comes again and again: under a lease, so that of several processes exactly one does it.

Each server has a thread for it, with a connection of its own beside the requests' pool. It is not the lane of running
answers (see database.py): a long step would hold up their checkpoints, and a step that finds the database away would
let them fail with it. On SQLite, where all share one lock for writing, a step is short and a pause follows it, in which
whoever waits for that lock gets it.
"""

import logging
import secrets
import threading
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import timedelta

from django.db import DatabaseError, InterfaceError

from conversations import database, generation, metrics
from conversations.exchange.importing import Imports
from conversations.models import Conversation, Job, Session, import_, index_check, left_over, retention

log = logging.getLogger(__name__)
_wanted = threading.Event()  # by somebody in this process

LOOK_AGAIN = 5.0  # seconds between two looks for what is due; the first is as long after the start
PAUSE = 0.05  # seconds between two steps
TURN = 10.0  # seconds after which a job that has more to do waits for the others
PATIENCE = 5.0  # seconds for which the server's end waits for the step under way
FIRST_RETRY, LAST_RETRY = timedelta(minutes=1), timedelta(hours=1)  # after a failure, doubled with each


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """A job and what it does: `step` is one short transaction or batch, some hundred milliseconds at most, and says
    whether there is more to do. A process may be killed in any step, and another one begins again with the first."""

    name: str
    every: timedelta
    step: Callable[[], bool]


def _expire() -> bool:
    return retention.remove_expired() > 0


ALL = (
    Work(name="retention", every=timedelta(days=1), step=_expire),
    Work(name="sessions", every=timedelta(hours=1), step=Session.objects.remove_expired),
    Work(name="bin", every=timedelta(hours=1), step=Conversation.objects.sweep_some),
    Work(name="index", every=timedelta(hours=1), step=index_check.Missing().step),
    Work(name="left_over", every=timedelta(days=1), step=left_over.remove_some),
    Work(name=import_.JOB, every=timedelta(minutes=10), step=Imports().step),
)
NAMES = tuple(work.name for work in ALL)


class Worker:
    """The thread of a server that does what is due, from `start` to `end`."""

    def __init__(self) -> None:
        self._ending = threading.Event()
        # A daemon: a step that hangs holds up no end, and is rolled back.
        self._thread = threading.Thread(target=self._work, name="jobs", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def end(self) -> None:
        """Returns when the step under way has ended, at the latest after PATIENCE."""
        self._ending.set()
        wake()
        self._thread.join(PATIENCE)
        if self._thread.is_alive():
            log.error("A step of a job does not end.")

    def _work(self) -> None:
        database.leave_pool()
        is_any_left = False
        while self._goes_on(after=0 if is_any_left else LOOK_AGAIN):
            is_any_left = self._look()
        database.drop()

    def _goes_on(self, *, after: float) -> bool:
        """Waits for so long, or until somebody wakes it."""
        _wanted.wait(after)
        _wanted.clear()
        return not self._ending.is_set()

    def _look(self) -> bool:
        try:
            database.replace_broken()
            return do_due(ALL, is_ending=self._ending.wait)
        except (DatabaseError, InterfaceError) as error:
            log.warning("jobs could not be looked for: %s", error)
        except Exception:  # the top of a thread: what fails here is tried again at the next look
            log.exception("Jobs could not be looked for.")
        database.drop()
        return False


def wake() -> None:
    """Let this process look at once for what is due, as somebody waits for it. That it is due says its row."""
    _wanted.set()


def do_due(works: Collection[Work], *, is_ending: Callable[[float], bool]) -> bool:
    """Do what is due of these and done by nobody, a TURN of each; whether more is left to do. `is_ending` is called
    between two steps: it waits for as many seconds, and says whether to stop."""
    Job.objects.make([work.name for work in works])
    due = {job.name: job for job in Job.objects.due().free()}
    left = [_do(work, due[work.name], is_ending) for work in works if work.name in due]
    return any(left)


def _do(work: Work, job: Job, is_ending: Callable[[float], bool]) -> bool:
    """Whether it was left with more to do."""
    runner = f"{generation.PROCESS}:{secrets.token_hex(4)}"
    if is_ending(0) or not job.take(runner=runner):
        return False
    turn_ends_at = time.monotonic() + TURN
    try:
        while work.step():
            if is_ending(PAUSE) or time.monotonic() > turn_ends_at:
                return job.leave(runner=runner)
            if not job.keep(runner=runner):
                return _taken_over(work)
    except Exception:  # whatever a job's step raises: the others go on, and this one is tried again
        _fail(work, job, runner)
        return False
    if not job.done(runner=runner, again_in=work.every):
        return _taken_over(work)
    metrics.job_ended(work.name)
    return False


def _taken_over(work: Work) -> bool:
    log.warning("The job %s was taken over: its lease had run out.", work.name)
    return False


def _fail(work: Work, job: Job, runner: str) -> None:
    metrics.job_failed(work.name)
    reference = secrets.token_hex(4)
    again_in = min(FIRST_RETRY * 2 ** min(job.failures, 10), LAST_RETRY)
    log.exception(
        "The job %s failed [%s]; it is tried again in %d s.",
        *(work.name, reference, again_in.total_seconds()),
        extra={"reference": reference},
    )
    database.drop()  # it may be broken
    job.failed(runner=runner, again_in=again_in, reference=reference)

"""One answer, from its claim to its end."""

import asyncio
import contextvars
import dataclasses
import logging
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import ParamSpec, TypeVar
from uuid import UUID

from django.db import DatabaseError, InterfaceError, OperationalError

from conversations import database, live, metrics, provider, tokens
from conversations.generation import serving, title
from conversations.generation.rows import Kept, Work, claim, end_of
from conversations.models import Checkpoint, Ending, Message, Status

log = logging.getLogger(__name__)
P = ParamSpec("P")
R = TypeVar("R")

CHECKPOINT_INTERVAL = 1.0  # seconds; the most text that a crash can take
SAVE_PATIENCE = 3.0  # seconds after which a reader is told that the text is not saved yet
WRITE_PATIENCE = 60.0  # seconds for which a claim or an end is tried to be written while the database is away
WRITE_RETRY = (0.1, 5.0)  # seconds: the first and the longest wait between two tries


def start(answer: Message) -> None:
    """Generate this pending answer on the server's loop. From any thread, after the commit. Raises NotServing."""
    here = serving.current()
    job = _Job(live.Channel(model=answer.model, text=answer.text), pk=answer.pk, uuid=answer.uuid)
    live.channels[answer.uuid] = job.channel
    here.started(answer.pk, job.channel.ask_to_stop)
    # An empty context: a task that inherits the request's would open a thread and a connection of its own.
    here.loop.call_soon_threadsafe(_begin, here, answer.owner_id, job, context=contextvars.Context())


def stop(answer: Message) -> None:
    """Ask for the end of an answer, wherever it is generated. Asking twice, or after the end, changes nothing."""
    answer.ask_to_stop()
    serving.call_on_loop(live.ask_to_stop, answer.uuid)


@dataclass(slots=True)
class _Job:
    """What one generation knows while it runs."""

    channel: live.Channel
    pk: int
    uuid: UUID
    finish: provider.Finish | None = None
    first_delta_ms: int | None = None
    deltas: int = 0
    is_interrupted: bool = False  # by a shutdown, and not by a person
    began: float = field(default_factory=time.monotonic)
    runner: str = field(default_factory=lambda: f"{serving.PROCESS}:{secrets.token_hex(4)}")

    def take(self, delta: provider.Delta) -> None:
        self.deltas += 1
        self.channel.append(delta.text, delta.reasoning)

    def interrupt(self) -> None:
        self.is_interrupted = True
        self.channel.ask_to_stop()

    def wait(self, place: int) -> None:
        """Before its turn: so many answers come first."""
        self.channel.announce(live.Notice("place", place=place))

    def elapsed_ms(self) -> int:
        return round((time.monotonic() - self.began) * 1000)


def _begin(here: serving.Serving, owner: int, job: _Job) -> None:
    live.tell(job.uuid, job.channel)
    here.spawn_answer(job.pk, _generate(here, owner, job), job.interrupt)


async def _generate(here: serving.Serving, owner: int, job: _Job) -> None:
    try:
        async with here.queue.turn(owner, told=job.wait, given_up=job.channel.stop_asked):
            with metrics.answer_running():
                work = await _persist(claim, job.pk, job.runner)
                if work is not None:
                    job.channel.begin()
                    await _run(here, work, job)
    finally:
        live.channels.pop(job.uuid, None)
        job.channel.abandon()


async def _run(here: serving.Serving, work: Work, job: _Job) -> None:
    reading = asyncio.create_task(_read(here, work, job), name=f"reading {job.uuid}")
    stopping = asyncio.create_task(job.channel.stop_asked.wait(), name=f"stopping {job.uuid}")
    try:
        while not reading.done() and not stopping.done():
            await asyncio.wait({reading, stopping}, timeout=_to_next(), return_when=asyncio.FIRST_COMPLETED)
            if not reading.done() and not stopping.done() and await _checkpoint(here, work, job) is Kept.LOST:
                return
    finally:
        reading.cancel()
        stopping.cancel()
        await asyncio.gather(reading, stopping, return_exceptions=True)
        metrics.deltas_came(job.deltas)
    await _end(work, job, None if reading.cancelled() else reading.exception())


async def _read(here: serving.Serving, work: Work, job: _Job) -> None:
    if job.channel.stop_asked.is_set():  # while it waited for its turn
        return
    if work.prompt is None:
        raise provider.ContextTooLong
    conversation = work.answer.conversation

    def take(part: provider.Part) -> None:
        if job.channel.stop_asked.is_set():  # the end is near: it waits for a checkpoint at most
            return
        if isinstance(part, provider.Delta):
            if job.first_delta_ms is None:
                _take_first(here, work, job)
            job.take(part)
        elif isinstance(part, provider.Notice):
            job.channel.announce(live.Notice(part.code, part.until))
        else:
            job.finish = part

    await provider.stream(
        model=work.answer.model,
        messages=work.prompt.messages,
        max_tokens=conversation.longest_answer,
        temperature=conversation.temperature,
        told=take,
    )


def _take_first(here: serving.Serving, work: Work, job: _Job) -> None:
    job.first_delta_ms = job.elapsed_ms()
    metrics.first_delta_came(job.first_delta_ms / 1000)
    if work.title_from:
        here.spawn(title.propose(work, job.channel), f"title {job.uuid}")


def _to_next() -> float:
    """Seconds to the next checkpoint: all answers have theirs at the same moments, so that one transaction does."""
    return CHECKPOINT_INTERVAL - asyncio.get_running_loop().time() % CHECKPOINT_INTERVAL


async def _checkpoint(here: serving.Serving, work: Work, job: _Job) -> Kept:
    text = Checkpoint(work.answer.pk, job.runner, job.channel.text, job.channel.reasoning)
    saving = asyncio.ensure_future(here.checkpoints.keep(text))
    await asyncio.wait({saving}, timeout=SAVE_PATIENCE)
    if not saving.done():
        job.channel.saved(False)
    try:
        kept = await saving
    except DatabaseError as error:
        metrics.write_failed()
        log.warning("the text of a running answer could not be saved, and is tried again: %s", error)
        job.channel.saved(False)
        return Kept.OURS
    job.channel.saved(True)
    if kept is Kept.STOP:
        job.channel.ask_to_stop()
    return kept


async def _end(work: Work, job: _Job, error: BaseException | None) -> None:
    ending = _ending(work, job, error)
    if work.prompt is not None and (reported := ending.usage.get("prompt_tokens")):
        tokens.learn(work.answer.model, estimated=work.prompt.tokens, reported=reported)
    try:
        is_ours = await _persist(work.answer.end, ending, runner=job.runner)
    except DatabaseError:
        metrics.end_was_not_saved()
        ending = dataclasses.replace(ending, status=Status.INTERRUPTED, error_code="not_saved")
        work.answer.take(ending)
        is_ours = True
    if is_ours:
        metrics.answer_ended(ending.status, ending.error_code or ending.finish_reason)
        job.channel.close(end_of(work.answer))


async def _persist(step: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """What `step` returns, tried again while the database is away; its last error where it stays away for long."""
    wait, longest = WRITE_RETRY
    give_up = time.monotonic() + WRITE_PATIENCE
    while True:
        try:
            return await database.run(step, *args, **kwargs)
        except (OperationalError, InterfaceError) as error:  # another one would not be mended by waiting
            if time.monotonic() > give_up:
                raise
            metrics.write_failed()
            log.warning("the database is away, which holds up an answer: %s", error)
        await asyncio.sleep(wait)
        wait = min(2 * wait, longest)


def _ending(work: Work, job: _Job, error: BaseException | None) -> Ending:
    finish = job.finish
    if isinstance(error, provider.ProviderError):
        finish = finish or error.finish
    return Ending(
        status=_status(job, error),
        text=job.channel.text,
        reasoning=job.channel.reasoning,
        finish_reason=finish.reason if finish else "",
        usage=_usage(finish),
        first_delta_ms=job.first_delta_ms,
        total_ms=job.elapsed_ms(),
        answered_by=finish.model if finish else "",
        **_failure(work, job, error),
    )


def _status(job: _Job, error: BaseException | None) -> Status:
    if error is not None:
        return Status.FAILED
    if job.finish is not None:
        return Status.COMPLETE
    return Status.INTERRUPTED if job.is_interrupted else Status.STOPPED


def _failure(work: Work, job: _Job, error: BaseException | None) -> dict[str, str]:
    """What is kept of an error; the reference stands in the log too."""
    if error is None:
        return {}
    reference = secrets.token_hex(4)
    code = error.code if isinstance(error, provider.ProviderError) else "internal"
    event = {
        "reference": reference,
        "answer": work.answer.uuid,
        "conversation": work.answer.conversation.uuid,
        "code": code,
        "duration_ms": job.elapsed_ms(),
    }
    if isinstance(error, provider.ProviderError):
        # What a provider says may quote the person: the log has it only where the site's own access is at fault.
        said = error.detail if isinstance(error, provider.Misconfigured) else ""
        log.warning("answer %s failed [%s]: %s %s", work.answer.uuid, reference, code, said, extra=event)
        return {"error_code": error.code, "error_detail": error.detail, "error_reference": reference}
    log.error("answer %s failed [%s]", work.answer.uuid, reference, exc_info=error, extra=event)
    return {"error_code": "internal", "error_detail": type(error).__name__, "error_reference": reference}


def _usage(finish: provider.Finish | None) -> dict[str, int]:
    if finish is None or finish.usage is None:
        return {}
    counted = {
        "prompt_tokens": finish.usage.prompt_tokens,
        "completion_tokens": finish.usage.completion_tokens,
        "reasoning_tokens": finish.usage.reasoning_tokens,
    }
    return {name: count for name, count in counted.items() if count is not None}

"""Answers across processes, through Redis: what one process generates, the others follow and may stop.

Every TICK one round trip on one connection writes what is new of the answers generated here and reads what is new of
those followed here; so neither connections nor round trips grow with the number of answers and readers. Redis holds no
truth: a stream there has only the latest deltas, which are added to the row's text. Where Redis is away, was emptied or
lags behind, readers follow the row.
"""

import asyncio
import contextlib
import logging
import re
import secrets
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from conversations import metrics
from conversations.live import wire
from conversations.live.channel import Channel
from conversations.live.snapshot import Snapshot

log = logging.getLogger(__name__)

TICK = 0.02  # seconds between two round trips while there is anything to tell or to hear
IDLE = 5.0  # seconds between two while there is not
ANSWER_WITHIN = 2.0  # seconds that Redis has for a round trip
LAST_WORD = 1.0  # seconds for telling the last ends when the process ends
TRY_AGAIN = (0.25, 5.0)  # seconds: the first and the longest wait while Redis is away
KEPT_ENTRIES = 2_000  # of one answer, at least a minute of it: many checkpoints, each of which makes older ones useless
KEPT_STOPS = 1_000
KEPT_WHILE_RUNNING = 7_200  # seconds after which Redis forgets an answer whose process is gone
KEPT_AFTER_END = 60  # seconds; by then every reader has seen the end, and the row has it anyway
READ_AT_ONCE = 500  # entries of one answer in one round trip

STOPS = "chatsite:stops"
VERSION = re.compile(r"[0-9]+(\.[0-9]+)*")
NO_REDIS = "what answers there is no Redis"


def key_of(answer: UUID) -> str:
    return f"chatsite:answer:{answer.hex}"


@dataclass(slots=True)
class _Ours:
    """An answer generated here, and what the others were told of it."""

    channel: Channel
    told: wire.Told = wire.NOTHING

    @property
    def is_over(self) -> bool:
        return self.channel.is_lost or self.channel.snapshot().end is not None


@dataclass(slots=True)
class _Replica:
    """An answer generated elsewhere, as far as it was heard of; kept while somebody here reads it."""

    channel: Channel
    position: str = "0-0"
    readers: int = 0


class Relay:
    """This process's one connection to the others. All of it runs on the server's loop."""

    def __init__(self, url: str, *, on_stop: Callable[[UUID], None]) -> None:
        """`on_stop` hears of answers that somebody elsewhere asked to stop, ours or not."""
        self.is_connected: bool | None = None  # None: not tried yet
        self._redis = _client(url)
        self._on_stop = on_stop
        self._ours: dict[UUID, _Ours] = {}
        self._replicas: dict[UUID, _Replica] = {}
        self._stops: set[UUID] = set()
        self._stops_position = "0-0"  # old ones stop nothing that still runs
        self._work = asyncio.Event()

    async def run(self) -> None:
        """Relay until cancelled; then once more, so that the last ends are told."""
        try:
            await self._run()
        finally:
            try:
                async with asyncio.timeout(LAST_WORD):
                    await self._exchange()
            except _away() as error:
                log.info("the last ends were not told: %s", error)
            finally:
                await self._redis.aclose()

    def tell(self, answer: UUID, channel: Channel) -> None:
        """Let the others follow this answer of ours, to its end."""
        self._ours[answer] = _Ours(channel)
        self._work.set()

    def ask_to_stop(self, answer: UUID) -> None:
        self._stops.add(answer)
        self._work.set()

    def join(self, answer: UUID, row: Snapshot) -> Channel | None:
        """A channel that begins with the row's text and grows with the answer; None while Redis is away."""
        if not self.is_connected:
            return None
        replica = self._replicas.get(answer)
        if replica is None:
            channel = Channel(model=row.model, status=row.status, text=row.text, reasoning=row.reasoning)
            replica = self._replicas[answer] = _Replica(channel)
            self._work.set()
        replica.readers += 1
        return replica.channel

    def leave(self, answer: UUID, channel: Channel) -> None:
        """One reader less of what `join` gave."""
        replica = self._replicas.get(answer)
        if replica is None or replica.channel is not channel:
            return
        replica.readers -= 1
        if not replica.readers:
            del self._replicas[answer]

    def hang_up(self) -> None:
        """Send the readers of others' answers elsewhere."""
        for replica in self._replicas.values():
            replica.channel.abandon()
        self._replicas.clear()

    async def _run(self) -> None:
        wait, longest = TRY_AGAIN
        task = asyncio.current_task()
        while task and not task.cancelling():  # asked each time, as the driver may swallow a cancellation
            try:
                await self._exchange()
            except Exception as error:  # the top of a task: whatever is wrong, rows are followed meanwhile
                self._lost(error)
                await asyncio.sleep(wait)
                wait = min(2 * wait, longest)
                continue
            self._found()
            wait = TRY_AGAIN[0]
            await self._pause()

    async def _pause(self) -> None:
        if self._ours or self._replicas or self._stops:
            await asyncio.sleep(TICK)
            return
        self._work.clear()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(IDLE):  # wait_for swallows a cancellation that meets the event
                await self._work.wait()

    async def _exchange(self) -> None:
        pipeline = self._redis.pipeline(transaction=False)
        telling = self._write(pipeline)
        stops = list(self._stops)
        for answer in stops:
            pipeline.xadd(STOPS, {"answer": answer.hex}, maxlen=KEPT_STOPS)
        pipeline.xread(self._positions(), count=READ_AT_ONCE)
        try:
            *_, heard = await pipeline.execute()
        except BaseException:
            self._may_have_told(telling)
            raise
        self._stops.difference_update(stops)
        self._was_told(telling)
        self._hear(heard)

    def _write(self, pipeline: Any) -> dict[UUID, wire.Told | None]:
        """Put what is new of our answers into the pipeline; what the others will have been told with it, None: that it
        is lost."""
        telling: dict[UUID, wire.Told | None] = {}
        for answer, ours in self._ours.items():
            now = ours.channel.snapshot()
            is_lost = ours.channel.is_lost
            telling[answer] = None if is_lost else wire.Told.of(now)
            entry = wire.lost() if is_lost else wire.entry(ours.told, now)
            if entry is not None:
                pipeline.xadd(key_of(answer), {"entry": entry}, maxlen=KEPT_ENTRIES)
                pipeline.expire(key_of(answer), KEPT_AFTER_END if now.end else KEPT_WHILE_RUNNING)
        return telling

    def _was_told(self, telling: dict[UUID, wire.Told | None]) -> None:
        for answer, told in telling.items():
            if told is None or told.end is not None:
                del self._ours[answer]
            else:
                self._ours[answer].told = told

    def _may_have_told(self, telling: dict[UUID, wire.Told | None]) -> None:
        # Texts are not told again: that could fill Redis with copies of them. Whoever missed them is told by the row.
        for answer, told in telling.items():
            if told is not None:
                ours = self._ours[answer]
                ours.told = replace(ours.told, reasoning=told.reasoning, text=told.text)

    def _positions(self) -> dict[Any, Any]:
        heard = {key_of(answer): replica.position for answer, replica in self._replicas.items()}
        return {STOPS: self._stops_position, **heard}

    def _hear(self, heard: list[Any]) -> None:
        entries = dict(heard)
        for position, fields in entries.pop(STOPS, ()):
            self._stops_position = position
            with _foreign_entries():
                self._on_stop(UUID(fields["answer"]))
        for answer, replica in list(self._replicas.items()):
            if not self._is_heard(replica, entries.get(key_of(answer), ())):
                replica.channel.abandon()
                del self._replicas[answer]

    @staticmethod
    def _is_heard(replica: _Replica, entries: Iterable[tuple[str, dict[str, str]]]) -> bool:
        for position, fields in entries:
            replica.position = position
            is_used = False
            with _foreign_entries():
                is_used = wire.apply(fields["entry"], replica.channel)
            if not is_used:
                return False
        return True

    def _found(self) -> None:
        if not self.is_connected:
            log.info("Redis answers: answers of other processes are followed as they grow")
        self.is_connected = True
        metrics.redis_came()

    def _lost(self, error: Exception) -> None:
        if not isinstance(error, _away()):
            log.error("the relay failed", exc_info=error)
        elif self.is_connected is not False:
            log.warning("Redis is away, answers of other processes are followed by their rows: %s", error)
        metrics.redis_went()
        self.is_connected = False
        self.hang_up()
        self._forget_what_rows_tell()

    def _forget_what_rows_tell(self) -> None:
        # However long Redis is away: ends and wishes to stop are in the rows, where everybody looks meanwhile.
        self._stops.clear()
        self._ours = {answer: ours for answer, ours in self._ours.items() if not ours.is_over}


@contextlib.contextmanager
def _foreign_entries() -> Iterator[None]:
    """What is no entry of ours is passed over: of one answer, and not of all."""
    try:
        yield
    except (LookupError, TypeError, ValueError) as error:
        log.warning("an entry in Redis is not one of ours: %s", type(error).__name__)


async def version(url: str) -> str:
    """Which Redis answers there, and does what is asked of it here. Raises OSError with what is wrong, in seconds."""
    redis = _client(url)
    key = f"chatsite:tried:{secrets.token_hex(8)}"
    try:
        await redis.xadd(key, {"tried": "1"})
        await redis.expire(key, KEPT_AFTER_END)
        await redis.xread({key: "0-0"})
        await redis.delete(key)
        said = str((await redis.info("server")).get("redis_version", ""))
    except _away() as error:
        raise ConnectionError(str(error)) from error
    except UnicodeDecodeError as error:
        raise ConnectionError(NO_REDIS) from error
    finally:
        await redis.aclose()
    if not VERSION.fullmatch(said):
        raise ConnectionError(NO_REDIS)
    return said


def _client(url: str) -> Any:
    # Imported where it is used: without REDIS_URL the driver need not be installed.
    from redis.asyncio import Redis  # noqa: PLC0415
    from redis.asyncio.retry import Retry  # noqa: PLC0415
    from redis.backoff import NoBackoff  # noqa: PLC0415

    return Redis.from_url(
        url,
        max_connections=1,
        decode_responses=True,
        protocol=2,
        retry=Retry(NoBackoff(), 0),
        socket_timeout=ANSWER_WITHIN,
        socket_connect_timeout=ANSWER_WITHIN,
        client_name="chatsite",
    )


def _away() -> tuple[type[Exception], ...]:
    from redis.exceptions import RedisError  # noqa: PLC0415 - as above

    return (RedisError, OSError)  # TimeoutError is an OSError

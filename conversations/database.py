"""The one way from the event loop into the database: a synchronous function that does a whole step.

Tasks of the server and open streams share two threads and their connections, one that writes and one that only reads (a
writer that waits for a lock holds up no reader); no stream holds a connection of its own. Exports, whose steps take
longer, have a third. On PostgreSQL all are kept beside the pool: however busy requests are, answers are saved and their
leases renewed.
"""

import asyncio
import contextvars
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import ParamSpec, TypeVar

from django.db import DEFAULT_DB_ALIAS, DatabaseError, InterfaceError, OperationalError, connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from conversations.locales import Locale

P = ParamSpec("P")
R = TypeVar("R")


class _Lane:
    """One thread and its connection. What waits behind a step that finds the database away fails with it: each would
    otherwise wait for its own time-out, and a hundred answers for the sum of them."""

    def __init__(self, name: str) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix=name, initializer=leave_pool)
        self._away_at = float("-inf")
        self._reason = ""

    async def run(self, step: Callable[[], R]) -> R:
        take = partial(contextvars.copy_context().run, self._take, _as_asked(step), time.monotonic())
        return await asyncio.get_running_loop().run_in_executor(self._thread, take)

    def _take(self, step: Callable[[], R], asked_at: float) -> R:
        if asked_at < self._away_at:
            raise OperationalError(self._reason)
        try:
            replace_broken()
            return step()
        except (DatabaseError, InterfaceError) as error:
            if _is_away(error):
                self._away_at, self._reason = time.monotonic(), str(error)
            drop()  # it may be broken: the next step gets a new one
            raise


def _as_asked(step: Callable[[], R]) -> Callable[[], R]:
    """The step in the language and time zone of whoever asks."""
    locale = Locale.current()

    def taken() -> R:
        with locale.active():
            return step()

    return taken


def leave_pool() -> None:
    """Give this thread a connection of its own, beside those that requests share."""
    if "pool" in connection.settings_dict["OPTIONS"]:
        connections[DEFAULT_DB_ALIAS] = apart()  # in this thread alone


def apart() -> BaseDatabaseWrapper:
    """Another connection to the database, beside the pool. Whoever asks for it closes it."""
    own = connection.copy()
    own.settings_dict["OPTIONS"].pop("pool", None)
    return own


def is_read_only() -> bool:
    """Whether PostgreSQL takes no writes: a standby, or one that was told so."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW transaction_read_only")
        return bool(cursor.fetchone() == ("on",))


def replace_broken() -> None:
    """Let go of this thread's connection where it is broken: a restart of PostgreSQL ends it without a word."""
    if connection.vendor == "postgresql" and not connection.is_usable():
        drop()


def _is_away(error: Exception) -> bool:
    """Whether others would fail as this step did. PostgreSQL's deadlocks and locks are about a few rows; SQLite has one
    lock for all."""
    is_about_the_database = isinstance(error, OperationalError | InterfaceError)
    return is_about_the_database and (connection.vendor == "sqlite" or not connection.is_usable())


def let_go() -> None:
    """Give back this thread's connection where others may wait for it; what needs one later gets a new one.

    For SQLite's nobody waits, and a new one costs a millisecond. In a transaction it is kept.
    """
    if connection.vendor != "sqlite":
        drop()


def drop() -> None:
    """Close this thread's connection, unless it is in a transaction; what needs one later gets a new one."""
    if not connection.in_atomic_block:
        connection.close()


_writer = _Lane("database-writer")
_reader = _Lane("database-reader")
_exporter = _Lane("database-exporter")


async def run(step: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """What `step` returns or raises. Once begun, a step is finished even if the caller is cancelled."""
    return await _writer.run(partial(step, *args, **kwargs))


async def read(step: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """As `run`, for a step that changes nothing."""
    return await _reader.run(partial(step, *args, **kwargs))


async def read_at_length(step: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """As `run`, for a step of an export, which reads, and may take a second: it holds up others of its kind alone. It
    also keeps what it renders beside the messages."""
    return await _exporter.run(partial(step, *args, **kwargs))

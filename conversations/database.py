"""The one way from the event loop into the database: a synchronous function that does a whole step.

Tasks of the server and open streams share two threads and their connections, one that writes and one that only reads (a
writer that waits for a lock holds up no reader); no stream holds a connection of its own.
"""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import ParamSpec, TypeVar

from django.db import DatabaseError, InterfaceError, OperationalError, connection

P = ParamSpec("P")
R = TypeVar("R")


class _Lane:
    """One thread and its connection. What waits behind a step that finds the database away fails with it: each would
    otherwise wait for its own time-out, and a hundred answers for the sum of them."""

    def __init__(self, name: str) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)
        self._away_at = float("-inf")
        self._reason = ""

    async def run(self, step: Callable[[], R]) -> R:
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._take, step, time.monotonic())

    def _take(self, step: Callable[[], R], asked_at: float) -> R:
        if asked_at < self._away_at:
            raise OperationalError(self._reason)
        try:
            return step()
        except (OperationalError, InterfaceError) as error:
            self._away_at, self._reason = time.monotonic(), str(error)
            self._let_go()
            raise
        except DatabaseError:
            self._let_go()
            raise
        finally:
            if connection.vendor == "postgresql":
                self._let_go()  # back to the pool, which makes sure that it works before it is used again

    @staticmethod
    def _let_go() -> None:
        # A connection that failed may be broken: the next step gets a new one.
        if not connection.in_atomic_block:
            connection.close()


_writer = _Lane("database-writer")
_reader = _Lane("database-reader")


async def run(step: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """What `step` returns or raises. Once begun, a step is finished even if the caller is cancelled."""
    return await _writer.run(partial(step, *args, **kwargs))


async def read(step: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """As `run`, for a step that changes nothing."""
    return await _reader.run(partial(step, *args, **kwargs))

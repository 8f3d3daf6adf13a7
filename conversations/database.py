"""The one way from the event loop into the database: a synchronous function that does a whole step.

Tasks of the server and open streams share two threads and their connections, one that writes and one that only reads (a
writer that waits for a lock holds up no reader); no stream holds a connection of its own.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import ParamSpec, TypeVar

from django.db import DatabaseError, connection

P = ParamSpec("P")
R = TypeVar("R")

_writer = ThreadPoolExecutor(max_workers=1, thread_name_prefix="database-writer")
_reader = ThreadPoolExecutor(max_workers=1, thread_name_prefix="database-reader")


async def run(step: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """What `step` returns or raises. Once begun, a step is finished even if the caller is cancelled."""
    return await asyncio.get_running_loop().run_in_executor(_writer, partial(_guarded, step, *args, **kwargs))


async def read(step: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """As `run`, for a step that changes nothing."""
    return await asyncio.get_running_loop().run_in_executor(_reader, partial(_guarded, step, *args, **kwargs))


def _guarded(step: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    try:
        return step(*args, **kwargs)
    except DatabaseError:
        # The connection may be broken: the next step opens a new one.
        if not connection.in_atomic_block:
            connection.close()
        raise

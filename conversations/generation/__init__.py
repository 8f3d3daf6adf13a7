"""The answer as a job of the server: begun after its request, kept by nobody's tab, ended exactly once.

`start` puts a task on the server's loop. The task claims the answer's row before it calls the provider, keeps the row's
text and lease fresh, and writes the end. Every write is conditional on still owning the row; a process that has lost
it writes nothing more.
"""

from conversations.generation.answers import start, stop
from conversations.generation.rows import snapshot
from conversations.generation.serving import (
    PROCESS,
    NotServing,
    attach,
    begin_shutdown,
    detach,
    drain,
    interrupt_leftovers,
    is_full,
    is_serving,
)

__all__ = [
    "PROCESS",
    "NotServing",
    "attach",
    "begin_shutdown",
    "detach",
    "drain",
    "interrupt_leftovers",
    "is_full",
    "is_serving",
    "snapshot",
    "start",
    "stop",
]

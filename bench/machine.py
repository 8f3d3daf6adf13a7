"""What the machine says of processes: their time and memory, the clock they share, and the processors they stay on."""

import os
import resource
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path


def now() -> int:
    """Microseconds of the machine's monotonic clock, which all processes share."""
    return time.monotonic_ns() // 1000


def spent(pid: int) -> float:
    """Seconds of processor time that a process has had, and its children that have ended."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:  # it has just ended
        return 0.0
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


def proportional(pid: int) -> int:
    """Bytes of memory of a process, of what it shares with others its part; 0 where it has ended."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next(1024 * int(line.split()[1]) for line in lines if line.startswith("Pss:"))


def delayed(pid: int) -> float:
    """Seconds for which the main thread of a process could have run and had no processor: something else had it."""
    try:
        return int(Path(f"/proc/{pid}/schedstat").read_text().split()[1]) / 1e9
    except OSError:  # a system that does not tell
        return 0.0


def shares() -> tuple[set[int], set[int]]:
    """The processors for who measures and for what is measured; the same where there is only one, or no choice."""
    if not hasattr(os, "sched_getaffinity"):
        return set(), set()
    ours = sorted(os.sched_getaffinity(0))
    if len(ours) == 1:
        return set(ours), set(ours)
    few = 1 if len(ours) < 4 else 2
    return set(ours[:few]), set(ours[few:])


@contextmanager
def on(processors: Iterable[int]) -> Iterator[None]:
    """Programs that are started inside stay on these processors; on any, where none are named."""
    if not processors:
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, processors)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def raise_limits() -> None:
    """As many open files as the system allows: each stream needs a few."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))

"""How slow this machine is beside the two slow cores on which bounds of time were set."""

import statistics
import time

USUAL = 2.45  # ms of the processor for `work` on those
TIMES = 15


def slowness() -> float:
    """What a bound of time is to be multiplied by here: 1 on a machine that is as fast, or faster."""
    taken = []
    for _ in range(TIMES):
        begun = time.thread_time()
        work()
        taken.append(1000 * (time.thread_time() - begun))
    return max(1.0, statistics.median(taken) / USUAL)


def work() -> int:
    """Texts and dictionaries, of which pages are made, too."""
    words: dict[str, str] = {}
    for number in range(6_000):
        key = f"word-{number % 997}"
        words[key] = words.get(key, "")[-20:] + str(number)
        key.replace("-", "_").upper().split("_")
    return len(words)

"""What an answer costs the page while it is written before one's eyes."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Page

from tests.browser.site import growing, send
from tests.fakes.provider import FakeProvider
from tests.fakes.replies import Gate

LONG = 20_000  # characters of the whole answer
PART = '''\
## Part {number}: where the time goes

Measure before you change anything: four hours usually has **one** cause, and it is *rarely* the one people suspect.
The share of phase $k$ is $s_k = t_k / \\sum_i t_i$, and so

$$
\\int_0^1 x^{number} \\, dx = \\frac{{1}}{{{number} + 1}}
$$

1. Note the beginning and the end of each phase: `scan`, `compress`, `send`.
2. Compare with a plain copy of the same data.

| Phase | Last night | Share |
|:--|--:|:-:|
| Scan for changes | 2 h 48 min | 70 % |
| Compress | 31 min | 13 % |
| Send | 41 min | 17 % |

```python
def scan(folder: Path) -> tuple[int, float]:
    """How many files there are, and how long it takes to ask for their sizes."""
    start = time.monotonic()
    count = sum(1 for file in folder.rglob("*") if file.stat().st_size >= 0)
    return count, time.monotonic() - start
```

'''
TEXT = "".join(PART.format(number=number) for number in range(1, 40))[:LONG]
PIECE = 12  # characters of a delta, as models send them
PAUSE = 0.01  # seconds between two deltas
TASKS = "disabled-by-default-devtools.timeline"  # whose events `RunTask` are all that a thread does


@dataclass(frozen=True)
class Task:
    """One task of the page's main thread, in milliseconds: from its beginning to its end, and of a processor. They are
    far apart where something else had the processor."""

    took: float
    worked: float


@dataclass(frozen=True)
class Cost:
    """Of one answer, in milliseconds of the page's main thread."""

    deltas: int
    seconds: float
    worked_per_thousand: float  # deltas
    longest_task: float
    longest_task_worked: float
    tasks_over_50: int


def cost(page: Page, model: FakeProvider) -> Cost:
    """Sends a message from `page`, which shows an idle conversation, and watches the answer to its end."""
    pieces = [TEXT[start : start + PIECE] for start in range(0, len(TEXT), PIECE)]
    gates = [Gate() for _ in pieces]
    model.script(growing(*(step for pair in zip(gates, pieces, strict=True) for step in pair)))
    answers = page.locator(".answer-actions").count()
    began = time.monotonic()
    with traced(page) as tasks:
        send(page, "Where does the time go?")
        open_evenly(gates)
        page.locator(".answer-actions").nth(answers).wait_for(timeout=60_000)
    return Cost(
        deltas=len(pieces),
        seconds=round(time.monotonic() - began, 1),
        worked_per_thousand=round(sum(task.worked for task in tasks) * 1000 / len(pieces), 1),
        longest_task=max(task.took for task in tasks),
        longest_task_worked=max(task.worked for task in tasks),
        tasks_over_50=sum(task.took > 50 for task in tasks),
    )


def open_evenly(gates: list[Gate]) -> None:
    for gate in gates:
        time.sleep(PAUSE)
        gate.open()


@contextmanager
def traced(page: Page) -> Iterator[list[Task]]:
    """The tasks of the page's main thread meanwhile."""
    browser: Any = page.context.browser
    browser.start_tracing(page=page, categories=[TASKS, "__metadata"])
    tasks: list[Task] = []
    yield tasks
    events = json.loads(browser.stop_tracing())["traceEvents"]
    threads = main_threads(events)
    tasks += (
        Task(event["dur"] / 1000, event.get("tdur", 0) / 1000)
        for event in events
        if event["name"] == "RunTask" and "dur" in event and place(event) in threads
    )


def main_threads(events: list[dict[str, Any]]) -> set[tuple[int, int]]:
    names = (event for event in events if event["name"] == "thread_name")
    return {place(event) for event in names if event["args"]["name"] == "CrRendererMain"}


def place(event: dict[str, Any]) -> tuple[int, int]:
    return event["pid"], event["tid"]

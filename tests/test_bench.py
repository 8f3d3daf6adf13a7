"""The benchmark of streams: it measures, it notices what is lost, and it leaves nothing behind."""

import json
import os
import signal
import subprocess
import sys
from importlib.metadata import distributions
from pathlib import Path

import pytest

from bench.install.command import size_of
from bench.machine import proportional
from bench.streams.measuring import Measured, bench, differences
from bench.streams.plan import Plan, delta, digest, sent_at
from bench.streams.report import report
from bench.streams.scenarios import Results, fitted
from tests.processes.waiting import until
from tests.programs.program import Program
from tests.programs.serve import ROOT, family, is_alive, resident


@pytest.mark.parametrize("name", ["bare", "site", pytest.param("nginx", marks=pytest.mark.nginx)])
def test_a_target_passes_on_all_that_was_sent(name: str):
    with bench(name) as running:
        steady = running.window(3, 20, 0.5, starts=10)
        fast = running.answers(1, 0, deltas=300, answers=2, starts=10)

    assert (steady.lost, steady.flaws, steady.answers) == (0, [], 3)
    assert steady.deltas >= 3 * steady.fewest > 0
    assert (fast.lost, fast.flaws, fast.answers, fast.deltas) == (0, [], 2, 600)
    assert fast.first.keys() == steady.latency.keys() == {"p50", "p99", "most"}


@pytest.mark.nginx
def test_nothing_of_nginx_is_left_behind():
    with bench("nginx") as running:
        started = family(running._target._pid)

    assert len(started) == 2
    assert not any(is_alive(pid) for pid in started)


def test_a_plan_comes_through_a_message():
    plan = Plan("site-1-0-0", 400, 20)

    assert Plan.read(f"Before.\n\n{plan.message}") == plan
    assert Plan.read("What was before?") is None


def test_a_delta_tells_when_it_was_sent():
    first, last = delta(0), delta(49)

    assert sent_at(first + last) == sorted(sent_at(last + first))
    assert (first.endswith("\n"), last.endswith("\n\n")) == (False, True)


WHOLE = {"end": "whole", "digest": digest("ab"), "late_ms": 0}
SEEN = {"end": "complete", "digest": digest(["a", "b"]), "flaw": ""}


@pytest.mark.parametrize(
    ("sent", "seen", "stored", "said"),
    [
        (WHOLE, SEEN, ("complete", digest("ab")), []),
        (WHOLE, SEEN, None, []),
        (WHOLE | {"end": "left"}, SEEN, None, ["t was not sent in whole"]),
        (WHOLE, SEEN | {"flaw": "cut"}, None, ["t: cut"]),
        (WHOLE, SEEN | {"digest": digest("a")}, None, ["t was not seen in whole"]),
        (WHOLE, SEEN | {"end": ""}, None, ["t was not seen in whole"]),
        (WHOLE, SEEN, ("complete", digest("a")), ["t is not stored as it was sent"]),
        (WHOLE, SEEN, ("stopped", digest("ab")), ["t is not stored as it was sent"]),
    ],
)
def test_what_is_lost_is_noticed(sent: dict, seen: dict, stored: tuple[str, str] | None, said: list[str]):
    found = list(differences({"t": sent}, {"t": seen}, None if stored is None else {"t": stored}))

    assert [sentence.partition(": {")[0] for sentence in found] == said


def test_what_an_answer_costs_is_told_from_short_and_long_ones():
    class Short:
        parts, answers = {"site": 3.0, "nginx": 1.0}, 100  # 30 ms each, and 10

    class Long:
        parts, answers = {"site": 6.0, "nginx": 1.0}, 100

    fits = fitted(Short, Long)

    assert {part: (round(fit.turn, 6), round(fit.slope, 6)) for part, fit in fits.items()} == {
        "site": (20, 100), "nginx": (10, 0)
    }  # fmt: skip


def tried(target: str, streams: int, *, p99: float, lost: int = 0) -> Measured:
    return Measured(
        target=target, streams=streams, pace=20, seconds=60, deltas=1200 * streams, answers=streams, parts={},
        memory_per_stream=0, latency={"p50": 1, "p99": p99}, first={}, fewest=0, most=0, late_ms=0, lost=lost,
    )  # fmt: skip


def test_what_is_held_is_the_first_that_lost_nothing_and_was_in_time():
    results = Results(tried=[
        tried("bare", 1000, p99=3), tried("site", 500, p99=900), tried("site", 450, p99=9, lost=1),
        tried("site", 400, p99=200), tried("site", 350, p99=100),
    ])  # fmt: skip

    assert (results.held("bare"), results.held("site")) == (results.tried[0], results.tried[3])
    assert results.lost == 1
    assert "Held for a minute: 8,000 deltas a second, 40 % of bare’s (asked: 60)." in report(results)


def test_what_was_tried_in_vain_is_not_said_to_be_held():
    results = Results(tried=[tried("bare", 1000, p99=3), tried("site", 500, p99=900)])

    assert "Held for a minute: none of what was tried." in report(results)


SHORT = """
import sys
from bench.streams import command, scenarios
scenarios.OPEN, scenarios.WINDOW = 2, 0.3
sys.exit(command.main(sys.argv[1:]))
"""


def test_the_command_measures_and_reports(tmp_path: Path):
    figures = tmp_path / "bench.json"

    done = subprocess.run(
        [sys.executable, "-c", SHORT, "--only", "open", "--report", figures],
        cwd=ROOT, env={"PATH": os.environ["PATH"]}, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    assert [each["target"] for each in json.loads(figures.read_text())["opened"]] == ["bare", "site"]
    assert "| site | 2 | " in done.stdout


@pytest.mark.parametrize(("signalled", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_the_command_that_is_interrupted_leaves_nothing_behind(signalled: signal.Signals, status: int, tmp_path: Path):
    command = [sys.executable, "-m", "bench", "--only", "fit", "--report", tmp_path / "bench.json"]
    with Program(command, environment={"PATH": os.environ["PATH"], "TMPDIR": str(tmp_path)}, folder=ROOT) as running:
        running.wait_line("bare is ready")
        started = family(running.pid)[1:]

        running.signal(signalled)
        ended = running.wait()

    assert len(started) > 3
    until(lambda: not [pid for pid in started if is_alive(pid)])  # killed, and perhaps not gone yet
    assert (ended, list(tmp_path.iterdir())) == (status, [])


def test_what_is_installed_is_counted_without_its_tools():
    size = size_of(ROOT)

    installed = {each.name for each in distributions()} - {"pip", "setuptools"}
    assert size["packages"] == len(installed)
    assert size["disk, MB"] > 50


def test_memory_of_a_process_is_its_part_of_what_it_holds():
    assert 1_000_000 < proportional(os.getpid()) <= resident(os.getpid())
    assert proportional(2**30) == 0

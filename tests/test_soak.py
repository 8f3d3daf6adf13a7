"""The soak in small: it finds what is lost, and it runs on both setups."""

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from bench.figures import percentiles, slope
from bench.soak.check import Row, differences
from bench.soak.plan import Plan
from tests.conftest import ROOT
from tests.processes.waiting import until
from tests.programs.program import Program
from tests.programs.serve import family, is_alive

SMALL = ("--quiet-minutes", "0.02", "--stall", "0.5", "--leaving", "40", "--stopping", "30", "--breaking", "30")


def sent(text: str = "one two ", end: str = "whole") -> list[dict[str, Any]]:
    return [{"tag": "a", "end": end, "text": text}]


def seen(text: str = "one two ", end: str = "complete", **more: Any) -> list[dict[str, Any]]:
    return [{"tag": "a", "stopped": False, "seen": [{"text": text, "end": end}], "flaws": []} | more]


def stored(text: str = "one two ", status: str = "complete") -> list[Row]:
    return [Row("a", status, text)]


@pytest.mark.parametrize(
    ("rows", "calls", "people"),
    [
        pytest.param(stored(), sent(), seen(), id="complete"),
        pytest.param(stored("one ", "failed"), sent("one ", "broken"), seen("one ", "failed"), id="broken"),
        pytest.param(stored("one ", "stopped"), sent(end="left"), seen("one ", "stopped", stopped=True), id="stopped"),
        pytest.param(stored("", "stopped"), [], seen("", "stopped", stopped=True), id="stopped before the call"),
        pytest.param(stored(), sent(), seen(stopped=True), id="stopped after the end"),
    ],
)
def test_what_is_as_it_has_to_be_is_no_difference(rows: list[Row], calls: Any, people: Any):
    assert list(differences(rows=rows, sent=calls, seen=people)) == []


@pytest.mark.parametrize(
    ("rows", "calls", "people"),
    [
        pytest.param(stored("one "), sent(), seen("one "), id="the end is not stored"),
        pytest.param(stored(status="stopped"), sent(), seen(end="stopped"), id="stopped by nobody"),
        pytest.param(
            stored("two ", "stopped"), sent(end="left"), seen("two ", "stopped", stopped=True), id="no prefix"
        ),
        pytest.param(stored("one ", "complete"), sent("one ", "broken"), seen("one "), id="broken and complete"),
        pytest.param(stored(status="streaming"), sent(), seen(end="streaming"), id="still running"),
        pytest.param(stored(status="interrupted"), sent(end="left"), seen(end="interrupted"), id="interrupted"),
        pytest.param(stored(), sent(), seen("one one two "), id="a reader saw something twice"),
        pytest.param(stored(), sent(), seen(end=""), id="a reader saw no end"),
        pytest.param(stored(), sent() + sent(), seen(), id="two calls"),
        pytest.param(stored(), [], seen(), id="no call"),
        pytest.param(stored() + stored(), sent(), seen(), id="two rows"),
        pytest.param([], sent(), seen(), id="no row"),
        pytest.param(stored(), sent(), [], id="an answer that nobody asked for"),
        pytest.param(stored(), sent(), seen(flaws=["a stream was cut"]), id="a flaw"),
    ],
)
def test_what_is_not_is_one_difference(rows: list[Row], calls: Any, people: Any):
    assert len(list(differences(rows=rows, sent=calls, seen=people))) == 1


def test_plan_travels_in_a_message():
    plan = Plan("load-3-1", deltas=40, breaks="cut", after=17)

    assert Plan.read(f"Before. {plan.message} After.") == plan
    assert Plan.read("Hello") is None


def test_growth_is_the_slope_of_the_line_that_fits():
    assert slope([(0, 100), (1, 103), (2, 103), (3, 106)]) == pytest.approx(1.8)
    assert slope([(1, 100)]) == 0


def test_percentiles_are_of_all_that_was_counted():
    assert percentiles(Counter({10: 98, 500: 1, 7000: 1})) == {"p50": 1.0, "p99": 50.0, "most": 700.0}
    assert percentiles(Counter()) == {}


@pytest.mark.parametrize(
    "setup",
    [
        pytest.param([], id="one process"),
        pytest.param(
            ["--cluster"],
            id="two processes",
            marks=[pytest.mark.postgresql, pytest.mark.redis, pytest.mark.nginx],
        ),
    ],
)
def test_soak_loses_nothing(setup: list[str], tmp_path: Path):
    report = tmp_path / "soak.json"

    done = subprocess.run(
        [
            *(sys.executable, "-m", "bench.soak", "--streams", "6", "--seconds", "3", *SMALL, *setup),
            *("--doubling", "30", "--joining", "30", "--report", report),
        ],
        cwd=ROOT, env={"PATH": os.environ["PATH"]}, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    load, quiet = json.loads(report.read_text())["phases"]
    assert (load["difference_count"], quiet["difference_count"]) == (0, 0)
    assert [name for name in ("broken", "sent_twice", "titles", "deltas") if not load[name]] == []
    assert "| differences | 0 | 0 |" in done.stdout.splitlines()


def test_soak_that_is_interrupted_leaves_nothing_behind(tmp_path: Path):
    command = [sys.executable, "-m", "bench.soak", "--streams", "2", "--report", tmp_path / "soak.json"]
    with Program(command, environment={"PATH": os.environ["PATH"], "TMPDIR": str(tmp_path)}, folder=ROOT) as soak:
        soak.wait_line("first: ")
        started = family(soak.pid)[1:]

        soak.signal(signal.SIGINT)
        status = soak.wait()

    assert len(started) > 3
    until(lambda: not any(map(is_alive, started)))  # the last to hear of it are processes that render
    assert (status, list(tmp_path.iterdir())) == (130, [])

"""What is estimated for many people follows from what was measured, and what is measured is whole."""

import json
from dataclasses import asdict
from pathlib import Path

import pytest

from bench.scaling.costs import Costs, Measured, Room
from bench.scaling.estimate import Habits, arithmetic, limits, main, needs
from bench.scaling.setups import SETUPS
from bench.streams.measuring import bench

COSTS = Costs(
    turn_ms={"site": 20.0, "PostgreSQL": 5.0, "Redis": 1.0}, delta_us={"site": 100.0, "PostgreSQL": 10.0, "Redis": 5.0},
    stream_kb=100.0, lost=0,
)  # fmt: skip
ROOM = Room(rows=1_500, indexes=500, text=500)
HABITS = Habits(active=0.5, turns=10, busiest=0.1, deltas=100, seconds=20, text=1_000)


def test_needs_are_the_habits_times_the_costs() -> None:
    found = needs(72_000, COSTS, ROOM, HABITS)

    assert (found.turns_per_second, found.streams, found.deltas_per_second) == pytest.approx((10, 200, 1_000))
    assert found.processors == pytest.approx({"site": 0.3, "PostgreSQL": 0.06, "Redis": 0.015})
    assert (found.processes, found.connections) == (2, 28)
    assert (found.stream_gb, found.messages_a_year) == pytest.approx((0.02, 262_800_000))
    assert (found.rows_gb, found.indexes_gb) == pytest.approx((788.4, 262.8))


def test_twice_as_many_people_need_twice_as_much() -> None:
    one, two = (needs(people, COSTS, ROOM, HABITS) for people in (50_000, 100_000))

    assert two.processors == pytest.approx({part: 2 * busy for part, busy in one.processors.items()})
    assert (two.rows_gb, two.streams) == pytest.approx((2 * one.rows_gb, 2 * one.streams))


def test_limit_is_where_a_part_is_full() -> None:
    found = limits(COSTS, ROOM, HABITS)

    assert list(found.values()) == sorted(found.values())
    assert needs(found["a process of the site"], COSTS, ROOM, HABITS).processors["site"] == pytest.approx(0.6)
    assert needs(found["Redis, 1 processor"], COSTS, ROOM, HABITS).processors["Redis"] == pytest.approx(0.6)
    assert needs(found["a year's indexes in 256 GB of memory"], COSTS, ROOM, HABITS).indexes_gb == pytest.approx(256)


def test_arithmetic_is_shown() -> None:
    lines = list(arithmetic(72_000, COSTS, ROOM, HABITS))

    assert "turns a second = 360,000 × 0.1 in the busiest hour / 3,600 s = 10.00" in lines
    assert "processors of site = 10.00 × 20.0 ms + 1,000 × 100 µs = 0.30" in lines


def test_report_is_read_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = tmp_path / "scaling.json"
    report.write_text(json.dumps(asdict(Measured(setups={"two processes": COSTS}, room=ROOM))))

    main([str(report)])

    assert "| processors of Redis | " in capsys.readouterr().out


@pytest.mark.postgresql
@pytest.mark.redis
@pytest.mark.nginx
@pytest.mark.parametrize("name", ["PostgreSQL", "two processes"])
def test_a_setup_passes_on_all_that_was_sent(name: str) -> None:
    with bench(name, among=SETUPS) as running:
        found = running.answers(6, 20, deltas=30, answers=2, starts=10)

    assert (found.lost, found.flaws, found.answers, found.deltas) == (0, [], 12, 360)
    assert found.parts["PostgreSQL"] > 0
    assert ("Redis" in found.parts) == ("nginx" in found.parts) == (name == "two processes")

"""Charts as shapes on a plane, which a template draws as SVG without style or script, and their numbers as a table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

WIDTH, HEIGHT = 600, 150
TOP = 6  # above the highest bar


@dataclass(frozen=True, slots=True)
class Series:
    """What one colour stands for: its name, and a number for each day, None where there is none."""

    name: str
    values: Sequence[int | None]


@dataclass(frozen=True, slots=True)
class Bar:
    series: int
    x: float
    y: float
    width: float
    height: float
    label: str


@dataclass(frozen=True, slots=True)
class Chart:
    """`bars` and `rows` tell the same numbers, the rows a day each. `most` is what the highest bar stands for."""

    key: str
    title: str
    unit: str
    dates: Sequence[str]
    series: Sequence[Series]
    bars: Sequence[Bar]
    most: int

    @property
    def rows(self) -> list[tuple[str, list[int | None]]]:
        return [(date, [each.values[place] for each in self.series]) for place, date in enumerate(self.dates)]

    @property
    def is_empty(self) -> bool:
        return not any(bar.height for bar in self.bars)


def stacked(key: str, title: Any, unit: Any, dates: Sequence[str], series: Sequence[Series]) -> Chart:
    """Bars on top of each other: the series add up."""
    most = max((sum(each.values[place] or 0 for each in series) for place in range(len(dates))), default=0)
    bars = []
    for place, date in enumerate(dates):
        top = float(HEIGHT)
        for number, each in enumerate(series):
            height = _height(each.values[place], most)
            top -= height
            label = f"{date}: {each.name} {each.values[place] or 0}"
            bars.append(_bar(number, WIDTH / len(dates), place, (top, height), label))
    return Chart(key, str(title), str(unit), dates, series, bars, most)


def beside(key: str, title: Any, unit: Any, dates: Sequence[str], series: Sequence[Series]) -> Chart:
    """Bars side by side: the series do not add up."""
    most = max((value or 0 for each in series for value in each.values), default=0)
    width = WIDTH / max(1, len(dates) * len(series))
    bars = [
        _bar(number, width, place * len(series) + number, (HEIGHT - height, height), f"{date}: {each.name} {value}")
        for place, date in enumerate(dates)
        for number, each in enumerate(series)
        if (value := each.values[place]) is not None
        for height in [_height(value, most)]
    ]
    return Chart(key, str(title), str(unit), dates, series, bars, most)


def by_name(days: Sequence[Mapping[str, int]], *, most: int, others: Any) -> list[Series]:
    """A series for each of the `most` names with the highest numbers, and one for all others together."""
    totals: dict[str, int] = {}
    for day in days:
        for name, number in day.items():
            totals[name] = totals.get(name, 0) + number
    named = sorted(totals, key=lambda name: (-totals[name], name))
    series = [Series(name, [day.get(name, 0) for day in days]) for name in named[:most]]
    if rest := set(named[most:]):
        series.append(Series(str(others), [sum(day.get(name, 0) for name in rest) for day in days]))
    return series


def _height(value: int | None, most: int) -> float:
    return round((value or 0) / most * (HEIGHT - TOP), 2) if most else 0.0


def _bar(series: int, width: float, slot: int, up: tuple[float, float], label: str) -> Bar:
    top, height = up
    return Bar(series, round(slot * width, 2), round(top, 2), round(width * 0.8, 2), height, label)

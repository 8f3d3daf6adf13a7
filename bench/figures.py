"""What is made of measurements, and of what machine they are. Pure but for that."""

import os
import platform
from collections import Counter
from collections.abc import Sequence


def percentiles(tenths: Counter[int]) -> dict[str, float]:
    """p50, p99 and most, in milliseconds, of counted tenths of a millisecond; empty where nothing was counted."""
    total, passed = tenths.total(), 0
    if not total:
        return {}
    found: dict[str, float] = {}
    for tenth in sorted(tenths):
        passed += tenths[tenth]
        for name, share in (("p50", 0.5), ("p99", 0.99), ("most", 1)):
            if name not in found and passed >= share * total:
                found[name] = tenth / 10
    return found


def slope(samples: Sequence[tuple[float, float]]) -> float:
    """Of the line that fits best to (x, y), per unit of x; 0 where there is no line."""
    if len(samples) < 2:
        return 0.0
    mean_x = sum(x for x, _ in samples) / len(samples)
    mean_y = sum(y for _, y in samples) / len(samples)
    spread = sum((x - mean_x) ** 2 for x, _ in samples)
    return sum((x - mean_x) * (y - mean_y) for x, y in samples) / spread if spread else 0.0


def machine() -> str:
    return f"{os.cpu_count()} processors, {platform.system()} {platform.machine()}, Python {platform.python_version()}"

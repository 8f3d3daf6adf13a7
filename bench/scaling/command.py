"""`make bench BENCH=scaling`: see the package."""

import json
import sys
from argparse import ArgumentDefaultsHelpFormatter, ArgumentParser
from dataclasses import asdict
from pathlib import Path

from bench.figures import machine
from bench.machine import raise_limits
from bench.scaling import costs, estimate
from bench.scaling.costs import Measured
from bench.streams.report import table


def main(arguments: list[str]) -> int:
    """0 if nothing was lost, else 1."""
    parser = ArgumentParser(
        "make bench BENCH=scaling",
        description="What grows with people. Needs PostgreSQL, Redis and nginx.",
        formatter_class=ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("--report", type=Path, default=Path("var/scaling.json"), help="where the costs go, as JSON")
    options = parser.parse_args(arguments)
    raise_limits()
    found = costs.measured()
    options.report.parent.mkdir(parents=True, exist_ok=True)
    options.report.write_text(json.dumps(asdict(found), indent=1) + "\n")
    sys.stdout.write(f"{machine()}\n\n{measured(found)}\n\n")
    estimate.main([str(options.report)])
    return int(bool(found.lost))


def measured(found: Measured) -> str:
    """In Markdown: what was measured of each setup."""
    rows = [("setup", "part", "turn, ms", "a delta, µs", "memory a stream, KB")]
    for name, each in found.setups.items():
        for part in each.turn_ms:
            stream = f"{each.stream_kb:.0f}" if part == "site" else ""
            rows.append((name, part, f"{each.turn_ms[part]:.1f}", f"{each.delta_us[part]:.0f}", stream))
    return table(rows)

"""`make bench`: see the package."""

import json
import sys
from argparse import ArgumentParser
from pathlib import Path

from bench.machine import raise_limits
from bench.streams.report import report
from bench.streams.scenarios import PARTS, measured

ABOUT = (
    "streams, of 20 deltas a second (3 minutes); open, a thousand at once (2); "
    "fit, what an answer costs (2); held, the rate for a minute (3 and more)"
)


def main(arguments: list[str]) -> int:
    """0 if nothing was lost, else 1."""
    parser = ArgumentParser(
        "make bench",
        description="What streaming costs: ten minutes for all parts.",
        epilog="Other things are measured by BENCH=history, BENCH=install and BENCH=scaling.",
    )
    parser.add_argument("--only", choices=PARTS, action="append", help=f"one part, may be said again: {ABOUT}")
    parser.add_argument(
        "--report", type=Path, default=Path("var/bench.json"), help="where the figures go, as JSON (%(default)s)"
    )
    options = parser.parse_args(arguments)
    raise_limits()
    results = measured(options.only or PARTS)
    options.report.parent.mkdir(parents=True, exist_ok=True)
    options.report.write_text(json.dumps(results.as_json(), indent=1) + "\n")
    sys.stdout.write(report(results) + "\n")
    return int(bool(results.lost))

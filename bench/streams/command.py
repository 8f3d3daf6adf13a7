"""`make bench`: see the package."""

import json
import signal
import sys
from argparse import ArgumentDefaultsHelpFormatter, ArgumentParser
from pathlib import Path

from bench.machine import raise_limits
from bench.streams.report import report
from bench.streams.scenarios import PARTS, measured


def main(arguments: list[str]) -> int:
    """0 if nothing was lost, else 1."""
    parser = ArgumentParser(
        "make bench", description="What streaming costs.", formatter_class=ArgumentDefaultsHelpFormatter
    )
    parser.add_argument("--only", choices=PARTS, action="append", help="this part alone; may be said again")
    parser.add_argument("--report", type=Path, default=Path("var/bench.json"), help="where the figures go, as JSON")
    options = parser.parse_args(arguments)
    raise_limits()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # so that what was started is ended
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell in the background has it ignored
    results = measured(options.only or PARTS)
    options.report.parent.mkdir(parents=True, exist_ok=True)
    options.report.write_text(json.dumps(results.as_json(), indent=1) + "\n")
    sys.stdout.write(report(results) + "\n")
    return int(bool(results.lost))

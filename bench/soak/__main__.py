"""`make soak`: see the package."""

import json
import signal
import sys
from argparse import ArgumentDefaultsHelpFormatter, ArgumentParser, Namespace
from pathlib import Path
from typing import Any

from bench.machine import raise_limits
from bench.soak.report import Phase, as_json, table
from bench.soak.run import find, keeps_up, say, soak
from bench.soak.site import Alone, Grown


def main(arguments: list[str]) -> int:
    """0 if nothing was lost and memory does not grow, else 1."""
    options = parsed(arguments)
    raise_limits()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # so that what was started is ended
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell in the background has it ignored
    setup = (Grown if options.cluster else Alone).name
    phases: list[Phase] = []
    for phase in (find if options.find else soak)(options):
        phases.append(phase)
        keep(options.report, as_json(setup, phases))
        complain(phase)
    sys.stdout.write(table(setup, phases) + "\n")
    if options.find:
        most = max((phase.streams for phase in phases if keeps_up(phase)), default=0)
        sys.stdout.write(f"\nThe machine kept up with {most} streams.\n")
        return int(not most)
    return int(any(phase.difference_count or phase.grows for phase in phases))


def parsed(arguments: list[str]) -> Namespace:
    parser = ArgumentParser("make soak", formatter_class=ArgumentDefaultsHelpFormatter)
    number = parser.add_argument_group("how much").add_argument
    number("--streams", type=int, default=100, help="answers at once under load; a quarter of it in quiet")
    number("--pace", type=float, default=10, help="deltas a second of each")
    number("--seconds", type=float, default=120, help="of load")
    number("--quiet-minutes", type=float, default=10, help="with a quarter of it; 0 leaves them out")
    number("--longest", type=float, default=30, help="seconds of the longest answer")
    number("--find", action="store_true", help="double the streams until it is too much, and leave out the quiet")
    number("--cluster", action="store_true", help="two processes, PostgreSQL, Redis and nginx in place of SQLite")
    fault = parser.add_argument_group("how many per cent of the answers").add_argument
    fault("--leaving", type=float, default=10, help="have a reader that is cut off and comes back")
    fault("--stopping", type=float, default=5, help="are stopped")
    fault("--breaking", type=float, default=1, help="break at the provider")
    fault("--doubling", type=float, default=2, help="are asked for twice at once, with one key")
    fault("--joining", type=float, default=5, help="have a second reader, who comes later")
    fault("--stall", type=float, default=12, help="seconds of silence where that is the break")
    other = parser.add_argument_group("besides").add_argument
    other("--seed", type=int, default=1, help="of chance")
    other("--report", type=Path, default=Path("var/soak.json"), help="where the figures go, as JSON")
    return parser.parse_args(arguments)


def keep(report: Path, figures: dict[str, Any]) -> None:
    report.parent.mkdir(parents=True, exist_ok=True)
    report.write_text(json.dumps(figures, indent=1, ensure_ascii=False) + "\n")


def complain(phase: Phase) -> None:
    for difference in phase.differences:
        say(f"{phase.name}: {difference}")
    if phase.difference_count > len(phase.differences):
        say(f"{phase.name}: and {phase.difference_count - len(phase.differences)} more")
    if phase.grows:
        say(f"{phase.name}: memory grows by {phase.growth:.2f} MB a minute")


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)

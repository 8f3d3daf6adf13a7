"""`make bench BENCH=history`: see the package."""

import json
import os
import sys
from argparse import ArgumentParser
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any


def main(arguments: list[str]) -> None:
    parser = ArgumentParser("make bench BENCH=history", description="What much history costs, as JSON.")
    parser.add_argument("--conversations", type=int, default=100_000)
    parser.add_argument("--messages", type=int, default=1_000_000)
    parser.add_argument("--report", type=Path, help="a file for it, too")
    options = parser.parse_args(arguments)
    with TemporaryDirectory() as folder:
        os.environ.setdefault("DATA_DIR", folder)
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatsite.settings")
        report = json.dumps(measured(options.conversations, options.messages), indent=2, ensure_ascii=False)
    if options.report:
        options.report.write_text(report + "\n")
    sys.stdout.write(report + "\n")


def measured(conversations: int, messages: int) -> dict[str, Any]:
    import django  # noqa: PLC0415 - its settings are read now

    django.setup()
    from bench.history import figures, made  # noqa: PLC0415 - as above

    made.prepare(conversations=conversations, messages=messages)
    return {"conversations": conversations, "messages": messages, **figures.measured()}

"""manage.py doctor"""

import json
import logging
import sys
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from conversations import database, doctor
from conversations.management.orderly import refuse_root

log = logging.getLogger(__name__)
WORDS = {doctor.Level.OK: "ok", doctor.Level.WARNING: "warning", doctor.Level.FAULT: "FAULT"}


class Command(BaseCommand):
    help = (
        "Looks at all that the site needs and says what would mend it. Exits with 0 where all is well, with 1 where "
        "something is worth a look, with 2 where something does not work."
    )
    requires_system_checks = []  # it tells of them itself, and goes on

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("looks", nargs="*", metavar="LOOK", help=f"these alone, of {', '.join(doctor.LOOKS)}")
        parser.add_argument("--json", action="store_true", help="a list of objects, for programs")

    def handle(self, *args: Any, **options: Any) -> None:
        if unknown := sorted(set(options["looks"]) - set(doctor.LOOKS)):
            raise CommandError(f"There is no look called {unknown[0]}, but: {', '.join(doctor.LOOKS)}.", returncode=64)
        refuse_root()
        with suppress(AttributeError):
            sys.stdout.reconfigure(errors="replace")  # type: ignore[union-attr]  # a terminal that has no arrow
        database.leave_pool()  # which would hide why there is no connection
        found = []
        for name in options["looks"] or doctor.LOOKS:
            for finding in looked(name):
                found.append((name, finding))
                if not options["json"]:
                    self.tell(name, finding)
        if options["json"]:
            self.stdout.write(json.dumps([row(name, finding) for name, finding in found], ensure_ascii=False, indent=1))
        raise SystemExit(int(max(finding.level for _, finding in found)))

    def tell(self, name: str, finding: doctor.Finding) -> None:
        self.stdout.write(f"{WORDS[finding.level]:8} {name:11} {finding.text}")
        if finding.remedy:
            self.stdout.write(f"{'':20} → {finding.remedy}")
        self.stdout.flush()


def looked(name: str) -> Iterator[doctor.Finding]:
    """What the look finds; where it fails itself, the others go on."""
    try:
        yield from doctor.look(name)
    except Exception as error:
        log.exception("the look %s failed", name)
        text, remedy = f"This look failed itself ({type(error).__name__}).", "Report it, with what the log says."
        yield doctor.Finding(doctor.Level.FAULT, text, remedy)


def row(name: str, finding: doctor.Finding) -> dict[str, str]:
    return {"look": name, "level": WORDS[finding.level].lower(), "text": finding.text, "remedy": finding.remedy}

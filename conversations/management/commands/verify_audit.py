"""manage.py verify_audit"""

import re
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from conversations.models import ReadRecord

HEAD = re.compile(r"[1-9][0-9]*:[0-9a-f]{12,64}")


class Command(BaseCommand):
    help = "Reads the chain of read records, and fails where one was changed, removed or cut off."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--head",
            action="append",
            default=[],
            metavar="NUMBER:HASH",
            help="a head that the log has, such as the newest: without one, a tail that was cut off cannot be found",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        for head in options["head"]:
            if not HEAD.fullmatch(head):
                raise CommandError(
                    f"{head} is no head: give its number and at least 12 digits of its hash, as the log has it."
                )
        verdict = ReadRecord.verify(heads=options["head"])
        if verdict.findings:
            raise CommandError("\n".join(["The read records are not as they were written:", *verdict.findings]))
        self.stdout.write(f"{verdict.count} read records, as they were written. Head: {verdict.head or 'none'}")

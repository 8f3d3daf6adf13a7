"""manage.py verify_audit"""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from conversations.models import ReadRecord


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
        verdict = ReadRecord.verify(heads=options["head"])
        if verdict.findings:
            raise CommandError("\n".join(["The read records are not as they were written:", *verdict.findings]))
        self.stdout.write(f"{verdict.count} read records, as they were written. Head: {verdict.head or 'none'}")

"""manage.py blank_audit"""

from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import CommandError, CommandParser

from conversations.management.base import WritingCommand
from conversations.models import Category, ReadRecord, Reason


class Command(WritingCommand):
    help = (
        "Blanks what read records say of one person. Of an owner: the reasons of readings of their conversations. Of a "
        "reader: name and address. Of a record by its number: its reason, and words that were searched. That it was "
        "done is recorded, and the chain still verifies."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        of = parser.add_mutually_exclusive_group(required=True)
        of.add_argument("--owner", type=int, metavar="NUMBER", help="the owner's number, also of a deleted one")
        of.add_argument("--reader", type=int, metavar="NUMBER", help="the reader's number, also of a deleted one")
        of.add_argument("--record", type=int, nargs="+", metavar="NUMBER", help="the numbers of records")
        parser.add_argument("--by", required=True, metavar="USERNAME", help="who does it")
        parser.add_argument("--reason", required=True, help="why: kept in the record")

    def handle(self, *args: Any, **options: Any) -> None:
        by = get_user_model().objects.filter(username=options["by"]).first()
        if by is None:
            raise CommandError(f"There is nobody called {options['by']}.")
        if not options["reason"].strip():
            raise CommandError("Say why: it is kept in the record.")
        reason = Reason(category=Category.LEGAL, text=options["reason"])
        if options["owner"] is not None:
            count = ReadRecord.blank_owner(options["owner"], by=by, reason=reason)
        elif options["reader"] is not None:
            count = ReadRecord.blank_reader(options["reader"], by=by, reason=reason)
        else:
            count = ReadRecord.blank_records(options["record"], by=by, reason=reason)
        self.stdout.write(f"{count} read records blanked.")

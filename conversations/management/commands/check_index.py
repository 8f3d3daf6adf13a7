"""manage.py check_index"""

from collections import Counter
from typing import Any

from django.core.management.base import CommandError, CommandParser

from conversations.management.base import WritingCommand
from conversations.models import index_check

SENTENCES = {
    "missing": "texts were missing",
    "different": "texts were not as they were written",
    "left over": "texts were left over from deleted chats",
    "titles": "titles were missing or not as they were written",
    "index": "index was broken and was made anew",
}


class Command(WritingCommand):
    help = "Compares the search's index with all that was said, and mends it. The site may go on meanwhile."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="mend nothing; fail where something is to be mended")

    def handle(self, *args: Any, **options: Any) -> None:
        found: Counter[str] = Counter()
        for batch in index_check.compared(mends=not options["dry_run"]):
            found.update(batch)
        told = [f"{found[kind]} {sentence}" for kind, sentence in SENTENCES.items() if found[kind]]
        if told and options["dry_run"]:
            raise CommandError("The index is not right: " + ", ".join(told) + ". Nothing was changed.")
        self.stdout.write("Mended: " + ", ".join(told) + "." if told else "The index has all that was said.")

"""manage.py restore"""

import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from conversations import backup
from conversations.management.orderly import orderly
from conversations.management.preparation import make_data_folder
from conversations.management.server import nobody_serves


class Command(BaseCommand):
    help = (
        "Puts a backup in the place of the database. The site must be stopped. What is there now is backed up first, "
        "into DATA_DIR/backups."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("backup", type=Path, help="its file")
        parser.add_argument("--yes", action="store_true", help="ask nothing")
        parser.add_argument("--without-copy", action="store_true", help="back up nothing before: it may be broken")

    def handle(self, *args: Any, **options: Any) -> None:
        path = options["backup"]
        with orderly():
            described = backup.described(backup.look(path))
            if not options["yes"]:
                self.ask(f"{path}, with {described}, takes the place of all that is in the database now. Restore it?")
            make_data_folder()
            with nobody_serves(self.stdout.write):
                before = backup.restore(path, keeps=not options["without_copy"])
        if before:
            self.stdout.write(f"What was there before is in {before.path}")
        self.stdout.write(f"Restored: {described}.")

    def ask(self, question: str) -> None:
        if not sys.stdin.isatty():
            raise CommandError("Nobody is there to be asked: add --yes to restore all the same.")
        try:
            answer = input(f"{question} [y/N] ")
        except EOFError:
            answer = ""
        if answer.strip().lower() not in ("y", "yes"):
            raise CommandError("Nothing was changed.")

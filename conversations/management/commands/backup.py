"""manage.py backup"""

from argparse import ArgumentTypeError
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from conversations import backup
from conversations.management.orderly import orderly


class Command(BaseCommand):
    help = (
        "Writes a backup of the whole database, while the site goes on, and prints its path. It is a ZIP that "
        "`restore` puts back and `verify` looks through. Everything that people wrote is in it, unencrypted."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--to", type=Path, metavar="FOLDER", help="an existing one, in place of DATA_DIR/backups")
        parser.add_argument(
            "--keep", type=positive, default=backup.KEPT, metavar="NUMBER", help="older ones there go (%(default)s)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        with orderly():
            made = backup.make(options["to"] or backup.default_folder(), kept=options["keep"])
        self.stdout.write(str(made.path))


def positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise ArgumentTypeError("it must be a whole number from 1 on")
    return int(text)

"""manage.py verify"""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from conversations import backup
from conversations.management.orderly import orderly


class Command(BaseCommand):
    help = (
        "Restores a backup into a scratch place and compares each table with what it had when it was backed up: its "
        "rows, and a hash of all their values. Fails where they differ."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("backup", type=Path, nargs="?", help="its file; without it the newest in DATA_DIR/backups")

    def handle(self, *args: Any, **options: Any) -> None:
        with orderly():
            path = options["backup"] or newest()
            try:
                manifest = backup.verify(path)
            except backup.Damaged as error:
                raise CommandError(f"{path} is not good. {error}") from error
        self.stdout.write(f"{path} is whole: {backup.described(manifest)}.")


def newest() -> Path:
    found = backup.backups_in(backup.default_folder())
    if not found:
        raise CommandError(f"There is no backup in {backup.default_folder()}. `manage.py backup` makes one.")
    return found[-1]

"""manage.py move_database"""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection

from conversations import backup
from conversations.management import preparation, server
from conversations.management.orderly import orderly


class Command(BaseCommand):
    help = (
        "Moves a site from SQLite to PostgreSQL: copies everything from the file into the database that DATABASE_URL "
        "names, which must have nobody in it, and compares all of it. Nobody may serve either; the file is only read."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="the SQLite database, such as var/db.sqlite3")

    def handle(self, *args: Any, **options: Any) -> None:
        file: Path = options["file"].resolve()
        if connection.vendor != "postgresql":
            raise CommandError("DATABASE_URL names no PostgreSQL: set it to where everything shall go.")
        if not file.is_file():
            raise CommandError(f"There is no file {file}.")
        preparation.make_data_folder()
        with orderly(), server.alone_at_file(file), server.nobody_serves(self.stdout.write):
            preparation.prepare_database(self.stdout.write)
            moved = backup.move(file)
        self.stdout.write(f"Moved: {backup.counted(moved)}. Each table is as it was in {file}, which is untouched.")

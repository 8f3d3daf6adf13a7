"""manage.py migrate: Django's, with a copy of the database kept before."""

from typing import Any

from django.core.management.base import CommandParser
from django.core.management.commands import migrate
from django.db import DEFAULT_DB_ALIAS, connection

from chatsite.settings import environment
from conversations import upgrades
from conversations.management.orderly import refuse_root
from conversations.management.preparation import keep_copy, make_data_folder, refuse_newer


class Command(migrate.Command):
    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--without-copy", action="store_true", help="back up nothing before")

    def get_check_kwargs(self, options: dict[str, Any]) -> Any:
        """Without the database where settings make no sense: it may be none that anybody meant, and would be made."""
        return {} if environment.problems else super().get_check_kwargs(options)

    def handle(self, *args: Any, **options: Any) -> Any:
        if options["database"] == DEFAULT_DB_ALIAS and not (options["plan"] or options["check_unapplied"]):
            refuse_root()
            make_data_folder()
            refuse_newer()
            if not options["without_copy"] and (options["app_label"] or upgrades.lacking(connection)):
                keep_copy(self.stdout.write)
        return super().handle(*args, **options)

from typing import Any

from django.core.management.base import BaseCommand

from conversations.management.preparation import refuse_newer


class WritingCommand(BaseCommand):
    """One that writes into the database; not into one that newer code has migrated, whose rules it does not know."""

    def execute(self, *args: Any, **options: Any) -> Any:
        refuse_newer()
        return super().execute(*args, **options)

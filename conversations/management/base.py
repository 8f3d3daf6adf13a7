from django.core.management.base import BaseCommand

from conversations.management.preparation import refuse_newer


class WritingCommand(BaseCommand):
    """One that writes into the database; not into one that newer code has migrated, whose rules it does not know."""

    requires_migrations_checks = True

    def check_migrations(self) -> None:
        """Asked once the settings are known to make sense."""
        refuse_newer()

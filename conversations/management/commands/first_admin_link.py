from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from django.db import DatabaseError

from conversations import accounts
from conversations.management.base import WritingCommand


class Command(WritingCommand):
    help = "Prints a new link that makes the first account: it works once, for an hour, while there is no account."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            is_needed = not accounts.has_accounts()
        except DatabaseError as error:
            raise CommandError("The database is not prepared yet: start the site once with `make run`.") from error
        if not is_needed:
            raise CommandError("There is an account already. `manage.py createsuperuser` makes another administrator.")
        url = settings.PUBLIC_URL or f"http://{settings.HOST}:{settings.PORT}"
        self.stdout.write(f"{url}{accounts.first_admin_path()}")

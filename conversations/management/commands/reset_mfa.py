from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import CommandError, CommandParser

from conversations import factors
from conversations.management.base import WritingCommand


class Command(WritingCommand):
    help = (
        "Takes a person's second factor away and logs them out everywhere, for when phone and recovery codes are lost."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")

    def handle(self, *args: Any, **options: Any) -> None:
        people = get_user_model()
        try:
            user = people.objects.get_by_natural_key(options["username"])
        except people.DoesNotExist as error:
            raise CommandError("There is no account of this name.") from error
        factors.reset(user)
        self.stdout.write("The second factor is gone, and all sessions are ended. The password alone logs in now.")

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import connection

from conversations import accounts, generation
from conversations.management import server
from conversations.management.preparation import make_data_folder, prepare


class Command(BaseCommand):
    help = "Prepares the database and the static files, then serves the site until Ctrl-C or SIGTERM."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            self.serve()
        except KeyboardInterrupt as interrupt:
            raise SystemExit(130) from interrupt

    def serve(self) -> None:
        make_data_folder()
        with server.only_server() as is_alone:
            listeners = server.listen(settings.HOST, settings.PORT)
            prepare(self.say)
            if is_alone:
                generation.interrupt_leftovers()
            greeting = self.greeting(server.site_url(listeners))
            server.serve(listeners, when_open=lambda: self.say(greeting))

    def greeting(self, url: str) -> str:
        """Where the site is and, while it has no account, the link that makes the first."""
        address = f"Chat is at {url}/ (Ctrl-C stops it)"
        is_used = accounts.has_accounts()
        connection.close()
        if is_used:
            return address
        return f"{address}\nMake the first account within an hour: {url}{accounts.first_admin_path()}"

    def say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()

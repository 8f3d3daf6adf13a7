from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from django.core.management.commands.runserver import Command as DjangoCommand
from django.utils import autoreload

from conversations.management import server
from conversations.management.preparation import make_data_folder, prepare_static, refuse_newer


class Command(DjangoCommand):
    help = "Serves the site for its developers, again after each change of the code. Streams stream: this is ASGI."

    default_addr = settings.HOST
    default_port = str(settings.PORT)
    addr: str
    port: str

    def inner_run(self, *args: Any, **options: Any) -> None:
        """Django runs this anew, in a fresh process, whenever a file has changed."""
        autoreload.raise_last_exception()
        if not options["skip_checks"]:
            self.check(display_num_errors=True)
        self.check_migrations()
        try:
            self.serve()
        except CommandError as error:
            raise SystemExit(f"CommandError: {error}") from error

    def serve(self) -> None:
        make_data_folder()
        prepare_static(self.say)
        with server.only_server():
            refuse_newer()
            listeners = server.listen(self.addr, int(self.port))
            greeting = f"The site for developers is at {server.site_url(listeners)}/ (Ctrl-C stops it)"
            server.serve(listeners, when_open=lambda: self.say(greeting))

    def say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()

"""manage.py run_jobs"""

import time
from typing import Any

from django.core.management.base import CommandError, CommandParser

from conversations import jobs
from conversations.management.base import WritingCommand
from conversations.models import Job


class Command(WritingCommand):
    help = (
        "Does the jobs that are due, or those that are named whether they are due or not, once and to their ends. A "
        "running server does them by itself; what it does at this moment is left to it."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(jobs.NAMES)}")

    def handle(self, *args: Any, **options: Any) -> None:
        names = options["names"]
        for name in names:
            if name not in jobs.NAMES:
                raise CommandError(f"There is no job {name!r}. There are: {', '.join(jobs.NAMES)}.")
        Job.objects.make(names)
        for name in names:
            Job.want(name)
        works = [work for work in jobs.ALL if not names or work.name in names]
        while jobs.do_due(works, is_ending=pause):
            pass
        self.tell([work.name for work in works])

    def tell(self, names: list[str]) -> None:
        failed = Job.objects.filter(pk__in=names, failures__gt=0)
        if failed:
            raise CommandError("\n".join(f"{job} failed: see the log at {job.error_reference}." for job in failed))


def pause(seconds: float) -> bool:
    time.sleep(seconds)
    return False

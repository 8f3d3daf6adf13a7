"""manage.py retention"""

from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from conversations.management.base import WritingCommand
from conversations.models import retention

LISTED = 100


class Command(WritingCommand):
    help = (
        "Removes for good the conversations that are to go by the rules of retention, the oldest first. A running "
        "server does so once a day."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="tell what would go, and remove nothing")
        parser.add_argument("--limit", type=int, metavar="NUMBER", help="of conversations that go, or are listed")

    def handle(self, *args: Any, **options: Any) -> None:
        limit = options["limit"]
        if options["dry_run"]:
            self.tell(LISTED if limit is None else max(limit, 0))
        else:
            self.stdout.write(f"{remove(limit)} conversations removed.")

    def tell(self, most: int) -> None:
        now = timezone.now()
        reached = retention.by_rule(now)
        self.stdout.write(f"{sum(each.count for each in reached)} conversations would go.")
        for each in reached:
            self.stdout.write(
                f"{each.count} by the rule for {each.rule}: {each.rule.days} days (the oldest: {each.oldest:%Y-%m-%d})"
            )
        for conversation in retention.oldest_first(now)[:most]:
            self.stdout.write(f"{conversation.uuid} {conversation.touched_at:%Y-%m-%d %H:%M} {conversation.owner}")


def remove(limit: int | None) -> int:
    """In batches, to the end or to the limit; how many went."""
    removed = 0
    while limit is None or removed < limit:
        most = retention.AT_ONCE if limit is None else min(retention.AT_ONCE, limit - removed)
        if not (gone := retention.remove_expired(most=most)):
            break
        removed += gone
    return removed

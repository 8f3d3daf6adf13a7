"""Writes what a release's database looks like with data in it: `python -m tests.releases.dump 0.1.0`.

Made once, at the release, from its own code; never made anew: later migrations are tested from it. `db.sql` is
SQLite's, schema and rows; `rows.json` is the rows alone, for any database that was migrated to that release.
"""

import os
import sqlite3
import sys
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conversations.models import Message, Status

HERE = Path(__file__).resolve().parent


def main(version: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        os.environ["DATA_DIR"] = folder
        os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
        import django
        from django.core.management import call_command

        django.setup()
        from django.conf import settings

        path = Path(settings.DATABASES["default"]["NAME"])
        call_command("migrate", verbosity=0)
        fill()
        target = HERE / version
        target.mkdir(exist_ok=True)
        with sqlite3.connect(path) as database:
            (target / "db.sql").write_text("\n".join(database.iterdump()) + "\n", encoding="utf-8")
        excluded = ["contenttypes", "auth.permission", "sessions", "admin.logentry"]
        call_command("dumpdata", exclude=excluded, indent=1, output=str(target / "rows.json"), verbosity=0)


def fill() -> None:
    """Two people and, between them, every state, a branch, hostile text and each optional column."""
    from django.contrib.auth.models import User
    from django.utils import timezone

    from conversations.models import Conversation, Message, Preferences, Status

    ada = User.objects.create_superuser("ada", "ada@example.org", "a long password")
    bob = User.objects.create_user("bob", password="another long password")
    Preferences.objects.create(user=ada, theme="dark")
    first = finished(Conversation.begin(ada, text="What is a turn? 😀 <b>", model="demo", key="k-1", fingerprint="f"))
    again = first.conversation.answer_again(first, model="other")
    finished(again, Status.STOPPED, text="A turn is")
    finished(first.conversation.answer_again(again, model="other", continues=True), text="A turn is **one** exchange.")
    first.conversation.rename("Turns")
    first.conversation.configure(system_prompt="Be brief.", history_turns=3)
    for status in (Status.FAILED, Status.INTERRUPTED):
        finished(Conversation.begin(bob, text=f"One that ends {status}", model="demo"), status, text="half")
    running = Conversation.begin(bob, text="One that still runs", model="demo")
    running.claim(runner="a process that is gone", sent={"turns": 0})
    running.checkpoint(runner="a process that is gone", text="so far", reasoning="hm")
    Message.objects.filter(pk=running.pk).update(lease_until=timezone.now() - timedelta(hours=1))


def finished(answer: "Message", status: "Status | None" = None, *, text: str = "# An answer\n\n`code`") -> "Message":
    from conversations.models import Ending, Status

    answer.claim(runner="release", sent={"turns": 0, "turns_left_out": 0, "messages": [], "left_out": [], "tokens": 9})
    failed = {"error_code": "rejected", "error_detail": "why", "error_reference": "abcd1234"}
    ending = Ending(
        status=status or Status.COMPLETE,
        text=text,
        reasoning="thinking",
        finish_reason="stop" if status is None else "",
        answered_by="demo-1",
        usage={"prompt_tokens": 9, "completion_tokens": 4},
        first_delta_ms=120,
        total_ms=900,
        **(failed if status == Status.FAILED else {}),
    )
    answer.end(ending, runner="release")
    return answer


if __name__ == "__main__":
    main(sys.argv[1])

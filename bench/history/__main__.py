"""`make history`: see the package."""

import json
import os
import statistics
import sys
import time
from argparse import ArgumentParser
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

PAGES = {
    "the first page": "",
    "the first page, 90 days": "?days=90",
    "conversations": "conversations/conversation/",
    "conversations, page 100": "conversations/conversation/?p=100",
    "conversations of a model": "conversations/conversation/?model=gpt-5",
    "conversations of a group": "conversations/conversation/?group=3",
    "conversations with a failed answer": "conversations/conversation/?state=failed",
    "conversations with a complete answer": "conversations/conversation/?state=complete",
    "conversations of this year": "conversations/conversation/?touched_at__gte=2026-01-01",
    "conversations of a person": "conversations/conversation/?q=person7",
    "messages": "conversations/message/",
    "messages that failed": "conversations/message/?status__exact=failed",
    "messages of a model": "conversations/message/?model=gpt-5",
    "messages of a person": "conversations/message/?q=person7",
}
TIMES = 15


def main(arguments: list[str]) -> None:
    parser = ArgumentParser("make history", description="What lists cost over much history, as JSON.")
    parser.add_argument("--conversations", type=int, default=100_000)
    parser.add_argument("--messages", type=int, default=1_000_000)
    parser.add_argument("--report", type=Path, help="a file for it, too")
    options = parser.parse_args(arguments)
    with TemporaryDirectory() as folder:
        os.environ.setdefault("DATA_DIR", folder)
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatsite.settings")
        report = json.dumps(measured(options.conversations, options.messages), indent=2)
    if options.report:
        options.report.write_text(report + "\n")
    sys.stdout.write(report + "\n")


def measured(conversations: int, messages: int) -> dict[str, Any]:
    import django  # noqa: PLC0415 - its settings are read now

    django.setup()
    from django.contrib.auth.models import User  # noqa: PLC0415 - as above
    from django.core.management import call_command  # noqa: PLC0415
    from django.db import connection  # noqa: PLC0415
    from django.test import Client  # noqa: PLC0415

    from bench.history import made  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    call_command("createcachetable", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    if not User.objects.exists():  # DATA_DIR and DATABASE_URL may name what an earlier run has made
        made.make(conversations=conversations, messages=messages)
        User.objects.create_superuser("root")
    client = Client(headers={"host": "localhost"})
    client.force_login(User.objects.get(username="root"))
    costs = {name: cost(client, f"/admin/{path}") for name, path in PAGES.items()}
    return {"database": connection.vendor, "conversations": conversations, "messages": messages, "pages (ms)": costs}


def cost(client: Any, path: str) -> dict[str, float]:
    """Milliseconds of the whole reply, by the wall."""
    took = []
    for _ in range(TIMES):
        begun = time.perf_counter()
        reply = client.get(path)
        took.append(1000 * (time.perf_counter() - begun))
        if reply.status_code != 200:
            raise RuntimeError(f"{path} was answered with {reply.status_code}")
    return {"median": round(statistics.median(took), 1), "worst": round(max(took), 1)}


main(sys.argv[1:])

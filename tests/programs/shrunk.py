"""manage.py with other constants: `python -m tests.programs.shrunk '{"conversations.models.message.LEASE": 3}' serve`.

Each name is a module's (or a class's) attribute that is there; a number in place of a timedelta is seconds. A module
that took the value by `from … import` has a name of its own for it.
"""

import json
import os
import pkgutil
import sys
from datetime import timedelta
from typing import Any

import django
from django.core.management import execute_from_command_line


def main(constants: dict[str, Any], arguments: list[str]) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatsite.settings")
    django.setup()
    for name, value in constants.items():
        path, _, attribute = name.rpartition(".")
        holder = pkgutil.resolve_name(path)
        is_time = isinstance(getattr(holder, attribute), timedelta)
        setattr(holder, attribute, timedelta(seconds=value) if is_time else value)
    execute_from_command_line(["manage.py", *arguments])


if __name__ == "__main__":
    main(json.loads(sys.argv[1]), sys.argv[2:])

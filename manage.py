#!/usr/bin/env python
"""Django's command line for this site: `python manage.py help` lists the commands."""

import os
import sys
from importlib.util import find_spec


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatsite.settings")
    if find_spec("django") is None:
        sys.exit("Django is not installed for this Python: run `make run` once, then `.venv/bin/python manage.py …`.")
    try:
        from django.core.management import execute_from_command_line  # noqa: PLC0415 - after the settings' name is set

        execute_from_command_line(sys.argv)
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()

"""manage.py that stops itself (SIGSTOP) each time before it calls a function, until it is resumed or killed:
`python -m tests.programs.stopping zipfile.ZipFile.writestr backup`. So a test comes in the middle of what is done in
an instant.
"""

import os
import pkgutil
import signal
import sys
from functools import wraps
from typing import Any

import django
from django.core.management import execute_from_command_line


def main(name: str, arguments: list[str]) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatsite.settings")
    django.setup()
    path, _, attribute = name.rpartition(".")
    holder = pkgutil.resolve_name(path)
    function = getattr(holder, attribute)

    @wraps(function)
    def stopping(*given: Any, **named: Any) -> Any:
        os.kill(os.getpid(), signal.SIGSTOP)
        return function(*given, **named)

    setattr(holder, attribute, stopping)
    execute_from_command_line(["manage.py", *arguments])


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])

"""manage.py that stops itself (SIGSTOP) at a function, until it is resumed or killed. So a test comes in the middle of
what is done in an instant:

    python -m tests.programs.stopping before zipfile.ZipFile.writestr backup
    python -m tests.programs.stopping at_first_write conversations.backup.sqlite.dump backup
"""

import fcntl
import os
import pkgutil
import signal
import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import django
from django.core.management import execute_from_command_line


def before(*_given: Any, **_named: Any) -> None:
    """Each time before the function is called."""
    os.kill(os.getpid(), signal.SIGSTOP)


def at_first_write(folder: Path, *_given: Any, **_named: Any) -> None:
    """By the kernel, when the function, or a library for it, writes to a file in the folder that it is given."""
    watch = os.open(folder, os.O_RDONLY)  # for as long as this process lives
    fcntl.fcntl(watch, fcntl.F_SETSIG, signal.SIGSTOP)
    fcntl.fcntl(watch, fcntl.F_NOTIFY, fcntl.DN_MODIFY)


def main(stop: Callable[..., None], name: str, arguments: list[str]) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatsite.settings")
    django.setup()
    path, _, attribute = name.rpartition(".")
    holder = pkgutil.resolve_name(path)
    function = getattr(holder, attribute)

    @wraps(function)
    def stopping(*given: Any, **named: Any) -> Any:
        stop(*given, **named)
        return function(*given, **named)

    setattr(holder, attribute, stopping)
    execute_from_command_line(["manage.py", *arguments])


if __name__ == "__main__":
    main({"before": before, "at_first_write": at_first_write}[sys.argv[1]], sys.argv[2], sys.argv[3:])

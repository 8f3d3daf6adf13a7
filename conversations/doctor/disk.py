"""Room for what people write, and for a copy of it."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.db import connection

from conversations import files
from conversations.doctor.finding import Finding, fault, ok, warning

LEAST = 100 * 1024**2  # bytes: less is as good as full
ENOUGH = 1024**3  # bytes
COPIES = 2  # of the database: one is unpacked, one packed
FILES = 1000  # that the disk must have names for


def look() -> Iterator[Finding]:
    for folder in dict.fromkeys([settings.DATA_DIR, *database_folder()]):
        yield from _at(folder)


def database_folder() -> list[Path]:
    """Of SQLite's, which DATABASE_URL may put elsewhere."""
    return [Path(connection.settings_dict["NAME"]).parent] if connection.vendor == "sqlite" else []


def _at(folder: Path) -> Iterator[Finding]:
    try:
        is_written = files.has_room(folder)
        free, names = shutil.disk_usage(folder).free, _names_left(folder)
    except OSError as error:
        yield fault(
            f"{folder} cannot be written: {error.strerror or error}. Nobody can send anything.",
            f"Make room on the disk, and let the site's user write there (df -h {folder}; ls -ld {folder}).",
        )
        return
    size = database_size()
    if not is_written or free < LEAST or names < FILES:
        yield fault(
            f"The disk of {folder} is all but full: {told(free)} and {names:,} files are left.",
            f"Make room, or move DATA_DIR to a larger disk. See what takes it: du -sh {folder}/*",
        )
    elif free < max(ENOUGH, COPIES * size):
        yield warning(
            f"{told(free)} are left at {folder}; a backup or an upgrade needs {told(COPIES * size)} for a while.",
            "Make room, or keep fewer backups there (backup --keep, --to).",
        )
    else:
        yield ok(f"{told(free)} are left at {folder}" + (f"; the database has {told(size)}" if size else ""))


def database_size() -> int:
    """In bytes; of PostgreSQL's, which is elsewhere, nothing is known here."""
    if connection.vendor != "sqlite":
        return 0
    try:
        return Path(connection.settings_dict["NAME"]).stat().st_size
    except OSError:
        return 0


def told(size: int) -> str:
    return f"{size / 1024**3:.1f} GB" if size >= ENOUGH else f"{size / 1024**2:.0f} MB"


def _names_left(folder: Path) -> int:
    """How many files more; some file systems do not count."""
    state = os.statvfs(folder)
    return state.f_favail if state.f_files else FILES

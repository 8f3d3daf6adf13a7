"""Files that are whole or not there, and belong to whom they should; and whether a disk takes any."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

ROOM = 64 * 1024  # bytes that a disk must take


@contextmanager
def new(path: Path) -> Iterator[IO[bytes]]:
    """A new file that only its owner can read; on the disk for good at the end."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())


def settle(folder: Path) -> None:
    """What was renamed in the folder stays so after a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def give(path: Path, *, to_owner_of: Path) -> None:
    """Root hands the file to whom the other belongs; others own what they make anyway."""
    owner = to_owner_of.stat()
    with suppress(PermissionError):
        os.chown(path, owner.st_uid, owner.st_gid)


def has_room(folder: Path) -> bool:
    """Whether a file in `folder` takes ROOM bytes, gone at once. Raises OSError on a disk that is full or read-only."""
    with tempfile.TemporaryFile(dir=folder, buffering=0) as file:
        return file.write(bytes(ROOM)) == ROOM

"""Where a backup is worked on: one run at a time, and nothing that a killed one left behind stays for long."""

import fcntl
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from conversations import files
from conversations.backup.errors import Failed

PATIENCE = 600.0  # seconds for which another run is waited for
PAUSE = 0.2  # seconds between two looks
PREFIX, UNFINISHED = ".scratch-", ".part"
SPARE = 100 * 1024**2  # bytes that nothing is unpacked into: the site goes on writing beside it
LEFT_BEHIND = 3600.0  # seconds for which nobody wrote: then whoever began it is gone


@contextmanager
def scratch(folder: Path) -> Iterator[Path]:
    """A folder for this run alone, within `folder`, which is made; gone at the end. Waits for another run to end."""
    with as_sentence(f"No folder can be made in {folder}"):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = (folder / ".lock").open("a")
    with lock:
        _wait_for(lock)
        for left in folder.glob(f"{PREFIX}*"):
            shutil.rmtree(left, ignore_errors=True)
        with as_sentence(f"No folder can be made in {folder}"):
            own = Path(tempfile.mkdtemp(dir=folder, prefix=PREFIX))
        try:
            yield own
        finally:
            shutil.rmtree(own, ignore_errors=True)


@contextmanager
def part_of(path: Path) -> Iterator[Path]:
    """A name beside `path` for what is not whole yet; it becomes `path` at the end, or is gone. So are such names that
    killed runs left behind."""
    kind = path.name.partition("-20")[0]
    for old in path.parent.glob(f"{kind}-[0-9]*{UNFINISHED}"):
        with suppress(FileNotFoundError):  # another one was faster
            if time.time() - old.stat().st_mtime > LEFT_BEHIND:
                old.unlink()
    unfinished = path.with_suffix(UNFINISHED)
    try:
        yield unfinished
        unfinished.rename(path)
        files.settle(path.parent)
    finally:
        unfinished.unlink(missing_ok=True)


def refuse_too_large(size: int, folder: Path) -> None:
    """Raises Failed where so many bytes in the folder would fill its disk; OSError where nobody can tell."""
    free = shutil.disk_usage(folder).free
    if size + SPARE > free:
        raise Failed(
            f"There is no room to unpack it in {folder.parent}: it has {_megabytes(size)}, and {_megabytes(free)} are "
            f"free, of which {_megabytes(SPARE)} stay so."
        )


def _megabytes(size: int) -> str:
    return f"{size / 1024**2:,.0f} MB"


@contextmanager
def as_sentence(begin: str) -> Iterator[None]:
    """OSErrors become Failed."""
    try:
        yield
    except OSError as error:
        raise Failed(f"{begin}: {error.strerror or error}.") from error


def _wait_for(lock: IO[str]) -> None:
    until = time.monotonic() + PATIENCE
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            if time.monotonic() > until:
                raise Failed(
                    "Another backup has been under way for ten minutes. Try again when it has ended."
                ) from error
            time.sleep(PAUSE)
        else:
            return

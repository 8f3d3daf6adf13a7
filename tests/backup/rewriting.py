"""Backups that are rewritten, so that they are not what they were."""

import json
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

MANIFEST = "manifest.json"
Parts = dict[str, bytes]


@contextmanager
def parts_of(path: Path, *, packing: int = zipfile.ZIP_STORED) -> Iterator[Parts]:
    """The files that are in it, by their names: written back at the end."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    yield parts
    with zipfile.ZipFile(path, "w", packing) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)


@contextmanager
def manifest_of(path: Path) -> Iterator[dict[str, Any]]:
    """What it says of itself: written back at the end."""
    with parts_of(path) as parts:
        told = json.loads(parts[MANIFEST])
        yield told
        parts[MANIFEST] = json.dumps(told).encode()

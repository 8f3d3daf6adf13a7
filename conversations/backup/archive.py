"""The file that a backup is: a ZIP with the database as its own program wrote it, and a manifest of what is in it."""

import hashlib
import json
import lzma
import os
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from conversations import files
from conversations.backup.contents import Contents, Table
from conversations.backup.errors import Damaged

FORMAT = 1
ENGINES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}  # by Django's names
MANIFEST = "manifest.json"
LARGEST_MANIFEST = 1_000_000  # bytes
PLAIN = b"SQLite format 3"
# What a ZIP of somebody else's raises: other fields, other packing, a password, nonsense in place of numbers.
FOREIGN = (
    *(KeyError, ValueError, TypeError, AttributeError, OverflowError, RecursionError),
    *(RuntimeError, NotImplementedError, lzma.LZMAError),
)
PACKINGS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # others unpack a few bytes to gigabytes in memory, at once
PIECE = 1 << 20  # bytes that are in memory


@dataclass(frozen=True)
class Dump:
    """A database as its own program wrote it into the file `path`, and what is in it."""

    path: Path
    migrations: list[tuple[str, str]]  # app and name
    contents: Contents


@dataclass(frozen=True)
class Manifest:
    """What a backup says of itself. `version` is that of the site that made it."""

    version: str
    made_at: datetime
    engine: str
    migrations: list[tuple[str, str]]
    contents: Contents
    database: str  # its name in the ZIP
    sha256: str  # of it


def write(path: Path, dump: Dump, *, engine: str, version: str, made_at: datetime) -> Manifest:
    """Writes a new file, readable by its owner alone, and on the disk for good at the end. Raises OSError."""
    packing = zipfile.ZIP_DEFLATED if engine == "sqlite" else zipfile.ZIP_STORED  # pg_dump has packed its own
    name = f"database{dump.path.suffix}"
    with files.new(path) as file, zipfile.ZipFile(file, "w", packing) as archive:
        with dump.path.open("rb") as source, archive.open(name, "w", force_zip64=True) as target:
            sha256 = copied(source, target)
        manifest = Manifest(version, made_at, engine, dump.migrations, dump.contents, name, sha256)
        archive.writestr(MANIFEST, json.dumps({"format": FORMAT, **asdict(manifest)}, default=str, indent=1))
    return manifest


def manifest_of(path: Path) -> Manifest:
    """Raises Damaged, and OSError where the file cannot be read."""
    with _opened(path) as archive:
        info = _told(archive, MANIFEST)
        if info.file_size > LARGEST_MANIFEST:
            raise Damaged("It is no backup: its manifest is too large.")
        found = json.loads(archive.read(info))
        if found.pop("format") != FORMAT:
            raise Damaged("It was made by a newer version of the site, in a form that this one does not know.")
        return _manifest(found)


def size_of(path: Path, manifest: Manifest) -> int:
    """How many bytes `extract` writes at most. Raises as `manifest_of`."""
    with _opened(path) as archive:
        return _told(archive, manifest.database).file_size


def extract(path: Path, manifest: Manifest, target: Path) -> None:
    """Writes the database that is in the backup to a new file, readable by its owner alone.

    Raises Damaged where it is not the one that the manifest tells of, OSError where a file cannot be read or written.
    """
    with files.new(target) as written:
        _unpack(path, manifest, written)


def check(path: Path, manifest: Manifest) -> None:
    """Reads the database that is in the backup, and writes nothing. Raises as `extract`."""
    with Path(os.devnull).open("wb") as nowhere:
        _unpack(path, manifest, nowhere)


def _unpack(path: Path, manifest: Manifest, target: IO[bytes]) -> None:
    # A ZIP that has more in it than its directory tells is read to there, and no further.
    with _opened(path) as archive, archive.open(_told(archive, manifest.database)) as source:
        if copied(source, target) != manifest.sha256:
            raise Damaged("It is damaged: the database in it is not the one that was written.")


def copied(source: IO[bytes], target: IO[bytes]) -> str:
    """Copies to the end; the SHA-256 of all, in hexadecimal."""
    digest = hashlib.sha256()
    while piece := source.read(PIECE):
        digest.update(piece)
        target.write(piece)
    return digest.hexdigest()


def _told(archive: zipfile.ZipFile, name: str) -> zipfile.ZipInfo:
    """What the ZIP's directory says of the file in it."""
    info = archive.getinfo(name)
    if info.compress_type not in PACKINGS:
        raise NotImplementedError(info.compress_type)
    return info


@contextmanager
def _opened(path: Path) -> Iterator[zipfile.ZipFile]:
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise Damaged(_no_zip(path)) from error
    except FOREIGN as error:
        raise Damaged("It is a ZIP, and no backup of this site.") from error


def _no_zip(path: Path) -> str:
    with path.open("rb") as file:
        if file.read(len(PLAIN)) == PLAIN:
            return "It is an SQLite database, such as older versions kept: stop the site and put it where its own is."
    return "It is no backup, or not whole."


def _manifest(found: dict[str, Any]) -> Manifest:
    contents = {str(name): Table(int(table["rows"]), str(table["digest"])) for name, table in found["contents"].items()}
    migrations = [(str(app), str(name)) for app, name in found["migrations"]]
    made_at = datetime.fromisoformat(found["made_at"]).astimezone(UTC)
    if found["engine"] not in ENGINES:
        raise ValueError(found["engine"])
    return Manifest(**{**found, "contents": contents, "migrations": migrations, "made_at": made_at})

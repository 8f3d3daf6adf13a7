"""Static files: hashed names that browsers keep for ever, compressed once, collected only when something changed."""

import fcntl
import hashlib
import json
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import django
from django.apps import apps
from django.conf import settings
from django.contrib.staticfiles.finders import FileSystemFinder, get_finders
from django.core.files.base import ContentFile, File
from django.core.files.storage import Storage
from django.core.management import call_command
from whitenoise.storage import CompressedManifestStaticFilesStorage

from conversations import bundles

# What else decides the outcome.
VERSION = " ".join([django.__version__, *map(version, ("whitenoise", "brotli", "rjsmin")), "5"])


class HashedStaticFiles(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # its library has no types
    """Files under names with a hash of their content; a style sheet or script of ours with all that it imports."""

    keep_only_hashed_files = True

    def post_process(self, paths: dict[str, tuple[Any, str]], **options: Any) -> Any:
        own = {source.location for source in FileSystemFinder().storages.values()}
        bundled = {
            name: (Bundled(source) if source.location in own else source, path)
            for name, (source, path) in paths.items()
        }
        return super().post_process(bundled, **options)


class Bundled:
    """A folder of sources, whose files are read as they are served."""

    def __init__(self, sources: Storage) -> None:
        self.sources = sources

    def open(self, path: str) -> "File[Any]":
        if path.startswith("css/"):
            return ContentFile(bundles.style_sheet(path, self.text).encode())
        if path.startswith("js/"):
            return ContentFile(bundles.script(path, self.text).encode())
        return self.sources.open(path)

    def text(self, path: str) -> str:
        try:
            with self.sources.open(path) as file:
                return str(file.read().decode())
        except FileNotFoundError as error:
            raise ValueError(f"The file '{path}' is imported, and is not there.") from error


def style_sheet(path: str) -> str:
    """The style sheet of ours at `path` with all that it imports, as it is served."""
    (own, *_) = FileSystemFinder().storages.values()
    return bundles.style_sheet(path, Bundled(own).text)


def collect_static() -> bool:
    """Collects the static files into STATIC_ROOT, unless those there come from the same sources; True if it did.

    One process at a time: others wait for it. Raises OSError where STATIC_ROOT cannot be written, ValueError where a
    file names another that is not there.
    """
    root = Path(settings.STATIC_ROOT)
    stamp = root / "sources.sha256"
    with root.with_name(f"{root.name}.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        wanted = fingerprint()
        if stamp.is_file() and stamp.read_text() == wanted:
            return False
        kept = collected(root)
        call_command("collectstatic", interactive=False, verbosity=0)
        drop_others(root, kept | collected(root))
        stamp.write_text(wanted)
        return True


def collected(root: Path) -> set[str]:
    """The hashed names that the manifest in `root` knows."""
    try:
        return set(json.loads((root / "staticfiles.json").read_text())["paths"].values())
    except FileNotFoundError:
        return set()


def drop_others(root: Path, kept: set[str]) -> None:
    """Removes what neither these sources nor those before them have: a process of the version before, which a rolling
    restart has not reached yet, still serves its own."""
    for path in root.rglob("*"):
        name = path.relative_to(root).as_posix()
        if path.is_file() and name != "staticfiles.json" and name.removesuffix(".gz").removesuffix(".br") not in kept:
            path.unlink()


def fingerprint() -> str:
    """A hash of every source's name and content."""
    digest = hashlib.sha256(f"{VERSION} {settings.STORAGES['staticfiles']}".encode())
    for name, storage in sources():
        with storage.open(name) as file:
            digest.update(f"\0{name}\0{file.size}\0".encode() + file.read())
    return digest.hexdigest()


def sources() -> Iterator[tuple[str, Storage]]:
    """The files that collectstatic would take, in its order."""
    collected: Any = apps.get_app_config("staticfiles")
    for finder in get_finders():
        found: Any = finder.list(collected.ignore_patterns)
        yield from found

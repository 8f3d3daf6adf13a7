"""All conversations of a person as one ZIP, made while it is sent: however many there are, little is in memory."""

import json
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

from django.contrib.auth.models import AbstractBaseUser

from conversations.exchange import export_json, export_markdown, names, schema
from conversations.models import Conversation, batches

BATCH = 500  # keys of conversations that are looked up at once
Pieces = Callable[[Conversation], Iterator[str]]
FILES: dict[str, tuple[str, Pieces]] = {
    "json": ("conversations", export_json.pieces),
    "md": ("reading", export_markdown.pieces),
}


class _Outlet:
    """Where the ZIP is written. It has no `tell`: zipfile then never goes back to what is sent."""

    def __init__(self) -> None:
        self._written: list[bytes] = []

    def write(self, data: bytes, /) -> int:
        self._written.append(data)
        return len(data)

    def flush(self) -> None:
        """Nothing waits here."""

    def close(self) -> None:
        """Whoever sends it ends it."""

    def taken(self) -> bytes:
        taken = b"".join(self._written)
        self._written.clear()
        return taken


def pieces(user: AbstractBaseUser, *, exported_at: datetime) -> Iterator[bytes]:
    """The ZIP in pieces. Conversations that are deleted while it is made, in the bin, or temporary, are not in it; each
    piece holds no transaction. Memory grows by some 2 KB for each conversation: the ZIP ends with a list of them."""
    outlet = _Outlet()
    with zipfile.ZipFile(outlet, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(_entry("export.json", exported_at), _manifest(exported_at))
        for conversation in _kept(user):
            for suffix, (folder, content) in FILES.items():
                entry = _entry(f"{folder}/{names.in_archive(conversation, suffix)}", conversation.touched_at)
                with archive.open(entry, "w", force_zip64=True) as file:  # nobody knows yet how large it becomes
                    for piece in content(conversation):
                        file.write(piece.encode())
                        yield outlet.taken()
    yield outlet.taken()


def _kept(user: AbstractBaseUser) -> Iterator[Conversation]:
    """In the order of creation."""
    theirs = Conversation.objects.for_user(user).kept()
    for batch in batches.by_key(theirs.only("pk"), BATCH):
        for known in batch:
            yield from theirs.filter(pk=known.pk)  # as it is by now, if it is there


def _entry(name: str, at: datetime) -> zipfile.ZipInfo:
    moment = max(at.astimezone(UTC), datetime(1980, 1, 1, tzinfo=UTC))  # before which a ZIP knows no date
    entry = zipfile.ZipInfo(name, min(moment, datetime(2107, 12, 31, tzinfo=UTC)).timetuple()[:6])
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o600 << 16
    return entry


def _manifest(exported_at: datetime) -> str:
    return (
        json.dumps({"format": schema.FORMAT, "exported_at": f"{exported_at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"}) + "\n"
    )

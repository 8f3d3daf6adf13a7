"""Opens what somebody hands in, a JSON or a ZIP file, and gives what it has, one conversation's JSON at a time.

Names in a ZIP are never paths, and a ZIP in a ZIP is no JSON. What is unpacked is counted as it comes: what a ZIP says
of its sizes may be a lie."""

import codecs
import json
import os
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from typing import IO, Any, BinaryIO, NoReturn

from conversations.exchange.reading import limits
from conversations.exchange.reading.refused import Refused, Unreadable

READ = 65_536  # characters at first; twice as many each time that they are not enough
END = b"PK\x05\x06"  # begins the record with which a ZIP ends
END_BYTES, COMMENT_BYTES = 22, 65_535
PLAIN = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
# What zipfile raises for what others may have made.
DAMAGE = (zipfile.BadZipFile, zlib.error, struct.error, NotImplementedError, ValueError, OSError, EOFError)
NO_CHATS = {  # that are in exports beside the chats
    *("export.json", "user.json", "message_feedback.json", "model_comparisons.json", "shared_conversations.json"),
    *("user_settings.json", "group_chats.json", "shopping.json", "sora.json"),
}
BLANKS = re.compile(r"[ \t\n\r]*")

Document = tuple[str, Any]  # where it stands in the file, and what it is


def of(file: BinaryIO) -> Iterator[Document | Refused]:
    """In the order of the file."""
    file.seek(0, os.SEEK_END)
    size = file.tell()
    if size > limits.FILE_BYTES:
        yield Refused("", "", "file_too_large")
        return
    file.seek(0)
    is_zip = file.read(2) == b"PK"
    file.seek(0)
    yield from _packed(file, size) if is_zip else _parts("", file)


def _packed(file: BinaryIO, size: int) -> Iterator[Document | Refused]:
    try:
        _refuse_long_list(file, size)
        archive = zipfile.ZipFile(file)
    except Unreadable as error:
        yield Refused("", "", error.code)
        return
    except DAMAGE:
        yield Refused("", "", "not_a_zip")
        return
    meter = _Meter()
    for part in archive.infolist()[: limits.PARTS]:
        if part.filename.lower().endswith(".json") and part.filename.rpartition("/")[2] not in NO_CHATS:
            yield from _unpacked(archive, part, meter)
        if meter.is_spent:
            return
    if len(archive.infolist()) > limits.PARTS:
        yield Refused("", "", "too_many")


def _refuse_long_list(file: BinaryIO, size: int) -> None:
    """The list at the end is read as a whole by whoever opens a ZIP: its length is looked at before."""
    file.seek(max(0, size - END_BYTES - COMMENT_BYTES))
    tail = file.read()
    last = tail[-END_BYTES:]
    place = len(tail) - END_BYTES if last.startswith(END) and last.endswith(b"\0\0") else tail.rfind(END)
    length = int.from_bytes(tail[place + 12 : place + 16], "little")
    file.seek(0)
    if place < 0:
        raise Unreadable("not_a_zip")
    if length > limits.LIST_BYTES:
        raise Unreadable("too_many")


def _unpacked(archive: zipfile.ZipFile, part: zipfile.ZipInfo, meter: "_Meter") -> Iterator[Document | Refused]:
    if part.flag_bits & 0x1 or part.compress_type not in PLAIN:
        yield Refused(part.filename, "", "packed")
        return
    try:
        with archive.open(part) as opened:
            yield from _parts(part.filename, _Metered(opened, part.compress_size, meter))
    except DAMAGE:
        yield Refused(part.filename, "", "not_a_zip")


class _Meter:
    """How much was unpacked of a file by now."""

    def __init__(self) -> None:
        self.bytes = 0
        self.is_spent = False


class _Metered:
    """A part of a ZIP, which is read no further than the limits."""

    def __init__(self, part: IO[bytes], packed: int, meter: _Meter) -> None:
        self._part, self._packed, self._meter = part, packed, meter
        self._bytes = 0

    def read(self, size: int, /) -> bytes:
        data = self._part.read(size)
        self._bytes += len(data)
        self._meter.bytes += len(data)
        is_bomb = self._bytes > max(limits.UNSUSPICIOUS, limits.RATIO * self._packed)
        if is_bomb or self._meter.bytes > limits.UNPACKED_BYTES:
            self._meter.is_spent = True
            raise Unreadable("bomb")
        return data


def _parts(name: str, file: IO[bytes] | _Metered) -> Iterator[Document | Refused]:
    """The conversations of one JSON text: the parts of a list, or the one that there is."""
    text, place = _Text(file), name
    try:
        if text.next() != "[":
            yield place, text.value()
            return
        count = 0
        text.skip()
        while text.next() not in ("]", ""):
            count += 1
            place = f"{name}[{count}]"
            if count > limits.ENTRIES:
                raise Unreadable("too_many")
            yield place, text.value()
            if text.next() == ",":
                text.skip()
    except Unreadable as error:
        yield Refused(place, "", error.code)
    except UnicodeDecodeError:
        yield Refused(place, "", "not_text")


class _Text:
    """A JSON text that is read a value at a time."""

    def __init__(self, file: IO[bytes] | _Metered) -> None:
        self._file = file
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")()
        self._ahead, self._at = "", 0  # what is read, and how much of it is behind
        self._is_end = False

    def next(self) -> str:
        """The sign that comes next, blanks aside; empty at the end."""
        self._pass_blanks()
        while self._at == len(self._ahead) and not self._is_end:
            self._read(READ)
            self._pass_blanks()
        return self._ahead[self._at : self._at + 1]

    def skip(self) -> None:
        """Goes behind that sign."""
        self._at += 1

    def value(self) -> Any:
        """The value that comes next. Raises Unreadable where there is none, or too large a one."""
        wanted = READ
        while True:
            self._read(wanted - self._left)
            found, end = self._decoded()
            if end is not None and (end < len(self._ahead) or self._is_end):  # else it may go on, as a number does
                self._at = end
                return found
            if self._is_end:
                raise Unreadable("not_json")
            if self._left >= limits.ENTRY_CHARACTERS:
                raise Unreadable("too_large")
            wanted = 2 * max(self._left, READ)

    @property
    def _left(self) -> int:
        return len(self._ahead) - self._at

    def _decoded(self) -> tuple[Any, int | None]:
        """The value and where it ends, if all of it is there."""
        try:
            return DECODER.raw_decode(self._ahead, self._at)
        except RecursionError as error:
            raise Unreadable("too_deep") from error
        except ValueError:
            return None, None

    def _pass_blanks(self) -> None:
        passed = BLANKS.match(self._ahead, self._at)
        self._at = passed.end() if passed else self._at

    def _read(self, size: int) -> None:
        if size > 0 and not self._is_end:
            data = self._file.read(size)
            self._is_end = not data
            self._ahead = self._ahead[self._at :] + self._decoder.decode(data, self._is_end)
            self._at = 0


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)  # NaN and Infinity, which are no JSON


DECODER = json.JSONDecoder(parse_constant=_refuse_constant)

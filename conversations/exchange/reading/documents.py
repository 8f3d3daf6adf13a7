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

READ = 65_536  # bytes at a time
END = b"PK\x05\x06"  # begins the record with which a ZIP ends
END_BYTES, COMMENT_BYTES = 22, 65_535
LOCATOR, LOCATOR_BYTES, LARGE_END_BYTES = b"PK\x06\x07", 20, 56  # before it, in a large ZIP
LISTED = b"PK\x01\x02"  # begins an entry of the list
PLAIN = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
# What zipfile raises for what others may have made.
DAMAGE = (zipfile.BadZipFile, zlib.error, struct.error, NotImplementedError, ValueError, OSError, EOFError)
NO_CHATS = {  # that are in exports beside the chats
    *("export.json", "user.json", "message_feedback.json", "model_comparisons.json", "shared_conversations.json"),
    *("user_settings.json", "group_chats.json", "shopping.json", "sora.json"),
}
SIGNS = re.compile(r'["\[\]{},]')  # of JSON, outside of its strings
IN_STRING = re.compile(r'[^"\\]*+(?:\\.[^"\\]*+)*+', re.DOTALL)
DEEPER = {"[": 1, "{": 1, "]": -1, "}": -1}
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
    parts = [part for part in archive.infolist() if _is_read(part.filename)]
    for part in parts[: limits.PARTS]:
        yield from _unpacked(archive, part, meter)
        if meter.is_spent:
            return
    if len(parts) > limits.PARTS:
        yield Refused("", "", "too_many")


def _is_read(name: str) -> bool:
    return name.lower().endswith(".json") and name.rpartition("/")[2] not in NO_CHATS


def _refuse_long_list(file: BinaryIO, size: int) -> None:
    """The list at the end is read as a whole by whoever opens a ZIP: its length is looked at before."""
    file.seek(max(0, size - END_BYTES - COMMENT_BYTES))
    tail = file.read()
    last = tail[-END_BYTES:]
    place = len(tail) - END_BYTES if last.startswith(END) and last.endswith(b"\0\0") else tail.rfind(END)
    if place < 0:
        raise Unreadable("not_a_zip")
    length, behind = _length_of_list(tail, place)
    if length > limits.LIST_BYTES:
        raise Unreadable("too_many")
    file.seek(max(0, size - len(tail) + place - behind - length))
    if file.read(length + behind).count(LISTED) > limits.LISTED:
        raise Unreadable("too_many")
    file.seek(0)


def _length_of_list(tail: bytes, place: int) -> tuple[int, int]:
    """In bytes, and how many stand between the list and the record at `place` with which the ZIP ends."""
    length = int.from_bytes(tail[place + 12 : place + 16], "little")
    large = place - LOCATOR_BYTES - LARGE_END_BYTES
    if large < 0 or not tail.startswith(LOCATOR, place - LOCATOR_BYTES):
        return length, 0
    told = int.from_bytes(tail[large + 40 : large + 48], "little")
    return max(told, length if length < 0xFFFFFFFF else 0), LOCATOR_BYTES + LARGE_END_BYTES


def _unpacked(archive: zipfile.ZipFile, part: zipfile.ZipInfo, meter: "_Meter") -> Iterator[Document | Refused]:
    if part.flag_bits & 0x1 or part.compress_type not in PLAIN:
        yield Refused(part.filename, "", "packed")
        return
    try:
        with archive.open(part) as opened:
            yield from _parts(part.filename, _Metered(opened, meter))
    except DAMAGE:
        yield Refused(part.filename, "", "not_a_zip")


class _Meter:
    """How much was unpacked of a file by now."""

    def __init__(self) -> None:
        self.bytes = 0
        self.is_spent = False


class _Metered:
    """A part of a ZIP, which is read no further than the limits."""

    def __init__(self, part: IO[bytes], meter: _Meter) -> None:
        self._part, self._meter = part, meter

    def read(self, size: int, /) -> bytes:
        data = self._part.read(size)
        self._meter.bytes += len(data)
        if self._meter.bytes > limits.UNPACKED_BYTES:
            self._meter.is_spent = True
            raise Unreadable("bomb")
        return data


def _parts(name: str, file: IO[bytes] | _Metered) -> Iterator[Document | Refused]:
    """The conversations of one JSON text: the parts of a list, or the one that there is."""
    text, place = _Text(file), name
    try:
        if text.next() != "[":
            yield text.document(place)
        else:
            text.skip()
            count = 0
            while text.next() not in ("]", ""):
                count += 1
                place = f"{name}[{count}]"
                if count > limits.ENTRIES:
                    raise Unreadable("too_many")
                yield text.document(place)
                if text.next() == ",":
                    text.skip()
            text.expect("]")
        text.expect("")
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

    def expect(self, sign: str) -> None:
        """Goes behind this sign, or the end. Raises Unreadable where another one comes next."""
        if self.next() != sign:
            raise Unreadable("not_json")
        self._at += len(sign)

    def document(self, place: str) -> Document | Refused:
        """The value that comes next; refused where it is no JSON, but ends where another may begin. Raises Unreadable
        where nothing is known of what is behind it."""
        is_mapping = self.next() == "{"
        try:
            return place, self.value()
        except ValueError as error:
            if not is_mapping or self.next() not in (",", "]"):
                raise Unreadable("not_json") from error
            return Refused(place, "", "invalid")

    def value(self) -> Any:
        """The value that comes next. Raises ValueError for one that is no JSON, Unreadable where there is no end of it,
        or too large a one."""
        extent, pieces, size = _Extent(), [], 0
        while True:
            end = extent.end_in(self._ahead, self._at)
            pieces.append(self._ahead[self._at : end])
            size += len(pieces[-1])
            if size > limits.ENTRY_CHARACTERS:
                raise Unreadable("too_large_to_go_on")
            self._at = len(self._ahead) if end is None else end
            if end is not None or self._is_end:
                return _decoded("".join(pieces))
            self._read(READ)

    def _pass_blanks(self) -> None:
        passed = BLANKS.match(self._ahead, self._at)
        self._at = passed.end() if passed else self._at

    def _read(self, size: int) -> None:
        data = self._file.read(size)
        self._is_end = not data
        self._ahead = self._ahead[self._at :] + self._decoder.decode(data, self._is_end)
        self._at = 0


class _Extent:
    """Follows a value piece by piece to its end without making anything of it, as what is made of it may be a hundred
    times as large, and is made in one go that nothing can interrupt."""

    def __init__(self) -> None:
        self._depth = self._values = 0
        self._is_string = self._is_escaped = self._is_over = False

    def end_in(self, piece: str, at: int) -> int | None:
        """Where in this piece, looked at from `at` on, the value ends; None where it goes on in the next. Raises
        Unreadable where there is too much in it."""
        while at < len(piece):
            at = self._behind_string(piece, at) if self._is_string else self._behind_sign(piece, at)
            if self._is_over:
                return at
        return None

    def _behind_sign(self, piece: str, at: int) -> int:
        found = SIGNS.search(piece, at)
        if found is None:
            return len(piece)
        sign = found[0]
        if self._depth == 0 and sign in ",]}":  # belongs to what is around it
            self._is_over = True
            return found.start()
        self._is_string = sign == '"'
        self._depth += DEEPER.get(sign, 0)
        self._values += sign in ",[{"
        self._is_over = self._depth == 0 and sign in "]}"
        if self._depth > limits.DEPTH:
            raise Unreadable("too_deep_to_go_on")
        if self._values > limits.VALUES:
            raise Unreadable("too_large_to_go_on")
        return found.end()

    def _behind_string(self, piece: str, at: int) -> int:
        found = IN_STRING.match(piece, at + self._is_escaped)
        end = found.end() if found else at
        self._is_escaped = piece.startswith("\\", end)  # the last sign of the piece
        self._is_string = end == len(piece) or self._is_escaped
        self._is_over = self._depth == 0 and not self._is_string
        return end + 1


def _decoded(text: str) -> Any:
    try:
        return DECODER.decode(text)
    except RecursionError as error:
        raise Unreadable("too_deep_to_go_on") from error


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)  # NaN and Infinity, which are no JSON


DECODER = json.JSONDecoder(parse_constant=_refuse_constant)

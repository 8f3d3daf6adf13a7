"""Files as they are handed in: broken ones, hostile ones, and those that are too much."""

import io
import json
import random
import time
import zipfile
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conversations.exchange import reading
from conversations.exchange.reading import documents, limits
from tests.exchange.reading.test_chatgpt import ANSWERED, ASKED, ROOT, conversation
from tests.exchange.reading.told import NOW, codes, read

GOOD = conversation(ROOT, ASKED, ANSWERED)


def zipped(*parts: tuple[str, bytes], kind: int = zipfile.ZIP_DEFLATED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", kind) as archive:
        for name, content in parts:
            archive.writestr(name, content)
    return file.getvalue()


def many(count: int) -> list[dict[str, Any]]:
    return [{**GOOD, "conversation_id": str(number)} for number in range(count)]


def test_an_export_is_found_in_its_zip_and_the_rest_left_alone() -> None:
    raw = json.dumps(many(2)).encode()

    found = read(
        zipped(("a/conversations.json", raw), ("user.json", b"{}"), ("chat.html", b"<script>"), ("in.zip", zipped()))
    )

    assert [each.place for each in found] == ["a/conversations.json[1]", "a/conversations.json[2]"]
    assert all(isinstance(each, reading.Entry) for each in found)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"", ["not_json"]),
        (b" \n", ["not_json"]),
        (b"{", ["not_json"]),
        (b"[]", []),
        (b"[", ["not_json"]),
        (b"[{}", ["unknown", "not_json"]),
        (b"[{},", ["unknown", "not_json"]),
        (b'[{}, {"a": NaN}, {"a": "\\x"}, {}]', ["unknown", "invalid", "invalid", "unknown"]),
        (b'[{}, {"a": NaN} {}]', ["unknown", "not_json"]),
        (b"[{}] trailing", ["unknown", "not_json"]),
        (b"{}\n{}", ["unknown", "not_json"]),
        (b"7", ["malformed"]),
        (b'"x"', ["malformed"]),
        (b"{}", ["unknown"]),
        (b"[7, null, [], {}]", ["malformed", "malformed", "malformed", "unknown"]),
        (b"[{}, nonsense, {}]", ["unknown", "not_json"]),
        (b'{"a": NaN}', ["not_json"]),
        (b'{"a": Infinity}', ["not_json"]),
        (b'{"a": ' + b"9" * 5000 + b"}", ["not_json"]),
        (b"\xef\xbb\xbf{}", ["unknown"]),
        (b"\xff\xfe{\0}\0", ["not_text"]),
        (b'[{}, {"a": "\xff"}]', ["not_text"]),
        (b"<html>", ["not_json"]),
        (b"[" * 100_000, ["too_deep_to_go_on"]),
        (b'{"a":' * 100_000, ["too_deep_to_go_on"]),
        (b"PK", ["not_a_zip"]),
        (b"PK\x03\x04" + b"\0" * 100, ["not_a_zip"]),
        (b"PK\x05\x06" + b"\xff" * 18, ["too_many"]),
    ],
)
def test_a_broken_file_is_refused_with_the_reason(raw: bytes, expected: list[str]) -> None:
    assert codes(raw) == expected


@given(st.binary(max_size=200) | st.text(alphabet='[]{},:"\\ 0tn', max_size=60).map(str.encode))
def test_no_content_raises(raw: bytes) -> None:
    assert all(isinstance(found, reading.Refused) for found in read(raw))


@pytest.mark.parametrize("seed", range(40))
def test_a_damaged_export_costs_no_more_than_what_is_damaged(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - the same damage each time
    raw = bytearray(
        zipped(("conversations.json", json.dumps(many(20)).encode())) if seed % 2 else json.dumps(many(20)).encode()
    )
    for _ in range(1 + seed % 5):
        raw[chance.randrange(len(raw))] = chance.randrange(256)

    found = read(bytes(raw))

    assert all(isinstance(each, reading.Entry | reading.Refused) for each in found)
    assert len(found) <= 21


@pytest.mark.parametrize("characters", [1, 2, 3, 7, 64])
def test_where_a_file_is_cut_into_pieces_changes_nothing(characters: int, monkeypatch: pytest.MonkeyPatch) -> None:
    value = [{**each, "title": 'é😀 \\ " ] }'} for each in many(3)]
    raw = json.dumps(value, ensure_ascii=False, indent=1).encode()
    whole = read(raw)

    monkeypatch.setattr(documents, "READ", characters)

    assert read(raw) == whole
    assert len(whole) == 3


def test_a_file_that_is_too_large_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    class Unread(io.BytesIO):
        def read(self, *_: object) -> bytes:
            raise AssertionError("it was read")

    monkeypatch.setattr(limits, "FILE_BYTES", 10)

    (refused,) = reading.read(Unread(b"x" * 11), now=NOW)

    assert getattr(refused, "code", "") == "file_too_large"


def test_a_bomb_is_noticed_while_it_is_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "UNPACKED_BYTES", 60_000_000)
    part = b'["' + b"x" * 50_000_000
    bomb = zipped(("1.json", part), ("2.json", part), ("3.json", json.dumps(GOOD).encode()))

    assert len(bomb) < 200_000
    assert codes(bomb) == ["too_large_to_go_on", "bomb"]


def test_what_packs_well_is_no_bomb() -> None:
    parts = ((f"{number}.json", json.dumps({**GOOD, "title": "x" * 12_000_000}).encode()) for number in range(2))

    assert codes(zipped(*parts)) == ["", ""]


def test_only_what_is_read_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "PARTS", 2)
    raw = json.dumps(GOOD).encode()

    assert codes(zipped(("export.json", b"{}"), ("1.json", raw), ("1.md", b"x"), ("2.md", b"x"), ("2.json", raw))) == [
        "",
        "",
    ]


def test_a_long_list_is_not_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = zipped(*((f"{number}.md", b"") for number in range(70_000)))  # more than 65,535 are listed in another way

    assert codes(raw) == []
    monkeypatch.setattr(limits, "LISTED", 69_999)
    assert codes(raw) == ["too_many"]


@pytest.mark.parametrize(
    ("entry", "code"),
    [
        (b"[" + b"{}," * 1_000_000 + b"{}]", "too_large_to_go_on"),
        (b'{"a":' * 1001 + b"1" + b"}" * 1001, "too_deep_to_go_on"),
        (b'["' + b"[" * 2_000_000 + b'\\""]', "malformed"),
    ],
)
def test_what_is_in_a_chat_is_counted_before_it_is_made(entry: bytes, code: str) -> None:
    assert codes(b"[" + entry + b"]") == [code]


@pytest.mark.alone
def test_a_large_chat_holds_nobody_up() -> None:
    """However its strings and lists are made, it is followed once."""
    for piece in (b"[],", b'"",', b'"\\\\",', b'{"a":1},', b'"' + b"\\u0041" * 100 + b'",'):
        raw = b"[[" + piece * (30_000_000 // len(piece)) + b"0]]"
        began = time.monotonic()

        codes(raw)

        assert time.monotonic() - began < 10


def test_many_parts_together_are_noticed_too(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = json.dumps(GOOD).encode()
    monkeypatch.setattr(limits, "UNPACKED_BYTES", 2 * len(raw) + 10)

    assert codes(zipped(*((f"{number}.json", raw) for number in range(5)))) == ["", "", "bomb"]


@pytest.mark.parametrize("name", ["../../etc/x.json", "/x.json", "C:\\x.json", "CON.json", "a\0.json", "\u202e.json"])
def test_names_are_no_paths(name: str) -> None:
    assert codes(zipped((name, json.dumps(GOOD).encode()))) == ([""] if "\0" not in name else [])


@pytest.mark.parametrize("kind", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_what_is_packed_in_another_way_is_refused(kind: int) -> None:
    assert codes(zipped(("x.json", b"{}"), kind=kind)) == ["packed"]


def test_what_is_encrypted_is_refused() -> None:
    raw = bytearray(zipped(("x.json", b"{}")))
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        raw[raw.index(mark) + offset] |= 1

    assert codes(bytes(raw)) == ["packed"]


def test_a_part_that_is_not_as_it_was_packed_is_refused() -> None:
    raw = bytearray(zipped(("x.json", json.dumps(GOOD).encode()), ("y.json", json.dumps(GOOD).encode()), kind=0))
    raw[raw.index(b"Hello?")] ^= 1

    assert codes(bytes(raw))[-1] == ""
    assert "not_a_zip" in codes(bytes(raw))


def test_more_parts_and_more_chats_than_are_read_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "PARTS", 2)
    monkeypatch.setattr(limits, "ENTRIES", 2)

    assert codes(many(3)) == ["", "", "too_many"]
    assert codes(zipped(*((f"{number}.json", b"{}") for number in range(3)))) == ["unknown", "unknown", "too_many"]


def test_one_chat_that_is_too_large_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "ENTRY_CHARACTERS", 100_000)
    large = {**GOOD, "title": "x" * 200_000}

    assert codes([GOOD, large]) == ["", "too_large_to_go_on"]


def test_reading_ends_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "SECONDS", -1.0)

    assert codes(many(3)) == ["", "too_slow"]


def test_every_reason_is_a_sentence() -> None:
    sentences = {code: reading.Refused("", "", code).sentence for code in reading.refused.SENTENCES}

    assert all(sentence.endswith(".") for sentence in sentences.values())

"""All conversations of a person as a ZIP."""

import io
import json
import zipfile
from pathlib import Path

import pytest
from django.contrib.auth.models import User

from conversations.exchange import archive
from conversations.models import Conversation, Message
from tests.exchange.made import AT, everything, said

PAGE = 4096


def opened(owner: User) -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(b"".join(archive.pieces(owner, exported_at=AT))))


def test_each_conversation_is_there_to_read_and_whole(owner: User) -> None:
    first, second = said(owner, "One?", "One"), everything(owner)

    with opened(owner) as zipped:
        assert zipped.testzip() is None
        assert zipped.namelist() == [
            "export.json",
            f"conversations/2026-11-24-Plans-{first.uuid}.json",
            f"reading/2026-11-24-Plans-{first.uuid}.md",
            f"conversations/2026-11-24-Plans-{second.uuid}.json",
            f"reading/2026-11-24-Plans-{second.uuid}.md",
        ]
        manifest, whole, reading = (zipped.read(name).decode() for name in zipped.namelist()[:3])
    assert json.loads(manifest) == {"format": "chatsite/1", "exported_at": "2026-11-24T15:04:05Z"}
    assert [each["text"] for each in json.loads(whole)["conversation"]["messages"]] == ["One?", "One"]
    assert "# Plans" in reading


def test_a_file_may_grow_beyond_what_a_zip_once_could_hold(owner: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """A sign that JSON escapes is six."""
    monkeypatch.setattr(zipfile, "ZIP64_LIMIT", 10_000_000)
    said(owner, "\x01" * 1_000_000, "\x02" * 1_000_000)

    with opened(owner) as zipped:
        assert zipped.testzip() is None
        assert max(entry.file_size for entry in zipped.infolist()) > 12_000_000


def test_it_has_no_others_and_nothing_of_the_bin_and_nothing_temporary(owner: User) -> None:
    said(User.objects.create_user("bob"), "a secret")
    said(owner, "thrown away", binned_at=AT)
    said(owner, "in passing", is_temporary=True)

    with opened(owner) as zipped:
        assert zipped.namelist() == ["export.json"]


def test_what_is_deleted_meanwhile_is_left_out(owner: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "BATCH", 2)
    kept = [said(owner, str(number)) for number in range(5)]
    pieces = archive.pieces(owner, exported_at=AT)
    sent = [next(pieces)]

    for gone in (kept[1], kept[4]):
        gone.remove()
    sent += pieces

    with zipfile.ZipFile(io.BytesIO(b"".join(sent))) as zipped:
        names = [name for name in zipped.namelist() if name.startswith("conversations/")]
        documents = [json.loads(zipped.read(name)) for name in names]
    assert [each["conversation"]["id"] for each in documents] == [str(kept[place].uuid) for place in (0, 2, 3)]


def test_a_time_that_a_zip_cannot_tell_is_the_next_that_it_can(owner: User) -> None:
    said(owner, "Hello?")
    Conversation.objects.update(touched_at=AT.replace(year=1970))

    with opened(owner) as zipped:
        assert zipped.infolist()[1].date_time == (1980, 1, 1, 0, 0, 0)


def resident() -> int:
    return PAGE * int(Path("/proc/self/statm").read_text().split()[1])


def test_ten_thousand_conversations_take_little_memory(owner: User) -> None:
    """Some 40 MB of text. What grows is the list with which a ZIP ends."""
    count, text = 10_000, "What was said. " * 140
    Conversation.objects.bulk_create(
        [Conversation(owner=owner, title=f"Talk {number}", created_at=AT, touched_at=AT) for number in range(count)],
        batch_size=1000,
    )
    for pks in batches(list(Conversation.objects.values_list("pk", flat=True))):
        Message.objects.bulk_create([Message(conversation_id=pk, owner=owner, role="user", text=text) for pk in pks])
    before = most = resident()
    size, pieces = 0, 0

    for piece in archive.pieces(owner, exported_at=AT):
        size, pieces = size + len(piece), pieces + 1
        most = max(most, resident()) if pieces % 500 == 0 else most

    print(f"{size / 1e6:.1f} MB in {pieces} pieces, {(most - before) / 1e6:.1f} MB of memory")  # noqa: T201
    assert size > 2_000_000
    assert most - before < 40_000_000


def batches(pks: list[int]) -> list[list[int]]:
    return [pks[first : first + 1000] for first in range(0, len(pks), 1000)]

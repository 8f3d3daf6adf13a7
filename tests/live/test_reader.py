from uuid import UUID

import pytest

from conversations import text
from conversations.live import Cursor, End, Event, Notice, Snapshot
from conversations.live.snapshot import Reader

ANSWER = UUID(int=7)
WHOLE = Snapshot(status="complete", model="m", text="a😀b ä", reasoning="hm 😀", end=End("complete", reason="stop"))


def applied(events: list[Event], *, reasoning: str = "", said: str = "") -> tuple[str, str, bool]:
    """What a page shows that had these texts and then got the events."""
    ended = False
    for event in events:
        if event.name == "message":
            said += event.data["text"]
        elif event.name == "reasoning":
            reasoning += event.data["text"]
        elif event.name == "rewind":
            said = cut(said, event.data["length"])
            reasoning = cut(reasoning, event.data["reasoning"])
        ended = ended or event.name == "end"
    return reasoning, said, ended


def cut(shown: str, length: int) -> str:
    return shown.encode("utf-16-le")[: 2 * length].decode("utf-16-le")


@pytest.mark.parametrize("thought", ["", "hm", "hm 😀"])
@pytest.mark.parametrize("said", ["", "a", "a😀", "a😀b ä"])
def test_every_reader_ends_with_the_whole_answer(thought: str, said: str) -> None:
    cursor = Cursor(text.units(thought), text.units(said))

    events = Reader(ANSWER, cursor).news(WHOLE)

    assert applied(events, reasoning=thought, said=said) == (WHOLE.reasoning, WHOLE.text, True)


def test_the_last_cursor_counts_everything() -> None:
    assert Reader(ANSWER, Cursor()).news(WHOLE)[-1].cursor == Cursor(5, 6, ended=True)


def test_a_reader_that_has_more_than_is_kept_is_cut_back() -> None:
    kept = Snapshot(status="interrupted", model="m", text="a😀", reasoning="h", end=End("interrupted"))

    events = Reader(ANSWER, Cursor(3, 5)).news(kept)

    assert applied(events, reasoning="hmm", said="a😀bc") == ("h", "a😀", True)


def test_what_is_there_already_is_not_sent_again() -> None:
    reader = Reader(ANSWER, Cursor())
    growing = WHOLE._replace(end=None)
    reader.news(growing)

    assert reader.news(growing) == []


@pytest.mark.parametrize("seen", ["", "ä", "ä😀"])
def test_what_is_new_is_told_once_also_where_the_row_lags_behind(seen: str) -> None:
    reader, shown = Reader(ANSWER, Cursor(0, text.units(seen))), seen

    for length in (2, 1, 4, 3, 4, 6):
        growing = Snapshot(status="streaming", model="m", text="ä😀b😀cä"[:length])
        _, shown, _ = applied(reader.news(growing), said=shown)

    assert (shown, reader.cursor) == ("ä😀b😀cä", Cursor(0, 8))


def test_a_notice_is_told_once_and_taken_back() -> None:
    reader = Reader(ANSWER, Cursor())
    waiting = Snapshot(status="streaming", model="m", text="", notice=Notice("waiting"))

    reader.news(waiting._replace(notice=None))
    told = [reader.news(waiting), reader.news(waiting), reader.news(waiting._replace(notice=Notice("")))]

    assert [[event.data["code"] for event in events] for events in told] == [["waiting"], [], [""]]


def test_a_new_title_is_told_before_the_end() -> None:
    events = Reader(ANSWER, Cursor()).news(WHOLE._replace(title="Plans"))

    assert [event.name for event in events][-2:] == ["title", "end"]


@pytest.mark.parametrize(("had", "has"), [(2, 2), (5, 0)])
def test_a_reader_that_is_cut_back_keeps_the_blocks_before_the_cut(had: int, has: int) -> None:
    kept = Snapshot(status="interrupted", model="m", text="a😀", end=End("interrupted"))

    *_, rewind, end = Reader(ANSWER, Cursor(0, 6, had)).news(kept)

    assert (rewind.cursor, end.cursor) == (Cursor(0, 3, has), Cursor(0, 3, has, ended=True))

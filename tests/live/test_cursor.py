from uuid import UUID

import pytest

from conversations.live import Cursor, MalformedCursor

ANSWER = UUID(int=7)


@pytest.mark.parametrize("cursor", [Cursor(), Cursor(3, 14), Cursor(3, 14, 14), Cursor(0, 2**20, ended=True)])
def test_a_cursor_is_read_as_it_was_written(cursor: Cursor) -> None:
    assert Cursor.parse(cursor.encode(ANSWER), ANSWER) == cursor


@pytest.mark.parametrize(
    "raw",
    [
        Cursor(1, 2).encode(UUID(int=8)),
        f"{ANSWER.hex}.1.2",
        f"{ANSWER.hex}.1.2.0.0.0",
        f"{ANSWER.hex}.1.2.3.0",
        f"{ANSWER.hex}.-1.2.0",
        f"{ANSWER.hex}.1.2.2",
        f"{ANSWER.hex}.01.2.0",
        f"{ANSWER.hex}.1.{'9' * 10}.0",
        f"{ANSWER.hex}.١.2.0",
        f"{ANSWER.hex}.1.2.0\n",
        f"{ANSWER}.1.2.0",
        "x",
        " ",
    ],
)
def test_anything_else_is_malformed(raw: str) -> None:
    with pytest.raises(MalformedCursor):
        Cursor.parse(raw, ANSWER)


def test_a_cursor_of_an_older_page_has_no_blocks() -> None:
    assert Cursor.parse(f"{ANSWER.hex}.3.14.1", ANSWER) == Cursor(3, 14, ended=True)

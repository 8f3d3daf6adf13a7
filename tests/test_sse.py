import json
from itertools import pairwise

import pytest

from conversations.sse import BadUtf8, Decoder, Event, TooLong, encode
from tests.fakes import corpora


def decoded(body: bytes, cuts: list[int] | None = None, **options: object) -> tuple[list[Event], Decoder]:
    decoder = Decoder(**options)
    ends = [0, *(cuts or []), len(body)]
    pieces = [body[start:end] for start, end in pairwise(ends)]
    return [event for piece in pieces for event in decoder.feed(piece)], decoder


def test_corpora_are_there():
    corpora.need()

    assert len(corpora.conformance()) == 48


@pytest.mark.parametrize("case", corpora.conformance(), ids=lambda case: case.name)
def test_decoder_conforms_to_the_standard(case: corpora.Conformance):
    for cuts in ([], case.cuts, list(range(1, len(case.body)))):
        events, decoder = decoded(case.body, cuts)

        assert events == case.expected
        assert decoder.retry == case.retry


@pytest.mark.parametrize("case", corpora.conformance(), ids=lambda case: case.name)
def test_decoder_gives_the_same_wherever_a_piece_ends(case: corpora.Conformance):
    for cut in range(len(case.body)):
        assert decoded(case.body, [cut])[0] == case.expected


def test_decoder_reads_several_usual_events_of_one_piece():
    _, decoder = decoded(b"data: 0\n\n")

    events = list(decoder.feed(b"data: 1\n\ndata: 2\n\ndata: 3\n\n"))

    assert [event.data for event in events] == ["1", "2", "3"]


def test_decoder_counts_comments_as_life():
    events, decoder = decoded(b": working\n\n: still\n\n")

    assert (events, decoder.comments) == ([], 2)


def test_decoder_does_not_mix_the_fields_of_an_open_event_with_a_usual_piece():
    decoder = Decoder()

    first = list(decoder.feed(b"\nevent: error\n"))
    second = list(decoder.feed(b"data: x\n\n"))

    assert (first, second) == ([], [Event("error", "x", "")])


@pytest.mark.parametrize("piece_size", [1, 7, 100])
def test_decoder_refuses_a_line_over_its_cap(piece_size: int):
    body = b"data: " + b"x" * 100

    with pytest.raises(TooLong):
        decoded(body, list(range(piece_size, len(body), piece_size)), line_bytes=50)


def test_decoder_refuses_a_usual_event_over_its_cap():
    _, decoder = decoded(b"data: 0\n\n", line_bytes=50)

    with pytest.raises(TooLong):
        list(decoder.feed(b"data: " + b"x" * 100 + b"\n\n"))


def test_decoder_refuses_an_event_over_its_cap():
    with pytest.raises(TooLong):
        decoded(b"data: 12345\n" * 10 + b"\n", event_bytes=50)


def test_decoder_gives_what_came_before_a_line_that_cannot_be_read():
    decoder = Decoder(errors="strict")
    events = []

    with pytest.raises(BadUtf8):
        events.extend(decoder.feed(b"data: 0\n\ndata: 1\n\ndata: \xff\n\n"))

    assert [event.data for event in events] == ["0", "1"]


@pytest.mark.parametrize("start", [b"", b"data: 0\n\n"])
def test_strict_decoder_refuses_bad_utf8(start: bytes):
    with pytest.raises(BadUtf8):
        decoded(start + b"data: \xe2\x82\n\n", [len(start)], errors="strict")


def test_decoder_ignores_a_retry_that_no_browser_would_wait_for():
    _, decoder = decoded(b"retry: " + b"9" * 5000 + b"\n\n")

    assert decoder.retry is None


@pytest.mark.parametrize(
    ("event", "data", "id", "expected"),
    [
        ("message", {"text": "é\u2028\n"}, None, 'data: {"text":"é\u2028\\n"}\n\n'),
        ("ping", {}, None, "event: ping\ndata: {}\n\n"),
        ("end", {"status": "complete"}, "7", 'event: end\nid: 7\ndata: {"status":"complete"}\n\n'),
    ],
)
def test_encode_writes_one_event(event: str, data: dict[str, str], id: str | None, expected: str):  # noqa: A002
    assert encode(event, data, id) == expected.encode()


def test_decoder_reads_what_encode_writes():
    data = {"text": "a\r\nb\x00\x85\ufeff 🙂"}

    events, _ = decoded(encode("message", data, "3"))

    assert [(event.event, json.loads(event.data), event.id) for event in events] == [("message", data, "3")]

"""A text that grows: its blocks are drawn as soon as they are finished, each once, and together are the beginning of
what the whole text is in the end."""

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import html5lib
import pytest
from hypothesis import given
from hypothesis import strategies as st

from conversations import markdown
from conversations.markdown.growing import Finished, Growing
from conversations.markdown.parser import TooDeep, finished_blocks, to_html
from conversations.markdown.plain import clean
from conversations.markdown.process import Crashed, DeadlinePassed, render_process
from conversations.markdown.rendering import finished_here, render_here
from tests.markdown.corpora import FOLDER, NAMES, texts

KB = 1000
FENCE = "```python\n" + "def answer(question: str) -> int:\n    return len(question) * 42  # why\n\n" * 276 + "```\n"
LIST = "".join(f"- **Item {number}**: some words about it, `code` too\n" for number in range(430))
LOOSE_LIST = "".join(f"{number}. Item with some words\n\n   and a paragraph\n\n" for number in range(1, 435))
TABLE = "| name | count | what it is |\n|:--|--:|---|\n" + "| some name | 12345 | a few words of text |\n" * 470
DENSE_FENCE = "```c\n" + 'for (int i = 0; i < 10; i++) { printf("%d\\n", i); }\n' * 379 + "```\n"
LONG = {"fence": FENCE, "dense fence": DENSE_FENCE, "list": LIST, "loose list": LOOSE_LIST, "table": TABLE}


class Counted:
    """Renders here in the place of the render process, and counts the characters that it was given."""

    def __init__(self) -> None:
        self.characters = 0
        self.questions = 0

    def finished(self, text: str, *, engine: Any) -> list[tuple[int, str]]:
        self.characters += len(text)
        self.questions += 1
        return [tuple(block) for block in json.loads(json.dumps(finished_here(text, engine=engine)))]


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> Counted:
    counted = Counted()
    monkeypatch.setattr(render_process, "finished", counted.finished)
    return counted


def grown(text: str, *, pieces_of: int) -> Iterator[tuple[int, list[Finished]]]:
    """How far the text is, and what it has drawn by then, each time that this changes."""
    growing = Growing()
    for start in range(0, len(text), pieces_of):
        if growing.feed(text[start : start + pieces_of]) and (blocks := growing.draw()):
            yield start + pieces_of, blocks


def drawn(text: str, *, pieces_of: int = 7) -> list[Finished]:
    return [block for _, blocks in grown(text, pieces_of=pieces_of) for block in blocks]


def visible(html: str) -> str:
    return "".join(html5lib.parseFragment(html).itertext())


@pytest.mark.usefixtures("counted")
@pytest.mark.parametrize(
    ("text", "sources"),
    [
        ("one\n\ntwo", ["one\n"]),
        ("one\nstill one\n\n", ["one\nstill one\n"]),
        ("# A\nb", ["# A\n"]),
        ("A\n---\nb", []),
        ("```\na\n\nb\n```\nc", ["```\na\n\nb\n```\n"]),
        ("```\na\n\nb\n``\n", []),
        ("- a\n\n- b\n\n  c\n\n", []),
        ("- a\n- b\n\nT", ["- a\n- b\n"]),
        ("1. a\n\n2", []),
        ("So:\n- a\n", ["So:\n"]),
        ("- a\n\n**b", ["- a\n"]),
        ("1. a\n   ```\n   b\n   ```\n2. c\n\nd", ["1. a\n   ```\n   b\n   ```\n2. c\n"]),
        ("> a\n\nb", ["> a\n"]),
        ("a | b\n--|--\n1 | 2\n\n", ["a | b\n--|--\n1 | 2\n"]),
        ("# a | b\n", []),
        ("    code\n\n    more\n\n", []),
        ("a\r\n\r\nb\r\n\r\nc", ["a\r\n", "\r\nb\r\n"]),
        ("a\n\n[b]: https://c.example\n\nd\n\n", ["a\n"]),
        ("一\n\u3000\n二\n\n", ["一\n\u3000\n二\n"]),
        ("$$\n\u00a0\n# a\n", []),
        ("- a\n\n\u3000\u3000一\n\n", ["- a\n", "\n\u3000\u3000一\n"]),
    ],
)
@pytest.mark.parametrize("pieces_of", [1, 3, 1000])
def test_block_is_drawn_once_nothing_can_change_it(text: str, sources: list[str], pieces_of: int) -> None:
    assert [block.source for block in drawn(text, pieces_of=pieces_of)] == sources


@pytest.mark.usefixtures("corpora")
@pytest.mark.parametrize("corpus", NAMES if FOLDER.is_dir() else ["(none)"])
def test_finished_blocks_are_the_beginning_of_the_end(corpus: str) -> None:
    for text in map(clean, filter(None, texts(corpus))):
        try:
            whole = to_html(text)
        except TooDeep:
            continue
        has_definitions = "]:" in text  # a definition changes the links before it, and is no part of a block
        before: list[int] = []
        for end in cuts(text):
            blocks = finished_blocks(text[:end])
            ends = [block.lines for block in blocks]
            assert ends[: len(before)] == before, text[:end]
            assert has_definitions or whole.startswith("".join(block.html for block in blocks)), text[:end]
            before = ends


@pytest.mark.usefixtures("counted")
def test_a_byte_order_mark_is_one_at_the_very_beginning_only() -> None:
    text = "\ufeff# a\n\n\ufeff# b\n\nc\n\n"

    html = "".join(block.html for block in drawn(text))

    assert html == render_here(text, engine="nh3") == "<h1>a</h1>\n<p>\ufeff# b</p>\n<p>c</p>\n"


def test_a_formula_is_finished_when_it_is_closed_or_a_blank_line_says_that_it_is_none() -> None:
    def sources(text: str) -> list[str]:
        return [block.html for block in finished_blocks(text)]

    whole = to_html("$$\na\n```\n$$\n")

    assert sources("$$\na\n```\n") == []
    assert sources("$$\na\n```\n$$\n\n") == [whole]
    assert sources("$$\na\n\nb\n\n") == ["<p>$$\na</p>\n", "<p>b</p>\n"]


FORMULAS = ["$$\na\n", "\n", "b\n$$\n", "\\[\nx\n", "\n\\]\n", "text $x$ more\n", "- a $$\n", "  b$$\n", "> \\[a\n"]


@given(
    st.lists(
        st.sampled_from([*FORMULAS, "```\n", "\\(a\n", "b\\)\n", "# $5\n", "|a|\n", "|-|\n", "para\n"]), max_size=7
    )
)
def test_formulas_and_what_looks_like_them_end_as_they_were_drawn(parts: list[str]) -> None:
    text = "".join(parts)
    whole = to_html(text)

    for end in range(len(text)):
        assert whole.startswith("".join(block.html for block in finished_blocks(text[:end]))), text[:end]


def cuts(text: str) -> list[int]:
    """Everywhere in a short text of several lines, in others at each line."""
    if len(text) < 200 and "\n" in text:
        return list(range(len(text) + 1))
    return [*[at + 1 for at, character in enumerate(text) if character == "\n"][:200], len(text)]


@pytest.mark.parametrize("pieces_of", [5, 4 * KB])
@pytest.mark.parametrize("name", LONG)
def test_a_long_block_is_parsed_and_sent_within_bounds(counted: Counted, name: str, pieces_of: int) -> None:
    text = LONG[name] + "\nThe end.\n\n"
    blocks = drawn(text, pieces_of=pieces_of)

    whole = render_here(text, engine="nh3")  # what the page has rendered at the end
    parsed = counted.characters + len(text)
    sent = len(text.encode()) + sum(len(block.html.encode()) for block in blocks)
    assert len(text) > 19.5 * KB
    assert "".join(block.html for block in blocks) == whole
    assert parsed < 3 * len(text)
    assert sent < 4 * len(text)


@pytest.mark.usefixtures("counted")
def test_what_is_visible_at_each_block_is_the_beginning_of_the_whole() -> None:
    prose = "# Title\n\nSome *words*.\n\n"
    text = f"{prose}{LIST[: 2 * KB]}\nText `code` **b**\n\n{TABLE[: 2 * KB]}\n\n{FENCE}\n> quote\n\nend"
    whole = visible(render_here(text, engine="nh3"))
    shown = ""

    for _, blocks in grown(text, pieces_of=11):
        shown += visible("".join(block.html for block in blocks))
        assert whole.startswith(shown)

    assert whole == shown + visible("<p>end</p>\n")


def test_vain_questions_are_asked_ever_more_seldom(counted: Counted) -> None:
    text = "    code\n\n" * 2_000

    drawn(text)

    assert counted.characters < 3 * len(text)
    assert 0 < counted.questions < 20


@pytest.mark.parametrize("text", [(FENCE + "\nText.\n\n") * 10, "a\n\n" + FENCE.removesuffix("```\n") * 4 + "```\n\nb"])
def test_a_long_text_is_drawn_in_pieces_none_of_which_takes_too_long(
    monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    lengths: list[int] = []

    def finished(piece: str, *, engine: Any) -> list[tuple[int, str]]:
        lengths.append(len(piece))
        return [tuple(block) for block in finished_here(piece, engine=engine)]

    monkeypatch.setattr(render_process, "finished", finished)
    growing = Growing()

    assert growing.feed(text)
    html = "".join(block.html for block in growing.draw())

    assert render_here(text, engine="nh3").startswith(html)
    assert growing.rest in ("", "\n", "\nb")
    assert max(lengths) <= 100 * KB
    assert sum(lengths) < 3 * len(text)


@pytest.mark.alone
def test_a_line_that_does_not_end_costs_no_square_of_it() -> None:
    growing = Growing()
    before = time.process_time()

    for _ in range(40_000):
        growing.feed("字" * 25)

    assert time.process_time() - before < 2  # seconds
    assert len(growing.rest) == 1000 * KB


@pytest.mark.alone
def test_a_long_text_that_comes_as_a_whole_is_looked_at_for_a_moment_only() -> None:
    growing = Growing()
    before = time.process_time()

    assert growing.feed("a\n\n" * 300_000)
    assert time.process_time() - before < 0.2  # seconds


@pytest.mark.alone
@pytest.mark.usefixtures("counted")
def test_a_block_before_a_line_that_does_not_end_costs_no_square_of_it() -> None:
    growing = Growing()
    growing.feed("a\n\n" + "x" * 200 * KB)
    before = time.process_time()

    assert [block.source for block in growing.draw()] == ["a\n"]
    assert time.process_time() - before < 2  # seconds


def test_nothing_more_is_asked_where_a_text_takes_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = refuse_all(monkeypatch, lambda: DeadlinePassed("too long"))

    assert drawn("a\n\n" * 100) == []
    assert len(asked) == 1


def test_a_crash_is_survived(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = refuse_all(monkeypatch, lambda: Crashed("it died"))
    growing = Growing()
    growing.feed("a\n\n")
    growing.draw()
    monkeypatch.undo()

    assert growing.feed("b\n\nc\n\n")
    assert [block.source for block in growing.draw()] == ["a\n", "\nb\n", "\nc\n"]
    assert len(asked) == 1
    markdown.close()


def refuse_all(monkeypatch: pytest.MonkeyPatch, failure: Callable[[], Exception]) -> list[str]:
    asked: list[str] = []

    def refuse(text: str, *, engine: str) -> list[tuple[int, str]]:
        asked.append(text)
        raise failure()

    monkeypatch.setattr(render_process, "finished", refuse)
    return asked


def test_a_text_that_is_nested_too_deep_has_no_finished_blocks() -> None:
    assert finished_here("a\n\n" + "> " * 101 + "b\n\n", engine="nh3") == []


@pytest.mark.parametrize("engine", ["nh3", "bleach"])
def test_blocks_are_sanitized(engine: Any) -> None:
    (block,) = finished_here("<script>a</script> [b](javascript:c)\n\n", engine=engine)

    assert block.html == "<p>&lt;script&gt;a&lt;/script&gt; b</p>\n"


def test_the_render_process_draws_what_is_drawn_here() -> None:
    growing = Growing()

    assert growing.feed("*a*\r\n\r\n```py\nb\n```\nrest")
    assert growing.draw() == [
        Finished("*a*\r\n", "<p><em>a</em></p>\n"),
        Finished("\r\n```py\nb\n```\n", render_here("```py\nb\n```", engine="nh3")),
    ]
    assert growing.rest == "rest"
    markdown.close()

"""What was drawn of a text while it grew is not rendered again at its end, and the end is the same as without that."""

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conversations import markdown
from conversations.markdown import begun
from conversations.markdown.plain import clean
from conversations.markdown.process import render_process
from conversations.markdown.rendering import finished_here, render_here
from tests.markdown.corpora import FOLDER, NAMES, texts
from tests.markdown.test_growing import cuts

FIRST = "A paragraph of so many words that a text which begins with them is told from most others by that alone.\n\n"
SECOND = "And *another* one, ended by a blank line.\r\n\r\n"


class Counted:
    """Renders here in the place of the render process; `rendered` are the texts that it was given as a whole."""

    def __init__(self) -> None:
        self.rendered: list[str] = []

    def render(self, text: str, *, engine: str) -> str:
        self.rendered.append(text)
        return render_here(text, engine="nh3")

    def finished(self, text: str, *, engine: str) -> list[tuple[int, str]]:
        return [(lines, html) for lines, html in finished_here(text, engine="nh3")]


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> Iterator[Counted]:
    counted = Counted()
    monkeypatch.setattr(render_process, "finished", counted.finished)
    monkeypatch.setattr(render_process, "render", counted.render)
    markdown.close()
    yield counted
    markdown.close()


def drawn(text: str) -> None:
    growing = markdown.Growing()
    growing.feed(text)
    growing.draw()


def test_only_what_is_behind_the_drawn_blocks_is_rendered(counted: Counted) -> None:
    drawn(FIRST + SECOND + "The")
    text = FIRST + SECOND + "The *end*."

    html = markdown.render(text).html

    assert html == render_here(text, engine="nh3")
    assert counted.rendered == ["\nThe *end*."]


@pytest.mark.parametrize(
    "whole",
    [
        FIRST + "[a]\n\n[a]: https://example.org\n",
        FIRST + "\ufeffmore",
        FIRST + "> " * 200 + "deep",
        FIRST[:-20] + " others.\n\nmore",
        FIRST[:90],
        FIRST[:-1] + "and goes on",
        FIRST + "[a",
    ],
    ids=["definition", "byte order mark", "too deep", "another text", "shorter", "goes on otherwise", "part of it"],
)
def test_text_is_rendered_as_a_whole_where_its_end_may_change_what_was_drawn(counted: Counted, whole: str) -> None:
    drawn(FIRST + "[a]\n\n")

    html = markdown.render(whole).html

    assert html == render_here(whole, engine="nh3")
    assert counted.rendered[-1] == whole


PIECES = [
    "word",
    " ",
    "  ",
    "\n",
    "\n\n",
    "- ",
    "1. ",
    "> ",
    "# ",
    "---\n",
    "===\n",
    "```\n",
    "$$\n",
    "|a|b|\n|-|-|\n",
    "*",
]
MARKDOWN = st.lists(st.sampled_from([*PIECES, "    ", "[a]"]), max_size=20).map("".join)


@settings(deadline=None)
@given(text=MARKDOWN, more=MARKDOWN, other=MARKDOWN)
def test_texts_that_begin_alike_are_rendered_as_if_none_had_been_drawn(text: str, more: str, other: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        rendering = Counted()
        patch.setattr(render_process, "finished", rendering.finished)
        patch.setattr(render_process, "render", rendering.render)
        patch.setattr(begun, "LENGTH", 1)
        for whole in (text + more, text + other):
            markdown.close()
            drawn(text + more)
            assert markdown.render(whole).html == render_here(whole, engine="nh3")


def test_short_beginning_is_not_kept(counted: Counted) -> None:
    drawn("# Title\n")
    markdown.render("# Title\nmore")

    assert counted.rendered == ["# Title\nmore"]


def test_long_text_that_grows_is_forgotten_before_it_takes_too_much(
    counted: Counted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(begun, "_kept", begun.Recent(1000))
    drawn(FIRST * 5)
    markdown.render(FIRST * 5)

    assert counted.rendered == [FIRST * 5]


@pytest.mark.usefixtures("corpora")
@pytest.mark.parametrize("corpus", NAMES if FOLDER.is_dir() else ["(none)"])
def test_any_text_ends_as_if_it_had_not_been_drawn(
    corpus: str, counted: Counted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(begun, "LENGTH", 1)
    for text in map(clean, filter(None, texts(corpus))):
        if len(text) > 20_000:
            continue
        ends = cuts(text)
        for end in ends[:: 1 + len(ends) // 5]:
            markdown.close()
            drawn(text[:end])
            assert markdown.render(text).html == render_here(text, engine="nh3"), text[:end]

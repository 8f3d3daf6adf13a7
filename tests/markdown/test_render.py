"""The public function: HTML within the deadline, or the text as it is."""

import asyncio
import gc
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.test import override_settings
from django.utils.safestring import SafeString

from conversations import markdown
from conversations.markdown import TOGETHER
from conversations.markdown.growing import PIECE
from conversations.markdown.process import PATIENCE, Crashed, DeadlinePassed, render_process
from tests.markdown.corpora import FOLDER, RECIPES, items, recipe_text
from tests.markdown.latex import PATHOLOGICAL

TOLERANCE = 0.3  # seconds, for killing, starting and a busy machine
TICK = 0.01

KB = 1000
recipes = [*PATHOLOGICAL, *(items(RECIPES) if FOLDER.is_dir() else [])]


@pytest.fixture(scope="module", autouse=True)
def closed() -> Iterator[None]:
    yield
    markdown.close()


def test_render_gives_safe_html() -> None:
    page = markdown.render("a *b* <i>").html

    assert page == "<p>a <em>b</em> &lt;i&gt;</p>\n"
    assert isinstance(page, SafeString)


def test_render_uses_the_sanitizer_of_the_settings() -> None:
    # The engines quote text in their own ways: the tree is the same.
    with override_settings(CHAT_SANITIZER="bleach"):
        by_bleach = markdown.render('"').html
    with override_settings(CHAT_SANITIZER="nh3"):
        by_nh3 = markdown.render('"').html

    assert (by_bleach, by_nh3) == ("<p>&quot;</p>\n", '<p>"</p>\n')


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("", ""),
        ("a\0b", "<p>a\ufffdb</p>\n"),
        ("a\ud800b\udfff", "<p>a\ufffdb\ufffd</p>\n"),
        ("a\x1b[31mb\x85\x7f", "<p>a\ufffd[31mb\ufffd\ufffd</p>\n"),
        ("a&#1;&#13;&#x85;b", "<p>a\ufffd\n\ufffdb</p>\n"),
        ("a\r\nb\rc", "<p>a\nb\nc</p>\n"),
        ("\ufeff# a", "<h1>a</h1>\n"),
    ],
)
def test_render_takes_any_text(text: str, shown: str) -> None:
    assert markdown.render(text).html == shown


def test_render_shows_a_text_that_is_too_long_as_it_is() -> None:
    text = "<b>" * 400_000

    assert markdown.render(text).html == f'<pre class="plain">{"&lt;b&gt;" * 400_000}</pre>'


def test_render_shows_a_text_that_is_nested_too_deep_as_it_is() -> None:
    text = "> " * 101 + "a"

    assert markdown.render(text).html == f'<pre class="plain">{"&gt; " * 101}a</pre>'


@pytest.mark.fault(59)
def test_render_shows_the_text_when_the_process_fails(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(render_process, "render", crash)

    with caplog.at_level(logging.WARNING, "conversations.markdown"):
        page = markdown.render("*a* <script>\ud800")

    assert page.html == '<pre class="plain">*a* &lt;script&gt;\ufffd</pre>'
    assert not page.is_final  # the next time it may go well
    assert caplog.messages == ["Markdown of 13 characters is shown as plain text: the render process died"]


def test_render_shows_a_long_text_block_by_block_where_all_of_it_takes_too_long(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    render, lengths = render_process.render, []

    def render_short(text: str, *, engine: str) -> str:
        lengths.append(len(text))
        if len(text) > PIECE:
            raise DeadlinePassed("too long")
        return render(text, engine=engine)

    monkeypatch.setattr(render_process, "render", render_short)
    text = "*a* b\n\n" * 5_000 + "*the end*"

    page = markdown.render(text)

    assert page.html == "<p><em>a</em> b</p>\n" * 5_000 + "<p><em>the end</em></p>\n"
    assert page.is_final
    assert lengths == [len(text), len("\n*the end*")]


@pytest.mark.fault(59)
@pytest.mark.alone
@pytest.mark.usefixtures("corpora")
@pytest.mark.parametrize("size", [25 * KB, 100 * KB])
@pytest.mark.parametrize("recipe", recipes, ids=lambda recipe: recipe["name"])
def test_render_answers_a_pathological_text_in_time(recipe: dict[str, Any], size: int) -> None:
    text = recipe_text(recipe, size=size)
    markdown.render("ready")

    with small_heap():
        elapsed, latest = asyncio.run(render_while_ticking(text))

    assert elapsed < PATIENCE + TOGETHER + TOLERANCE
    assert latest < TOLERANCE


@contextmanager
def small_heap() -> Iterator[None]:
    """The collector leaves alone what other tests have left, which takes longer than a tick may be late."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


async def render_while_ticking(text: str) -> tuple[float, float]:
    """Seconds that the rendering took, and the most by which a tick of the loop was late meanwhile."""
    started, latest = time.monotonic(), 0.0
    job = asyncio.create_task(asyncio.to_thread(markdown.render, text))
    while not job.done():
        asleep = time.monotonic()
        await asyncio.wait([job], timeout=TICK)
        latest = max(latest, time.monotonic() - asleep - TICK)
    return time.monotonic() - started, latest


def crash(text: str, *, engine: str) -> str:
    raise Crashed("the render process died")

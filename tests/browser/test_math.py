"""Formulas in a real browser: its own parser reads them as we do, and they are drawn, centred and scrolled."""

import json
from collections.abc import Iterator
from typing import get_args

import pytest
from playwright.sync_api import Browser, Page, expect

from conversations.markdown.rendering import render_here
from conversations.markdown.sanitizer import Engine, sanitize
from tests.browser.site import context_of, send
from tests.fakes.provider import FakeProvider
from tests.fakes.replies import chunks
from tests.markdown.corpora import NAMES, texts
from tests.markdown.latex import DEEP, HOSTILE, ORDINARY, made_up
from tests.markdown.test_policy import HOSTILE_MATH
from tests.markdown.trees import shape, tree

FORMULAS = [*ORDINARY, *HOSTILE, *DEEP.values(), *(made_up(number) for number in range(400))]
READ = """
pages => pages.map((page) => new DOMParser().parseFromString(page, "text/html").body.innerHTML)
"""
ALIEN = """
pages => pages.flatMap((page) => {
  const found = [...new DOMParser().parseFromString(page, "text/html").body.querySelectorAll("math *")];
  return found.filter((element) => element.namespaceURI !== "http://www.w3.org/1998/Math/MathML");
}).map((element) => element.outerHTML)
"""
WIDE = " + ".join(f"a_{{{number}}}" for number in range(60))
ANSWER = rf"""
Inline $\frac{{a}}{{b}}$ and ${WIDE}$ end.

$$x = \sqrt{{2}}$$

$$
{WIDE} \tag{{1}}
$$

$\unknown{{a}}$ costs $5 and $10
"""


@pytest.fixture(scope="module")
def blank(browser: Browser) -> Iterator[Page]:
    with context_of(browser) as context:
        yield context.new_page()


@pytest.mark.parametrize("engine", get_args(Engine))
def test_browser_reads_formulas_as_they_were_sanitized(blank: Page, engine: Engine) -> None:
    pages = [render_here(f"a ${formula}$\n\n$${formula}$$", engine=engine) for formula in FORMULAS]

    assert changed(blank, pages, engine=engine) == []
    assert blank.evaluate(ALIEN, pages) == []


@pytest.mark.usefixtures("corpora")
@pytest.mark.parametrize("engine", get_args(Engine))
@pytest.mark.parametrize("name", NAMES)
def test_browser_reads_the_corpora_as_they_were_sanitized(blank: Page, name: str, engine: Engine) -> None:
    pages = [render_here(text, engine=engine) for text in texts(name)]

    assert changed(blank, pages, engine=engine) == []


@pytest.mark.parametrize("engine", get_args(Engine))
def test_browser_finds_no_more_in_hostile_math_than_we_did(blank: Page, engine: Engine) -> None:
    pages = [sanitize(html, engine=engine) for html in HOSTILE_MATH]

    assert changed(blank, pages, engine=engine) == []


def test_formulas_are_drawn_and_scroll_in_their_own_place(page: Page, device: Page, model: FakeProvider) -> None:
    model.script(chunks(ANSWER))
    send(page, "Show me formulas")
    page.locator(".answer-actions").wait_for()
    device.goto(page.url)

    for shown in (page, device):
        body = shown.locator(".answer-body")
        expect(body.locator("code.md-math")).to_have_text("$\\unknown{a}$")
        expect(body).to_contain_text("costs $5 and $10")
        assert shown.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert shown.locator(".transcript").evaluate("place => place.scrollWidth <= place.clientWidth")
        inline, blocks = body.locator(".md-math-line"), body.locator("div.md-math")
        assert inline.nth(1).evaluate(REACHABLE)
        assert blocks.nth(1).evaluate(REACHABLE)
        assert blocks.first.evaluate(CENTRED)
        assert inline.first.evaluate(ON_THE_LINE)


# Its first element begins at the place's edge, and its last ends at the other when it is scrolled there.
REACHABLE = """place => {
  const edges = () => {
    const box = place.getBoundingClientRect();
    const leaves = [...place.querySelectorAll("mi")].map((leaf) => leaf.getBoundingClientRect());
    const [lefts, rights] = [leaves.map((leaf) => leaf.left), leaves.map((leaf) => leaf.right)];
    return [Math.min(...lefts) - box.left, Math.max(...rights) - box.right];
  };
  place.scrollLeft = 0;
  const [first] = edges();
  place.scrollLeft = place.scrollWidth;
  const [, last] = edges();
  place.scrollLeft = 0;
  return place.scrollWidth > place.clientWidth && first >= -1 && last <= 1;
}"""
CENTRED = """place => {
  const box = place.getBoundingClientRect();
  const leaves = [...place.querySelectorAll("mi, mn")].map((leaf) => leaf.getBoundingClientRect());
  const left = Math.min(...leaves.map((leaf) => leaf.left)) - box.left;
  const right = box.right - Math.max(...leaves.map((leaf) => leaf.right));
  return Math.abs(left - right) < 12 && left > 20;
}"""
# The fraction's bar is at about the middle of the letters beside it.
ON_THE_LINE = """place => {
  const [above, below] = [...place.querySelectorAll("mi")].map((leaf) => leaf.getBoundingClientRect());
  const text = document.createRange();
  text.selectNode(place.previousSibling);
  const line = text.getClientRects()[0];
  const middle = (above.bottom + below.top) / 2;
  return Math.abs(middle - (line.top + line.bottom) / 2) < line.height / 4;
}"""


def changed(page: Page, pages: list[str], *, engine: Engine) -> list[str]:
    """Those that the browser reads otherwise, or that are otherwise when what it read is sanitized again."""
    read = [html for start in range(0, len(pages), 500) for html in page.evaluate(READ, pages[start : start + 500])]
    again = [sanitize(html, engine=engine) for html in read]
    return [
        json.dumps([before, after])
        for before, seen, after in zip(pages, read, again, strict=True)
        if not shape(tree(before)) == shape(tree(seen)) == shape(tree(after))
    ]

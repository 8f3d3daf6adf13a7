"""Blocks of code, tables and formulas: folded, copied, scrolled by keys, printed."""

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.browser.shifting import least_shift
from tests.browser.site import Site, growing, send
from tests.browser.test_page import distance, tab_to
from tests.fakes.provider import FakeProvider
from tests.fakes.replies import Gate, chunks

CODE = "".join(f"line {number}\n" for number in range(1, 101))
FOLDED = f"Before\n\n```python\n{CODE}```\n\nAfter\n"
WIDE = " + ".join(f"a_{{{number}}}" for number in range(60))
SCROLLED = (
    f"```\n{'y' * 300}\n```\n\n|{'a|' * 30}\n|{'-|' * 30}\n|{'long cell|' * 30}\n\n$${WIDE}$$\n\nAnd ${WIDE}$ end\n"
)
NARROW = "```\nyes\n```\n\n|a|\n|-|\n|b|\n\n$$a$$\n\nAnd $a$ end\n"
STOPS = ".answer-body :is(pre, .md-table, .md-math, .md-math-line)"
FADED = """place => new Promise(resolve => requestAnimationFrame(() => requestAnimationFrame(() => {
  const style = getComputedStyle(place);
  resolve(["--before", "--beyond"].map((name) => style.getPropertyValue(name)));
})))"""


def test_long_code_is_folded_until_it_is_asked_for(page: Page, model: FakeProvider) -> None:
    answer(page, model, FOLDED)
    code, button = page.locator(".md-code > pre"), page.get_by_role("button", name="Show all 100 lines")
    assert lines_in_view(code) == 20
    tab_to(page, button)
    place = top(code)

    page.keyboard.press("Enter")

    expect(button).to_have_count(0)
    expect(code).to_be_focused()
    assert lines_in_view(code) == 100
    assert top(code) == place


def test_a_reader_at_the_end_is_not_taken_along_by_unfolding(page: Page, model: FakeProvider) -> None:
    answer(page, model, FOLDED)
    assert distance(page) < 2
    place = page.locator(".transcript").evaluate("place => place.scrollTop")

    page.get_by_role("button", name="Show all 100 lines").click()

    page.get_by_role("button", name="To the end").wait_for()
    assert page.locator(".transcript").evaluate("place => place.scrollTop") == place


def test_folded_code_is_copied_in_whole(page: Page, context: BrowserContext, site: Site, model: FakeProvider) -> None:
    context.grant_permissions(["clipboard-read", "clipboard-write"], origin=site.url)
    answer(page, model, FOLDED)

    page.get_by_role("button", name="Copy the code").click()

    expect(page.locator(".md-code [role=status]")).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == CODE


@pytest.mark.parametrize("indent", ["", "   "])
def test_code_that_was_read_as_it_came_is_not_folded_under_the_readers_eyes(
    page: Page, model: FakeProvider, gate: Callable[[], Gate], indent: str
) -> None:
    code, more, end = "".join(f"{indent}{line}\n" for line in ["```", *CODE.splitlines(), "```"]), gate(), gate()
    before = "1. One\n\n" if indent else "One\n\n"
    model.script(growing(before, more, f"{code}\nAfter", end, "."))
    send(page, "Show me")
    expect(page.locator(".answer-body")).to_contain_text("One")

    more.open()
    expect(page.locator(".answer-tail")).to_have_text("After")
    shown = lines_in_view(page.locator(".md-code > pre"))
    end.open()
    page.locator(".answer-actions").wait_for()

    assert (shown, lines_in_view(page.locator(".md-code > pre"))) == (100, 100)


def test_code_of_a_page_that_is_loaded_is_folded_without_a_move(page: Page, model: FakeProvider) -> None:
    answer(page, model, FOLDED)
    unfold = page.get_by_role("button", name="Show all 100 lines")

    assert least_shift(page, ready=unfold) < 0.01
    expect(unfold).to_have_count(1)
    assert distance(page) < 2


def test_code_that_is_not_long_has_no_fold(page: Page, model: FakeProvider) -> None:
    answer(page, model, "```\n" + "a\n" * 30 + "```\n")

    expect(page.locator(".md-code")).to_have_count(1)
    expect(page.locator(".code-unfold")).to_have_count(0)
    assert lines_in_view(page.locator(".md-code > pre")) == 30


def test_code_is_shown_in_whole_without_script(plain_page: Page, model: FakeProvider) -> None:
    model.script(chunks(FOLDED))
    plain_page.get_by_label("Your message").fill("Code, please")
    plain_page.get_by_role("button", name="Send").click()

    code = plain_page.locator(".md-code > pre")
    expect(code).to_have_count(1)
    assert lines_in_view(code) == 100


def test_the_printed_page_has_all_of_the_code_and_nothing_to_press(page: Page, model: FakeProvider) -> None:
    answer(page, model, FOLDED)

    page.emulate_media(media="print")

    assert lines_in_view(page.locator(".md-code > pre")) == 100
    assert page.evaluate("document.documentElement.scrollHeight > 2000")
    assert page.locator("button:visible").count() == 0


def test_what_is_wide_is_scrolled_by_keys_in_its_own_place(page: Page, device: Page, model: FakeProvider) -> None:
    answer(page, model, SCROLLED)
    device.goto(page.url)

    for shown in (page, device):
        stops = shown.locator(STOPS)
        expect(stops).to_have_count(4)
        for index, name in enumerate(["Code", "Table", "Formula", "Formula"]):
            expect(stops.nth(index)).to_have_attribute("aria-label", name)
            tab_to(shown, stops.nth(index))
            shown.keyboard.press("ArrowRight")
            shown.wait_for_function("() => document.activeElement.scrollLeft > 0")
        widths = "places => places.map(place => place.scrollWidth - place.clientWidth)"
        assert shown.locator(":is(html, .transcript)").evaluate_all(widths) == [0, 0]


def test_what_fits_is_no_stop_on_the_way(page: Page, model: FakeProvider) -> None:
    answer(page, model, NARROW)

    expect(page.locator(STOPS)).to_have_count(4)
    expect(page.locator(f"{STOPS}[tabindex]")).to_have_count(0)


def test_what_goes_on_beyond_an_edge_fades_there(page: Page, model: FakeProvider) -> None:
    answer(page, model, f"```\n{'long ' * 100}\n```\n\n```\nshort\n```\n")
    wide, narrow = page.locator(".answer-body pre").all()

    assert (faded(wide), faded(narrow)) == (("0px", "40px"), ("0px", "0px"))
    wide.evaluate("place => { place.scrollLeft = 200; }")
    assert faded(wide) == ("40px", "40px")
    wide.evaluate("place => { place.scrollLeft = place.scrollWidth; }")
    assert faded(wide) == ("40px", "0px")


def test_what_becomes_wide_can_be_scrolled_by_keys(page: Page, model: FakeProvider) -> None:
    answer(page, model, f"```\n{'y' * 60}\n```\n")
    expect(page.locator(f"{STOPS}[tabindex]")).to_have_count(0)

    page.set_viewport_size({"width": 360, "height": 640})
    expect(page.locator(f"{STOPS}[tabindex]")).to_have_count(1)
    page.set_viewport_size({"width": 1280, "height": 800})

    expect(page.locator(f"{STOPS}[tabindex]")).to_have_count(0)


def answer(page: Page, model: FakeProvider, text: str) -> None:
    """A page that is opened after the answer: what is read as it comes is not folded."""
    model.script(chunks(text))
    send(page, "Show me")
    page.locator(".answer-actions").wait_for()
    page.reload()
    page.locator(".answer-body copy-button:defined, .answer-body:not(:has(.md-code))").first.wait_for()


def lines_in_view(code: Locator) -> int:
    script = """code => {
        const { paddingTop, lineHeight } = getComputedStyle(code);
        return Math.floor((code.clientHeight - parseFloat(paddingTop)) / parseFloat(lineHeight));
    }"""
    return int(code.evaluate(script))


def top(place: Locator) -> float:
    box = place.bounding_box()
    assert box
    return box["y"]


def faded(place: Locator) -> tuple[str, str]:
    """How much of the block fades before and beyond its edges, once what was scrolled is drawn."""
    before, beyond = place.evaluate(FADED)
    return before, beyond

"""The page as people set their systems to see it: 400 %, wide spacing, less motion, forced colours, and on paper."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.site import growing, send
from tests.browser.states.texts import ANSWER, FORMULAS_AND_CODE
from tests.fakes.provider import FakeProvider
from tests.fakes.replies import Gate, chunks

Gates = Callable[[], Gate]
AT_400_PERCENT = {"width": 320, "height": 256}  # of 1280 × 1024
SPACING = """() => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(`
        * { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important }
        p { margin-block-end: 2em !important }`);
    document.adoptedStyleSheets = [sheet];
}"""
MOVES = """() => [...document.querySelectorAll("*")].flatMap((element) =>
    [null, "::before", "::after"]
        .map((part) => getComputedStyle(element, part))
        .filter((style) => style.animationName !== "none" || style.scrollBehavior === "smooth"
            || style.transitionDuration.split(", ").some((time) => parseFloat(time) > 0))
        .map(() => element.className))"""
CLIPPED = """buttons => buttons.filter((button) => button.checkVisibility() && button.scrollWidth > button.clientWidth)
    .map((button) => button.textContent.trim())"""


def test_at_400_percent_a_chat_is_read_and_written(page: Page, model: FakeProvider) -> None:
    model.script(chunks(ANSWER))
    send(page, "At length")
    expect(page.locator(".answer-actions")).to_be_visible()

    page.set_viewport_size(AT_400_PERCENT)

    assert sideways(page) == 0
    assert page.locator(".transcript").bounding_box()["height"] > AT_400_PERCENT["height"] / 2
    expect(page.get_by_label("Your message")).to_be_in_viewport(ratio=1)
    expect(page.get_by_role("button", name="Send")).to_be_in_viewport(ratio=1)
    send(page, "In small")
    expect(page.locator(".answer-actions")).to_have_count(2)


@pytest.mark.parametrize("path", ["/", "/conversations/", "/presets/", "/accounts/password/change/", "/nowhere/"])
def test_at_400_percent_no_page_is_scrolled_sideways(page: Page, path: str) -> None:
    page.set_viewport_size(AT_400_PERCENT)

    page.goto(page.url.rstrip("/") + path)

    heading = page.get_by_role("heading", level=1)
    assert sideways(page) == 0
    heading.scroll_into_view_if_needed()
    expect(heading).to_be_in_viewport(ratio=1)


def test_at_400_percent_the_menus_are_reached(page: Page) -> None:
    send(page, "Hi")
    expect(page.locator(".answer-actions")).to_be_visible()
    page.set_viewport_size(AT_400_PERCENT)

    page.locator(".conversation-menu > details > summary").click()

    button = page.get_by_role("button", name="Move to the bin")
    button.scroll_into_view_if_needed()
    expect(button).to_be_in_viewport(ratio=1)
    assert sideways(page) == 0


@pytest.mark.parametrize("width", [1280, 360])
def test_wide_spacing_cuts_nothing(page: Page, model: FakeProvider, width: int) -> None:
    model.script(chunks(ANSWER, finish="length"))
    send(page, "At length")
    expect(page.locator(".answer-actions")).to_be_visible()
    page.set_viewport_size({"width": width, "height": 740})

    page.evaluate(SPACING)

    assert sideways(page) == 0
    assert page.locator("button, .button").evaluate_all(CLIPPED) == []
    expect(page.get_by_role("button", name="Send")).to_be_in_viewport(ratio=1)


def test_nothing_moves_where_less_motion_is_wanted(page: Page, model: FakeProvider, gate: Gates) -> None:
    model.script(growing("Slow", gate()))
    send(page, "Take long")
    expect(page.locator(".answer-tail")).to_have_text("Slow")
    assert page.evaluate(MOVES) != []

    page.emulate_media(reduced_motion="reduce")

    assert page.evaluate(MOVES) == []


def test_the_pen_rests_while_the_connection_is_lost(page: Page, model: FakeProvider, gate: Gates) -> None:
    model.script(growing("Slow", gate()))
    send(page, "Take long")
    expect(page.locator(".answer-tail")).to_have_text("Slow")
    assert pen(page) == "breathe"

    page.context.set_offline(True)

    expect(page.locator("connection-notice")).to_be_visible()
    assert pen(page) == "none"


def test_forced_colours_show_what_is_chosen_and_what_can_be_pressed(page: Page) -> None:
    page.emulate_media(forced_colors="active")
    page.locator(".user-menu summary").click()

    pressed = page.get_by_role("button", name="System")
    other = page.get_by_role("button", name="Light")

    assert background(pressed) != background(other)
    expect(page.locator(".composer-send")).to_have_css("border-top-style", "solid")
    expect(page.locator(".user-menu-name svg").first).to_have_css("color", colour(page.locator(".user-menu-name")))


def test_more_contrast_makes_quiet_text_as_dark_as_any(page: Page) -> None:
    hint = page.locator(".composer-hint")
    assert colour(hint) != colour(page.locator("body"))

    page.emulate_media(contrast="more")

    assert colour(hint) == colour(page.locator("body"))


def test_a_conversation_is_printed_whole_and_alone(page: Page, model: FakeProvider) -> None:
    model.script(chunks(ANSWER), chunks(FORMULAS_AND_CODE + "```\n"))
    send(page, "First")
    expect(page.locator(".answer-actions")).to_have_count(1)
    send(page, "Second")
    expect(page.locator(".answer-actions")).to_have_count(2)
    page.reload()
    expect(page.locator(".code-unfold")).to_be_visible()

    page.emulate_media(media="print", color_scheme="dark")

    for text in ("First", "Measure before you change", "Second", "TIMES[1] =", "TIMES[40] ="):
        expect(page.get_by_text(text).first).to_be_visible()
    transcript = page.locator(".transcript")
    assert transcript.evaluate("place => place.scrollHeight - place.clientHeight") <= 0
    last = page.locator(".md-code pre").last
    assert last.evaluate("code => code.scrollHeight - code.clientHeight") <= 0
    for what in ("button", "summary", "textarea", ".sidebar", ".composer", ".strip"):
        assert [each for each in page.locator(what).all() if each.is_visible()] == []
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    link = page.get_by_role("link", name="snapshots")
    assert link.evaluate("link => getComputedStyle(link, '::after').content") != "none"
    expect(page.locator("html")).to_have_css("color-scheme", "light")


def sideways(page: Page) -> int:
    """How far the page can be scrolled sideways, in px."""
    return int(page.evaluate("() => document.documentElement.scrollWidth - document.documentElement.clientWidth"))


def pen(page: Page) -> str:
    animation = "place => getComputedStyle(place, '::after').animationName"
    return str(page.locator("[data-pen]").evaluate(animation))


def background(place: Locator) -> str:
    return str(place.evaluate("place => getComputedStyle(place).backgroundColor"))


def colour(place: Locator) -> str:
    return str(place.evaluate("place => getComputedStyle(place).color"))

"""What a model thinks before it answers: open while it thinks, and folded with the first text."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.site import send
from tests.fakes.provider import FakeProvider
from tests.fakes.replies import Gate, chunk, raw

Gates = Callable[[], Gate]


def test_thinking_is_folded_away(page: Page, model: FakeProvider) -> None:
    thoughts = chunk({"reasoning_content": "Hm, <b>let me</b> see"})
    model.script(raw(thoughts, chunk({"content": "Yes"}), chunk(finish="stop"), b"data: [DONE]\n\n"))
    send(page, "Think")
    expect(page.locator(".answer-actions")).to_have_count(1)
    thinking = page.locator(".reasoning-text")
    expect(thinking).to_be_hidden()

    page.get_by_text("Thoughts").click()

    expect(thinking).to_have_text("Hm, <b>let me</b> see")


def test_thinking_becomes_thoughts_with_the_first_text(page: Page, model: FakeProvider, gate: Gates) -> None:
    first, end = gate(), gate()
    model.script(raw(chunk({"reasoning_content": "Hm"}), first, chunk({"content": "Yes"}), end))
    label = page.locator(".reasoning > summary")
    send(page, "Think")
    expect(label).to_have_text("Thinking")

    first.open()

    expect(label).to_have_text("Thoughts")
    page.reload()
    expect(label).to_have_text("Thoughts")


def test_thinking_is_open_until_the_first_text(page: Page, model: FakeProvider, gate: Gates) -> None:
    more, first, end = gate(), gate(), gate()
    hm, well = chunk({"reasoning_content": "Hm, "}), chunk({"reasoning_content": "well. " * 400})
    model.script(raw(hm, more, well, first, chunk({"content": "Yes"}), end))
    thinking = page.locator(".reasoning-text")
    send(page, "Think")
    expect(thinking).to_be_visible()

    more.open()
    expect(thinking).to_contain_text("well.")
    bottom = "place => place.scrollHeight - place.clientHeight - place.scrollTop"
    assert thinking.evaluate("place => place.scrollHeight > place.clientHeight")
    assert thinking.evaluate(bottom) < 2
    page.reload()
    expect(thinking).to_be_visible()
    first.open()

    expect(page.locator(".answer-tail")).to_have_text("Yes")
    expect(thinking).to_be_hidden()


def test_a_reader_keeps_the_thoughts_open_or_closed(page: Page, model: FakeProvider, gate: Gates) -> None:
    more, first, end = gate(), gate(), gate()
    hm, well = chunk({"reasoning_content": "Hm, "}), chunk({"reasoning_content": "well."})
    model.script(raw(hm, more, well, first, chunk({"content": "Yes"}), end))
    thinking, label = page.locator(".reasoning-text"), page.locator(".reasoning > summary")
    send(page, "Think")
    expect(thinking).to_be_visible()

    label.click()
    more.open()
    expect(thinking).to_have_text("Hm, well.")
    expect(thinking).to_be_hidden()
    label.click()
    first.open()

    expect(page.locator(".answer-tail")).to_have_text("Yes")
    expect(thinking).to_be_visible()

"""What somebody hears who cannot see the page: an answer by its finished blocks, and how it began and ended."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.browser.site import growing, send
from tests.fakes.provider import FakeProvider
from tests.fakes.replies import DONE, Gate, chunk, chunks, raw, refusal

Gates = Callable[[], Gate]
BEGUN, FINISHED, ENDED = "An answer is being written.", "The answer is finished.", "The answer ended."
LONG = "word " * 1_000
AT_ONCE = 9_000  # milliseconds, of the 10,000 for which what is long to hear holds up what is next
LISTEN = """() => {
    window.heard = [];
    const place = document.querySelector("live-announcer");
    new MutationObserver(() => window.heard.push(place.textContent))
        .observe(place, { childList: true, characterData: true, subtree: true });
}"""


@pytest.fixture
def listened(page: Page) -> Page:
    """A conversation's page that keeps what it says aloud."""
    send(page, "Hi")
    expect(page.locator(".answer-actions")).to_have_count(1)
    page.reload()  # there is nothing to say of an answer that had ended when the page came
    page.evaluate(LISTEN)
    return page


def test_an_answer_is_heard_by_its_finished_blocks(listened: Page, model: FakeProvider, gate: Gates) -> None:
    first, second, last = gate(), gate(), gate()
    pieces = [
        "Hel",
        "lo **wor",
        first,
        "ld**.\n\nSec",
        second,
        "ond one.\n\n```python\na = 1\nb = 2\n```\n\n",
        last,
        "Bye.",
    ]
    model.script(growing(*pieces))

    send(listened, "Talk")
    expect_shown(listened, "Hello wor")
    expect_heard(listened, BEGUN)
    first.open()
    expect_shown(listened, "Hello world. Sec")
    expect_heard(listened, f"{BEGUN} Hello world.")
    second.open()
    expect_heard(listened, f"{BEGUN} Hello world. Second one. Code in python, lines: 2.")
    last.open()

    expect_heard(listened, f"{BEGUN} Hello world. Second one. Code in python, lines: 2. Bye. {FINISHED}")


def test_an_answer_that_came_before_its_page_is_heard_whole(listened: Page, model: FakeProvider) -> None:
    def when_it_has_ended(route: Route) -> None:
        listened.request.get(f"{route.request.url}events/").text()
        route.continue_()

    listened.route("**/messages/*-*/", when_it_has_ended)
    model.script(chunks("All of it.\n\n- At once\n"))

    send(listened, "Talk")

    expect_heard(listened, f"All of it. At once; {FINISHED}")


def test_a_block_that_came_before_its_page_is_heard(listened: Page, model: FakeProvider, gate: Gates) -> None:
    last = gate()
    model.script(growing("Early.\n\nLa", last, "te."))

    def when_it_is_drawn(route: Route) -> None:
        for _ in range(1_000):
            answer = listened.request.get(route.request.url, headers=route.request.headers)
            if "chat-answer" not in answer.text() or "<p>Early.</p>" in answer.text():
                break
        route.fulfill(response=answer)

    listened.route("**/messages/*-*/", when_it_is_drawn)

    send(listened, "Talk")

    expect_heard(listened, f"{BEGUN} Early.")
    last.open()
    expect_heard(listened, f"{BEGUN} Early. Late. {FINISHED}")


def test_nothing_is_left_of_what_was_said(listened: Page, model: FakeProvider, gate: Gates) -> None:
    talk(listened, model, gate, "Only once.")

    expect_heard(listened, f"{BEGUN} Only once. {FINISHED}")

    expect(announcer(listened)).to_have_text("")
    expect(listened.get_by_text("Only once.")).to_have_count(1)


def test_blocks_that_come_fast_are_said_together(listened: Page, model: FakeProvider, gate: Gates) -> None:
    talk(listened, model, gate, *(f"Block {number}.\n\n" for number in range(40)))

    blocks = " ".join(f"Block {number}." for number in range(40))
    expect_heard(listened, f"{BEGUN} {blocks} {FINISHED}")

    assert len(heard(listened)) < 10


def test_what_is_too_much_to_hear_is_cut_but_not_the_end(listened: Page, model: FakeProvider, gate: Gates) -> None:
    begun = gate()
    model.script(raw(begun, chunk({"content": LONG}), chunk(finish="length"), DONE))

    send(listened, "Talk")
    expect_heard(listened, BEGUN)
    begun.open()

    expect_heard(listened, f"{BEGUN} {LONG[:1_500]}… {FINISHED} Cut at the length limit.")


def test_stop_is_heard_at_once_however_much_was_being_said(listened: Page, model: FakeProvider, gate: Gates) -> None:
    model.script(growing(f"{LONG}\n\nMore", gate()))
    send(listened, "Talk")
    listened.wait_for_function("() => window.heard.some((said) => said.includes('word'))")

    listened.get_by_role("button", name="Stop").click()

    expect_heard(listened, f"{BEGUN} {LONG[:1_500]}… {ENDED} You stopped this answer.", within=AT_ONCE)


def test_the_next_answer_is_heard_of_at_once_however_much_was_being_said(
    listened: Page, model: FakeProvider, gate: Gates
) -> None:
    talk(listened, model, gate, LONG)
    expect_heard(listened, f"{BEGUN} {LONG[:1_500]}… {FINISHED}")
    model.script(growing("Some ", gate()))

    send(listened, "Go on")

    expect_heard(listened, f"{BEGUN} {LONG[:1_500]}… {FINISHED} {BEGUN}", within=AT_ONCE)


def test_borders_and_formulas_are_heard_as_such(listened: Page, model: FakeProvider, gate: Gates) -> None:
    text = "# A plan\n\n- Look\n- Think!\n\n| a | b |\n|--|--|\n| 1 | 2 |\n\n$$\nx^2\n$$\n\n```\nx\n```\n"

    talk(listened, model, gate, text)

    said = "A plan. Look; Think! a, b, 1, 2, A formula. Code, lines: 1."
    expect_heard(listened, f"{BEGUN} {said} {FINISHED}")


def test_of_thoughts_it_is_heard_that_there_are_some(listened: Page, model: FakeProvider, gate: Gates) -> None:
    first, last = gate(), gate()
    thoughts = [chunk({"reasoning_content": thought}) for thought in ("They ", "want ", "this.")]
    steps = [first, *thoughts, last, chunk({"content": "This."}), chunk(finish="stop"), DONE]
    model.script(raw(*steps))

    send(listened, "Think")
    expect_heard(listened, BEGUN)
    first.open()
    expect_heard(listened, f"{BEGUN} Thinking…")
    last.open()

    expect_heard(listened, f"{BEGUN} Thinking… This. {FINISHED}")


def test_after_stop_only_the_end_is_heard(listened: Page, model: FakeProvider, gate: Gates) -> None:
    model.script(growing("Some ", gate()))
    send(listened, "Talk")
    expect_shown(listened, "Some")

    listened.get_by_role("button", name="Stop").click()

    expect_heard(listened, f"{BEGUN} {ENDED} You stopped this answer.")


def test_a_failure_is_heard_with_its_reason(listened: Page, model: FakeProvider, gate: Gates) -> None:
    asked = gate()
    model.script(replace(refusal(401), before=[asked]))

    send(listened, "Fail")
    expect_heard(listened, BEGUN)
    asked.open()

    reason = listened.locator(".answer-failure")
    expect(reason).to_contain_text("misconfigured")
    expect_heard(listened, f"{BEGUN} {ENDED} {' '.join(reason.inner_text().split())}")


def test_a_countdown_is_heard_once(listened: Page, model: FakeProvider) -> None:
    model.script(refusal(429, headers={"Retry-After": "3"}))

    send(listened, "Wait")
    listened.wait_for_function("end => window.heard.some((said) => said.endsWith(end))", arg=FINISHED)

    assert " ".join(heard(listened)).count("Trying again") == 1


def test_the_messages_are_no_live_region(listened: Page, model: FakeProvider, gate: Gates) -> None:
    model.script(growing("Slow", gate()))

    send(listened, "Talk")

    expect_shown(listened, "Slow")
    expect(listened.locator(".answer[data-running]")).to_have_attribute("aria-busy", "true")
    live = listened.locator(":is([aria-live], [role=status], [role=alert], [role=log]):has(.answer-tail)")
    expect(live).to_have_count(0)


def talk(page: Page, model: FakeProvider, gate: Gates, *pieces: str) -> None:
    """An answer of these pieces, whose beginning was heard."""
    begun = gate()
    model.script(growing(begun, *pieces))
    send(page, "Talk")
    expect_heard(page, BEGUN)
    begun.open()


def announcer(page: Page) -> Locator:
    return page.locator("live-announcer")


def heard(page: Page) -> list[str]:
    return [said for said in page.evaluate("() => window.heard") if said]


def expect_heard(page: Page, whole: str, *, within: int = 15_000) -> None:
    """All that was said so far, whatever of it was said together; `within` so many milliseconds."""
    page.wait_for_function("whole => window.heard.filter(Boolean).join(' ') === whole", arg=whole, timeout=within)


def expect_shown(page: Page, text: str) -> None:
    expect(page.locator(".answer-body").last).to_have_text(text)

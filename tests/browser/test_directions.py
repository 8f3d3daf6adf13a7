"""Texts that are read from right to left, alone and beside others: each block on its own side, code on the left."""

import json
import unicodedata
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.site import growing, send
from tests.fakes.provider import FakeProvider
from tests.fakes.replies import Gate, chunks

Gates = Callable[[], Gate]
ARABIC, HEBREW = "مرحبا بالعالم", "שלום עולם"
MIXED = f"""\
Hello, in two languages.

{ARABIC}, and English behind it.

# {HEBREW}

- {HEBREW}
- English in a list that is not

> {ARABIC}

```python
print("{HEBREW}")
```

| {HEBREW} | second |
|---|---|
| one | two |

The end, with `{HEBREW}` in code.
"""
SIDE = """element => {
    const range = document.createRange();
    range.selectNodeContents(element);
    const [text] = range.getClientRects();
    const box = element.getBoundingClientRect();
    const style = getComputedStyle(element);
    const before = text.left - box.left - parseFloat(style.paddingLeft) - parseFloat(style.borderLeftWidth);
    const behind = box.right - parseFloat(style.paddingRight) - parseFloat(style.borderRightWidth) - text.right;
    return before <= behind ? "left" : "right";
}"""


def side(place: Locator) -> str:
    """At which edge of its box the place's text begins; for what is as wide as its text, the left one."""
    return str(place.evaluate(SIDE))


def direction(place: Locator) -> str:
    return str(place.evaluate("element => getComputedStyle(element).direction"))


def test_each_block_of_an_answer_is_on_its_own_side(page: Page, model: FakeProvider) -> None:
    model.script(chunks(MIXED))
    send(page, "Mix")
    expect(page.locator(".answer-actions")).to_have_count(1)

    assert mixed_sides(page) == EXPECTED


def test_each_block_is_on_its_own_side_while_the_answer_grows(page: Page, model: FakeProvider, gate: Gates) -> None:
    middle, end = gate(), gate()
    cut = MIXED.index("> ") + len(f"> {ARABIC}")
    model.script(growing(MIXED[:cut], middle, MIXED[cut:], end))
    send(page, "Mix")
    expect(page.locator(".answer-tail blockquote")).to_contain_text(ARABIC)
    assert direction(page.locator(".answer-tail blockquote")) == "rtl"
    assert side(page.locator(".answer-tail blockquote p")) == "right"

    middle.open()
    expect(page.locator(".answer-body")).to_contain_text("The end")
    assert mixed_sides(page) == EXPECTED
    end.open()

    expect(page.locator(".answer-actions")).to_have_count(1)
    assert mixed_sides(page) == EXPECTED


EXPECTED = {
    "English": "left",
    "Arabic": "right",
    "heading": "right",
    "list": "rtl",
    "item": "right",
    "English item": "right",  # beside its mark
    "quote": "rtl",
    "code": "left ltr",
    "table": "rtl",
    "code in a line": "ltr",
}


def mixed_sides(page: Page) -> dict[str, str]:
    body = page.locator(".answer-body")
    paragraphs = body.locator("p:not(blockquote p)")
    return {
        "English": side(paragraphs.nth(0)),
        "Arabic": side(paragraphs.nth(1)),
        "heading": side(body.locator("h1")),
        "list": direction(body.locator("ul")),
        "item": side(body.locator("li").nth(0)),
        "English item": side(body.locator("li").nth(1)),
        "quote": direction(body.locator("blockquote")),
        "code": f"{side(body.locator('pre code'))} {direction(body.locator('pre'))}",
        "table": direction(body.locator("table")),
        "code in a line": direction(paragraphs.last.locator("code")),
    }


def test_open_end_turns_with_its_first_letter(page: Page, model: FakeProvider, gate: Gates) -> None:
    letter, item, end = gate(), gate(), gate()
    model.script(growing("123 ", letter, f"{ARABIC}\n\n", item, f"1. {HEBREW}", end))
    send(page, "Count")
    expect(page.locator(".answer-tail")).to_contain_text("123")
    assert side(page.locator(".answer-tail p")) == "left"

    letter.open()
    expect(page.locator(".answer-body")).to_contain_text(ARABIC)
    assert side(page.locator(".answer-body p")) == "right"
    item.open()

    expect(page.locator(".answer-tail li")).to_have_text(HEBREW)
    assert direction(page.locator(".answer-tail ol")) == "rtl"


@pytest.mark.parametrize("item", [f"- `npm install` {HEBREW}", f"- 1\n  ```sh\n  npm install\n  ```\n  {HEBREW}"])
def test_list_that_begins_with_code_goes_the_way_of_its_words(
    page: Page, model: FakeProvider, gate: Gates, item: str
) -> None:
    end = gate()
    model.script(growing(f"{item}\n- `npm start", end))
    send(page, "Install")

    expect(page.locator(".answer-tail li")).to_have_count(2)
    assert sides_of_list(page) == ["rtl", "ltr", "right"]
    end.open()

    expect(page.locator(".answer-actions")).to_have_count(1)
    assert sides_of_list(page) == ["rtl", "ltr", "right"]


def sides_of_list(page: Page) -> list[str]:
    """The list's direction, that of the code in it, and the side of its first item."""
    body = page.locator(".answer-body")
    return [direction(body.locator("ul")), direction(body.locator("code").first), side(body.locator("li").first)]


def test_question_and_what_is_written_go_their_own_way_line_by_line(page: Page) -> None:
    page.get_by_label("Your message").fill(f"{ARABIC}\nEnglish, which is longer than the other line")
    assert direction(page.get_by_label("Your message")) == "rtl"
    page.keyboard.press("Enter")
    expect(page.locator(".question-text")).to_have_count(1)
    page.locator(".question").hover()
    page.locator(".editor summary").click()

    assert direction(page.get_by_label("Edited text")) == "rtl"
    page.keyboard.press("Escape")
    lines = page.locator(".question-text").evaluate(
        """text => {
            const range = document.createRange();
            range.selectNodeContents(text);
            const [first, second] = [...range.getClientRects()].filter(box => box.width);
            return [Math.round(first.right - second.right), first.left > second.left];
        }"""
    )
    assert lines == [0, True]  # the short one ends at the right edge, where the long one ends too


def test_title_goes_its_own_way_wherever_it_stands(page: Page) -> None:
    send(page, "Name me")
    expect(page.get_by_role("heading", level=1)).to_have_text("A short title")
    expect(page.locator(".answer-actions")).to_have_count(1)
    page.locator(".conversation-menu summary").first.click()
    page.locator(".fold > summary", has_text="Rename").click()
    page.get_by_label("Title").fill(HEBREW)
    page.get_by_role("button", name="Rename").click()

    expect(page.get_by_role("heading", level=1)).to_have_text(HEBREW)
    assert [direction(place) for place in page.locator("[data-title-of]").all()] == ["rtl", "rtl"]
    assert direction(page.locator("html")) == "ltr"


def test_texts_that_were_collected_to_break_things_are_each_on_their_side(
    page: Page, model: FakeProvider, corpora: Path
) -> None:
    items = json.loads((corpora / "blns.json").read_text())["items"]
    strings = [" ".join(item["payload"].split()) for item in items if reads(item["payload"]) == "right"]
    model.script(chunks("\n\n".join(f"{ARABIC[:1]} {text}" for text in strings) + "\n\nEnglish"))
    send(page, "Break")
    expect(page.locator(".answer-actions")).to_have_count(1)

    paragraphs = page.locator(".answer-body > p").all()

    assert [side(each) for each in paragraphs[:-1]] == ["right"] * len(strings)
    assert len(strings) > 3
    assert side(paragraphs[-1]) == "left"
    assert page.locator(".transcript").evaluate("place => place.scrollWidth - place.clientWidth") == 0


def reads(text: str) -> str:
    """The side on which a text begins, by its first letter."""
    classes = (unicodedata.bidirectional(character) for character in text)
    first = next((each for each in classes if each in ("L", "R", "AL")), "L")
    return "left" if first == "L" else "right"

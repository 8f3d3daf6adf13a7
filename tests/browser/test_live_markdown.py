"""Markdown while it is written: finished blocks are the server's HTML, the open end looks like what it will be."""

import re
from collections.abc import Callable
from urllib.parse import parse_qs

import pytest
from playwright.sync_api import Page, expect

from tests.browser.site import Site, growing, send
from tests.fakes.provider import FakeProvider
from tests.fakes.replies import Gate
from tests.markdown.corpora import NAMES, texts

Gates = Callable[[], Gate]

TEXT = """\
Some **bold** words and `code`.

## A heading

- one **item**
- two
  1. nested

```python
def answer():
    return 42  # why
```

| a | b |
|---|---|
| 1 | 2<br>3 |

The last<br />*paragraph*."""


def pieces(text: str, size: int = 3) -> list[str]:
    return [text[start : start + size] for start in range(0, len(text), size)]


@pytest.fixture
def frames(page: Page) -> Callable[[], list[str]]:
    """What the running answer showed, each time that it changed, once the page's script had it."""
    page.add_init_script("""
      window.frames_ = [];
      addEventListener("DOMContentLoaded", () => new MutationObserver(() => {
        const body = document.querySelector("chat-answer[data-running] .answer-body:has([data-dressed])");
        if (body && body.textContent !== window.frames_.at(-1)) window.frames_.push(body.textContent);
      }).observe(document.body, { subtree: true, childList: true, characterData: true }));
    """)
    return lambda: page.evaluate("window.frames_")


def test_a_finished_block_is_html_and_never_touched_again(page: Page, model: FakeProvider, gate: Gates) -> None:
    more, end = gate(), gate()
    script = growing("First **block**.\n\n```python\nif True:\n", more, "    pass\n```\n\nOp", end, "en\n")
    model.script(script)
    send(page, "Write")
    first = page.locator(".answer-body > p strong")
    expect(first).to_have_text("block")
    expect(page.locator(".answer-tail .md-code code")).to_have_text("if True:")
    page.evaluate("document.querySelector('.answer-body > p').isMine = true")

    more.open()
    expect(page.locator(".answer-body > .md-code .k").first).to_have_text("if")
    expect(page.locator(".answer-body > .md-code copy-button")).to_be_visible()
    expect(page.locator(".answer-tail")).to_have_text("Op")
    page.evaluate("document.querySelector('.answer-body > .md-code').isMine = true")
    end.open()

    expect(page.locator(".answer-actions")).to_have_count(1)
    expect(page.locator(".answer-tail")).to_have_count(0)
    kept = page.evaluate("[...document.querySelectorAll('.answer-body > *')].map((each) => each.isMine ?? false)")
    assert kept == [True, True, False]
    expect(page.locator(".answer-body > p").last).to_have_text("Open")


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("# Title **b", "<h1>Title <strong>b</strong></h1>"),
        ("a *b* `c` ~~d", "<p>a <em>b</em> <code>c</code> <s>d</s></p>"),
        ("***both*** __bold__ snake_case 2 * 3", None),
        ("one\ntwo", "<p>one\ntwo</p>"),
        ("- a\n- **b", "<ul><li>a</li><li><strong>b</strong></li></ul>"),
        ("1. a\n   - b\n   - c\n2. d", "<ol><li>a<ul><li>b</li><li>c</li></ul></li><li>d</li></ol>"),
        ("7. a", '<ol start="7"><li>a</li></ol>'),
        (
            "```py\na *b*\n",
            '<figure class="md-code"><figcaption>py</figcaption><pre><code>a *b*</code></pre></figure>',
        ),
        ("```py\na\n``", '<figure class="md-code"><figcaption>py</figcaption><pre><code>a</code></pre></figure>'),
        ("> a\n> b", "<blockquote><p>a\nb</p></blockquote>"),
        ("- [x] a\n- [ ] b\n- [c]", None),
        (
            "|a|b|\n|-|-|\n|1|",
            '<div class="md-table"><table><tbody><tr><th>a </th><th>b </th></tr></tbody></table></div>',
        ),
        ("See [the docs](https://a.exa", '<p>See <span class="tail-link">the docs</span></p>'),
        ("array[0] <b>", "<p>array<span>[0]</span> &lt;b&gt;</p>"),
        ("a **", "<p>a </p>"),
        ("a<br>b *c<BR />d", "<p>a<br>b <em>c<br>d</em></p>"),
        ("a < b <bra <br", "<p>a &lt; b &lt;bra </p>"),
        ("`<br>` <<br>*a*", "<p><code>&lt;br&gt;</code> &lt;<br><em>a</em></p>"),
        ("|a<br>b|\n", '<div class="md-table"><table><tbody><tr><th>a<br>b </th></tr></tbody></table></div>'),
        ("a\n-", "<p>a</p>"),
        ("---\na", "<hr><p>a</p>"),
    ],
)
def test_the_open_end_wears_what_it_will_be(page: Page, site: Site, source: str, shown: str | None) -> None:
    html = page.evaluate(DRESS, [site.script("tail"), pieces(source, 1)])

    if shown is not None:
        assert without_dress(html) == shown
    assert html == page.evaluate(DRESS, [site.script("tail"), [source]])


def without_dress(html: str) -> str:
    return re.sub(r' (data-pen=""|dir="\w+")', "", html)


DRESS = """async ([script, pieces]) => {
  const { Tail } = await import(script);
  const place = document.createElement("div");
  const tail = new Tail(place);
  pieces.forEach((piece) => tail.append(piece));
  return place.innerHTML;
}"""


@pytest.mark.parametrize("source", ["[" * 50_000, "*a " * 20_000, "__a " * 20_000, "[" * 20_000 + "]" * 20_000])
def test_marks_that_never_close_do_not_nest_without_end(page: Page, site: Site, source: str) -> None:
    deep, shown = page.evaluate(SIZE, [site.script("tail"), source])

    assert deep < 60
    assert len(shown) > len(source) - 200


@pytest.mark.parametrize("source", [" " * 100_000 + "x", "~" * 100_000 + "`x`y", "~" * 100_000 + "`x`y\n"])
def test_a_long_line_of_one_character_costs_no_square_of_it(page: Page, site: Site, source: str) -> None:
    took = page.evaluate(
        f"async given => {{ const from = performance.now(); await ({SIZE})(given); return performance.now() - from; }}",
        [site.script("tail"), source],
    )

    assert took < 1_000  # ms


SIZE = """async ([script, source]) => {
  const { Tail } = await import(script);
  const place = document.createElement("div");
  new Tail(place).append(source);
  let deep = 0;
  for (let each = place; each; each = each.lastElementChild) deep += 1;
  return [deep, place.textContent];
}"""


@pytest.mark.usefixtures("corpora")
@pytest.mark.parametrize("corpus", NAMES)
def test_the_open_end_takes_any_text_and_holds_text_alone(page: Page, site: Site, corpus: str) -> None:
    told = page.evaluate(
        """async ([script, texts]) => {
          const { Tail } = await import(script);
          const kinds = new Set();
          for (const text of texts) {
            const place = document.createElement("div");
            const tail = new Tail(place);
            for (const character of text.slice(0, 3000)) tail.append(character);
            for (const each of place.querySelectorAll("*")) {
              kinds.add(each.localName);
              each.getAttributeNames().forEach((name) => kinds.add(`@${name}`));
            }
          }
          return [...kinds];
        }""",
        [site.script("tail"), [text for text in texts(corpus) if text]],
    )

    elements = "p br h1 h2 h3 h4 h5 h6 ul ol li blockquote hr div table tbody tr th td figure figcaption pre code"
    inline = "em strong s span @class @dir @start @data-pen"
    assert set(told) <= set(f"{elements} {inline}".split())


def test_half_typed_marks_do_not_flash(page: Page, frames: Callable[[], list[str]], model: FakeProvider) -> None:
    page.reload()
    model.script(growing(*pieces(TEXT, 1)))
    send(page, "Write")
    expect(page.locator(".answer-actions")).to_have_count(1)

    assert [frame for frame in frames() if re.search(r"[*`#|<]", frame.replace("# why", ""))] == []


def test_a_page_opened_in_mid_answer_shows_finished_blocks_at_once(
    page: Page, another: Callable[[str], Page], model: FakeProvider, gate: Gates
) -> None:
    more, end = gate(), gate()
    script = growing("😀 **bold**\r\n\r\n- one\r\n- two\r\n\r\nThree", more, " four.\n\nFi", end, "ve")
    model.script(script)
    send(page, "Write")
    expect(page.locator(".answer-tail")).to_have_text("Three")
    expect(page.locator(".answer-body > ul")).to_be_visible()

    later = another(page.url)
    expect(later.locator(".answer-body > p strong")).to_have_text("bold")
    expect(later.locator(".answer-body > ul > li")).to_have_text(["one", "two"])
    expect(later.locator(".answer-tail")).to_have_text("Three")
    more.open()
    expect(later.locator(".answer-body > p").nth(1)).to_have_text("Three four.")
    with later.expect_request("**/markdown/") as rendering:
        end.open()

    for tab in (page, later):
        expect(tab.locator(".answer-tail")).to_have_count(0)
        expect(tab.locator(".answer-body > *")).to_have_text(["😀 bold", "one\ntwo", "Three four.", "Five"])
    sent = parse_qs(rendering.value.post_data)["text"]
    assert sent == ["😀 **bold**\r\n\r\n- one\r\n- two\r\n\r\nThree four.\n\nFive"]


def test_without_script_finished_blocks_are_html_too(plain_page: Page, model: FakeProvider, gate: Gates) -> None:
    model.script(growing("**bold**\n\nMore *to co", gate()))
    plain_page.get_by_label("Your message").fill("Write")
    plain_page.get_by_role("button", name="Send").click()

    expect(plain_page.locator(".answer-body > p strong")).to_have_text("bold")
    expect(plain_page.locator(".answer-tail")).to_have_text("More *to co")


def test_the_swap_at_the_end_moves_nothing(page: Page, model: FakeProvider, gate: Gates) -> None:
    end = gate()
    model.script(growing(*pieces(TEXT), end))
    send(page, "Write")
    expect(page.locator(".answer-tail")).to_have_text("The lastparagraph.")
    places = """[...document.querySelectorAll('.answer-body :is(p, h2, ul, .md-code, .md-table)')].map((each) => {
      const { top, left, height } = each.getBoundingClientRect();
      return [each.localName, top, left, height].join(" ");
    })"""
    before = page.evaluate(places)

    end.open()
    expect(page.locator(".answer-actions")).to_have_count(1)

    assert len(before) == 6
    assert page.evaluate(places) == before


def test_a_definition_behind_its_link_is_right_in_the_end(page: Page, model: FakeProvider, gate: Gates) -> None:
    end = gate()
    script = growing("See [the docs][1].\n\n[1]: https://docs.example\n\nMore", end, ".")
    model.script(script)
    send(page, "Write")
    expect(page.locator(".answer-body > p")).to_have_text("See [the docs][1].")

    end.open()

    expect(page.locator(".answer-body > p a")).to_have_text("the docs")
    expect(page.locator(".answer-body > p")).to_have_text(["See the docs.", "More."])


def test_code_that_is_read_as_it_comes_is_not_folded(page: Page, model: FakeProvider, gate: Gates) -> None:
    begin, more, end = gate(), gate(), gate()
    code = "".join(f"line {number}\n" for number in range(60))
    model.script(growing("Code:\n\n", begin, f"```\n{code}", more, "```\n\nAnd", end, " more"))
    send(page, "Write")
    expect(page.locator(".answer-body > p")).to_have_text("Code:")
    begin.open()
    expect(page.locator(".answer-tail code")).to_contain_text("line 59")
    height = page.locator(".answer-tail pre").evaluate("code => code.offsetHeight")
    more.open()
    expect(page.locator(".answer-tail")).to_have_text("And")
    assert page.locator(".answer-body > figure pre").evaluate("code => code.offsetHeight") == height
    end.open()
    expect(page.locator(".answer-actions")).to_have_count(1)
    assert page.locator(".answer-body > figure pre").evaluate("code => code.offsetHeight") == height

    page.reload()

    expect(page.get_by_role("button", name="Show all 60 lines")).to_be_visible()

"""Lists, quotes and tables say which way they are read where that is another than around them."""

import re
from itertools import pairwise

import pytest

from conversations.markdown.parser import finished_blocks, to_html
from conversations.markdown.sanitizer import Engine, sanitize


def directions(markdown: str) -> list[str]:
    """Each container of the rendered text, with what it says."""
    tags = re.findall(
        r'<(ul|ol|blockquote|div)(?: start="\d+")?(?: class="[\w-]+")?(?: dir="(\w+)")?>', to_html(markdown)
    )
    return [f"{tag} {said}".strip() for tag, said in tags]


@pytest.mark.parametrize(
    ("markdown", "said"),
    [
        ("Hello\n\n- one\n\n> two", ["ul", "blockquote"]),
        ("Hello\n\n- אחד\n\n> two", ["ul rtl", "blockquote"]),
        ("שלום\n\n- one\n\n> שתיים", ["ul", "blockquote rtl"]),
        ("- אחד\n- two", ["ul rtl"]),
        ("Hello\n\n1. مرحبا\n   - one\n     - واحد", ["ol rtl", "ul ltr", "ul rtl"]),
        ("Hello\n\n> 1 + 2\n>\n> - واحد", ["blockquote rtl", "ul"]),
        ("Hello\n\n- 1\n\nواحد", ["ul"]),  # what has no letter goes the way of what is around it
        ("Hello\n\n| א | b |\n|---|---|\n| 1 | 2 |", ["div rtl"]),
        ("```python\n```\n\n- אחד", ["ul rtl"]),
        ("> ```python\n> x\n> ```\n>\n> אחד", ["blockquote rtl"]),
        (">     x\n>\n> אחד", ["blockquote rtl"]),
        ("- [אחד](https://example.org)", ["ul rtl"]),
        ("- `npm install` התקנה", ["ul rtl"]),
        ("- `אחד` one", ["ul"]),
        ("- $x$ אחד", ["ul rtl"]),
        ("- \\[\n  x\n  \\]\n\n  אחד", ["ul rtl", "div"]),
        ("> אחד\n>\n> - `x`", ["blockquote rtl", "ul"]),
        ("| `x` | $y$ |\n|---|---|\n| `z` אחד | 2 |", ["div rtl"]),
        ("3. **אחד** x", ["ol rtl"]),
        ("- ![אחד](https://example.org/x.png)", ["ul rtl"]),
    ],
)
def test_container_says_its_direction_where_it_is_another(markdown: str, said: list[str]) -> None:
    assert directions(markdown) == said


@pytest.mark.parametrize("engine", ["nh3", "bleach"])
def test_sanitizer_leaves_a_direction_and_nothing_else_in_its_place(engine: Engine) -> None:
    html = to_html("Hello\n\n1. אחד\n\n| א |\n|---|")

    assert html.count(' dir="rtl"') == 2
    assert sanitize(html, engine=engine) == html
    assert sanitize('<ul dir="auto"><li dir="rtl">x</li></ul><p dir="rtl">y</p>', engine=engine) == (
        "<ul><li>x</li></ul><p>y</p>"
    )


def test_finished_blocks_say_what_they_say_in_the_whole() -> None:
    text = "1\n\n- 2\n\nHello\n\n- אחד\n  - one\n\n> two\n\nשלום\n\n- three\n\nEnd\n"
    whole = to_html(text)

    parts = ["".join(block.html for block in finished_blocks(text[:length])) for length in range(len(text) + 1)]

    assert all(whole.startswith(part) for part in parts)
    assert all(longer.startswith(shorter) for shorter, longer in pairwise(parts))
    assert 'dir="rtl"' in parts[-1]

"""What is a formula, and what only looks like one."""

import re

import pytest
from markdown_it.token import Token

from conversations.markdown import parser
from conversations.markdown.rendering import render_here
from tests.markdown.corpora import items

SPECIFICATIONS = ["commonmark_spec", "gfm_spec", "cmark_regression", "markdown_it_fixtures", "markdown_it_py_fixtures"]


@pytest.mark.parametrize(
    ("text", "marked"),
    [
        ("$x$", "[x]"),
        ("a $x$, ($y$), “$z$” and $n$-th", "a [x], ([y]), “[z]” and [n]-th"),
        ("设$x$为实数", "设[x]为实数"),
        ("**$x$** _$y$_", "[x] [y]"),
        ("10$^\\circ$C, 5$\\mu$m", "10[^\\circ]C, 5[\\mu]m"),
        ("$\\$5$", "[\\$5]"),
        ("$a\nb$", "[a\nb]"),
        ("\\(x\\) and \\( y \\)", "[x] and [ y ]"),
        ("$$x$$ then \\[y\\]", "[[x]] then [[y]]"),
        ("\\[ a \\\\[4pt] b \\] c", "[[ a \\\\[4pt] b ]] c"),
        ("$$\\text{a $x$}$$ b", "[[\\text{a $x$}]] b"),
        ("[$x$](https://a.example)", "[x]"),
    ],
)
def test_formula_in_a_line(text: str, marked: str) -> None:
    assert marks(text) == marked


@pytest.mark.parametrize(
    "text",
    [
        "$5 and $10",
        "costs $5.",
        "Joe's ($$), Ann's ($$).",
        "$5-$10, $5/$10, ($5) or ($10)",
        "$20k–$30k",
        "$HOME/$USER $PATH:$HOME $A$B",
        "US$5, A$6, C$, A$",
        "echo $1 $2",
        "$this->$that and $$name = 1; echo $$other;",
        "a$b$ $a$b",
        "$ a$ $a $ $$",
        "$a",
        "$a\n\nb$",
        "$$a\n\nb$$",
        "($), ($$), ($$$)",
        "$5 in `bash$`",
        "`$a$` `$$b$$` `\\(c\\)` `\\[d\\]`",
        "    $$a$$",
        "```\n$$\na\n$$\n```",
        "https://a.example/?b=$c&d=$e",
        "3$\\times$4",
    ],
)
def test_not_a_formula(text: str) -> None:
    assert "math" not in render_here(text, engine="nh3")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\\$x$", "$x$"),
        ("\\$5 and \\$6", "$5 and $6"),
        ("\\(a", "(a"),
        ("\\[a", "[a"),
        ("a\\)", "a)"),
        ("\\[not a link](/b)", "[not a link](/b)"),
        ("\\\\(a\\\\)", "\\(a\\)"),
        ("\\\\[a\\\\]", "\\[a\\]"),
        ("a\\[1\\] f\\(x\\)", "a[1] f(x)"),
        ("\\[\\\\\\]", "[\\]"),
        ("\\(\\)", "()"),
    ],
)
def test_escape_without_a_formula_is_as_specified(text: str, shown: str) -> None:
    assert render_here(text, engine="nh3") == f"<p>{shown}</p>\n"


@pytest.mark.parametrize(
    ("text", "content", "lines"),
    [
        ("$$x$$", "x", [0, 1]),
        ("$$\nx\n$$", "\nx\n", [0, 3]),
        ("\\[\nx\n\\]", "\nx\n", [0, 3]),
        ("\\[ x\n  + y \\]", " x\n  + y ", [0, 2]),
        ("text\n$$\nx\n- y\n= z\n# a\n> b\n$$\nmore", "\nx\n- y\n= z\n# a\n> b\n", [1, 8]),
        ("# a\n\n   $$x$$  \n", "x", [2, 3]),
        ("> $$\n> x\n> $$", "\nx\n", [0, 3]),
        ("1. a\n\n   \\[\n   x\n   \\]\n2. b", "\nx\n", [2, 5]),
        ("- $$\n  x\n  $$", "\nx\n", [0, 3]),
        ("$$\n\\begin{matrix}a\\\\[1em]b\\end{matrix}\n$$", "\n\\begin{matrix}a\\\\[1em]b\\end{matrix}\n", [0, 3]),
    ],
)
def test_formula_with_lines_to_itself_is_a_block(text: str, content: str, lines: list[int]) -> None:
    (token,) = (token for token in tokens(text) if token.type == "formula_block")

    assert (token.content, token.map, token.block) == (content, lines, True)


@pytest.mark.parametrize(
    "text",
    [
        "$$x$$ y",
        "$$\nx\n$$ y",
        "y $$x$$",
        "$$\n\nx$$",
        "\\[\nx",
        "$$",
        "$$\n$$",
        "- $$\nx\n$$",
        "    $$x$$",
        "\\[x\\](/y)",
    ],
)
def test_formula_that_shares_its_lines_is_no_block(text: str) -> None:
    assert [token.type for token in tokens(text) if token.type == "formula_block"] == []


def test_formula_is_shown_by_where_it_stands() -> None:
    page = render_here("$a$ $$b$$ `$`\n\n$$c$$", engine="nh3")

    inline = '<span class="md-math-line"><math><mi>a</mi></math></span>'
    display = '<span class="md-math"><math display="block"><mi>b</mi></math></span>'
    block = '<div class="md-math"><math display="block"><mi>c</mi></math></div>'
    assert page == f"<p>{inline} {display} <code>$</code></p>\n{block}\n"


def test_formula_in_an_image_is_its_source() -> None:
    page = render_here("![a $x$](https://b.example)", engine="nh3")

    assert ">a $x$ <bdi" in page


@pytest.mark.parametrize("name", SPECIFICATIONS)
def test_examples_of_the_specifications_hold_no_formula(corpora: None, name: str) -> None:
    """So each of them is rendered as if there were none."""
    texts = [str(item.get("markdown") or item.get("input")) for item in items(name)]

    assert [text for text in texts if re.search("formula", str(tokens(text)))] == []


def tokens(text: str) -> list[Token]:
    return list(parser._chat().parse(text))


def marks(text: str) -> str:
    """The text with formulas in brackets, two where they stand alone."""
    (inline,) = (token for token in tokens(text) if token.type == "inline")
    return "".join(_mark(token) for token in inline.children or [])


def _mark(token: Token) -> str:
    if token.type != "formula":
        return "\n" if token.type == "softbreak" else token.content
    return f"[[{token.content}]]" if token.markup in ("$$", "\\[") else f"[{token.content}]"

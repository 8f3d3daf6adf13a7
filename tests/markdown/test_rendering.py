"""What a chat shows of Markdown: links, images, tables, tasks, code, and every word."""

from collections.abc import Callable

import pytest

from conversations.markdown.policy import REL
from conversations.markdown.rendering import render_here

LINK = f'target="_blank" rel="{REL}"'


def rendered(text: str) -> str:
    return render_here(text, engine="nh3")


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("[a](https://b.example/c)", f'<a href="https://b.example/c" {LINK}>a</a>'),
        ('[a](https://b.example "c<")', f'<a href="https://b.example" title="c&lt;" {LINK}>a</a>'),
        ("[a](mailto:b@c.example)", f'<a href="mailto:b@c.example" {LINK}>a</a>'),
        ("[](https://b.example)", f'<a href="https://b.example" {LINK}>https://b.example</a>'),
        ("[*a*](/b)", "<em>a</em>"),
        ("[a](//b.example)", "a"),
        ("[a](#b)", "a"),
        ("[a]()", "a"),
        ("[a](javascript:alert(1))", "a"),
        ("[a](javascript:123)", "a"),
        ("[a](data:text/html,b)", "a"),
        ("[a](tel:+123)", "a"),
        ("[a](https://b.example@c.example)", "a"),
        ("<https://b.example>", f'<a href="https://b.example" {LINK}>https://b.example</a>'),
        ("<javascript:b>", "javascript:b"),
    ],
)
def test_link_leads_to_an_allowed_place_or_is_its_text(text: str, html: str) -> None:
    assert rendered(text) == f"<p>{html}</p>\n"


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("https://a.example/b.", f'<a href="https://a.example/b" {LINK}>https://a.example/b</a>.'),
        ("www.a.example", f'<a href="https://www.a.example" {LINK}>www.a.example</a>'),
        ("a@b.org", f'<a href="mailto:a@b.org" {LINK}>a@b.org</a>'),
        ("https://xn--80ak6aa92e.com", f'<a href="https://xn--80ak6aa92e.com" {LINK}>https://xn--80ak6aa92e.com</a>'),
        ("manage.py and README.md and a.com", "manage.py and README.md and a.com"),
        ("ftp://a.example //b.example", "ftp://a.example //b.example"),
    ],
)
def test_bare_address_is_a_link(text: str, html: str) -> None:
    assert rendered(text) == f"<p>{html}</p>\n"


@pytest.mark.parametrize(
    ("text", "html"),
    [
        (
            "![a *b*](https://c.example/d?e)",
            f'<a class="md-image" href="https://c.example/d?e" {LINK}>a b <bdi class="md-host">(c.example)</bdi></a>',
        ),
        (
            "![](https://c.example/d)",
            f'<a class="md-image" href="https://c.example/d" {LINK}>image <bdi class="md-host">(c.example)</bdi></a>',
        ),
        (
            "[![a](https://b.example/c)](https://d.example)",
            f'<a href="https://d.example" {LINK}>a <bdi class="md-host">(b.example)</bdi></a>',
        ),
        ("![a](/b)", "a"),
        ("![](data:image/png;base64,iVBO)", "image"),
    ],
)
def test_image_is_a_link_that_names_its_host(text: str, html: str) -> None:
    assert rendered(text) == f"<p>{html}</p>\n"


def test_definition_is_shown_unless_a_link_uses_it() -> None:
    used = rendered("[a][b]\n\n[b]: https://b.example")
    unused = rendered("[b]: https://b.example 'c'")
    refused = rendered("[Note]: important")
    twice = rendered("[a]\n\n[a]: https://b.example\n[a]: second")

    assert used == f'<p><a href="https://b.example" {LINK}>a</a></p>\n'
    assert unused == f"<p>[b]: <a href=\"https://b.example\" {LINK}>https://b.example</a> 'c'</p>\n"
    assert refused == "<p>[Note]: important</p>\n"
    assert twice == f'<p><a href="https://b.example" {LINK}>a</a></p>\n<p>[a]: second</p>\n'


def test_table_is_aligned_by_classes_in_a_container() -> None:
    page = rendered("|a|b|c|\n|:-|:-:|-:|\n|1|2|3|\n")

    rows = (
        '<tr>\n<th class="md-left">a</th>\n<th class="md-center">b</th>\n<th class="md-right">c</th>\n</tr>',
        '<tr>\n<td class="md-left">1</td>\n<td class="md-center">2</td>\n<td class="md-right">3</td>\n</tr>',
    )
    head, body = f"<thead>\n{rows[0]}\n</thead>", f"<tbody>\n{rows[1]}\n</tbody>"
    assert page == f'<div class="md-table"><table>\n{head}\n{body}\n</table></div>\n'


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("one<br>two", "one<br>\ntwo"),
        ("one <BR/> two<br />\nthree", "one <br>\n two<br>\n\nthree"),
        ("**one:**<br>*two*", "<strong>one:</strong><br>\n<em>two</em>"),
        ("*one<br>two*", "<em>one<br>\ntwo</em>"),
        ("https://a.example<br>two", f'<a href="https://a.example" {LINK}>https://a.example</a><br>\ntwo'),
        ("[one<br>two](/b)", "one<br>\ntwo"),
        ("`one<br>two`", "<code>one&lt;br&gt;two</code>"),
        (r"one\<br>two", "one&lt;br&gt;two"),
        ("one&lt;br>two", "one&lt;br&gt;two"),
        (
            "<br class=a> <br  > <br / > <b> </br> <hr>",
            "&lt;br class=a&gt; &lt;br  &gt; &lt;br / &gt; &lt;b&gt; &lt;/br&gt; &lt;hr&gt;",
        ),
    ],
)
def test_line_is_broken_by_its_tag_and_no_other_tag_is_one(text: str, html: str) -> None:
    assert rendered(text) == f"<p>{html}</p>\n"


def test_line_is_broken_in_a_cell() -> None:
    cells = [f"<{tag}>one<br>\ntwo</{tag}>" for tag in ("th", "td")]

    html = rendered("| one<br>two |\n|---|\n| one<br/>two |\n")

    assert [cell in html for cell in cells] == [True, True]


def test_table_keeps_the_cells_beyond_its_header() -> None:
    page = rendered("> |a|b|\n> |-|-|\n> |1|2| *3* |4\n> |5|\n")

    assert "<tr>\n<td>1</td>\n<td>2 | <em>3</em> | 4</td>\n</tr>\n<tr>\n<td>5</td>\n<td></td>\n</tr>" in page


def test_task_has_a_mark_of_text() -> None:
    page = rendered("- [x] a\n- [ ] b\n- c\n")

    done = '<li class="md-task"><span class="md-done">☑</span> a</li>'
    still_open = '<li class="md-task"><span class="md-open">☐</span> b</li>'
    assert page == f"<ul>\n{done}\n{still_open}\n<li>c</li>\n</ul>\n"


def test_code_is_highlighted_by_classes() -> None:
    page = rendered("```py\nif a: pass # <b>\n```")

    tokens = '<span class="k">if</span> a: <span class="k">pass</span> <span class="c"># &lt;b&gt;</span>\n'
    code = f'<pre><code class="language-python">{tokens}</code></pre>'
    assert page == f'<figure class="md-code"><figcaption>py</figcaption>{code}</figure>\n'


def test_code_of_many_lines_says_so() -> None:
    short, long = (rendered("```\n" + "a\n" * lines + "```") for lines in (30, 31))

    assert short.startswith('<figure class="md-code">')
    assert long.startswith('<figure class="md-code md-long">')


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("    a <b>", "<pre><code>a &lt;b&gt;\n</code></pre>\n"),
        ("```\na\n```", '<figure class="md-code"><pre><code>a\n</code></pre></figure>\n'),
        (
            '``` x" y <z>\na\n```',
            '<figure class="md-code"><figcaption>x" y &lt;z&gt;</figcaption><pre><code>a\n</code></pre></figure>\n',
        ),
    ],
)
def test_code_without_a_known_language_is_plain(text: str, html: str) -> None:
    assert rendered(text) == html


def test_ordered_list_keeps_its_first_number() -> None:
    assert rendered("7. a") == '<ol start="7">\n<li>a</li>\n</ol>\n'


def nested_quotes(depth: int) -> str:
    return "> " * depth + "a"


def nested_lists(depth: int) -> str:
    return "".join("  " * level + f"- a{level}\n" for level in range(depth))


@pytest.mark.parametrize(("nested", "deepest"), [(nested_quotes, 99), (nested_lists, 50)])
def test_nesting_is_followed_or_the_text_is_shown_plain(nested: Callable[[int], str], deepest: int) -> None:
    followed = [rendered(nested(depth)).startswith("<pre") for depth in range(deepest - 1, deepest + 2)]

    assert followed == [False, nested is nested_lists, True]

import pytest
from pygments.lexer import RegexLexer
from pygments.token import Text

from conversations.markdown import highlight as module
from conversations.markdown.highlight import DENSEST, LONG, LONGEST, highlight, language_of


@pytest.mark.parametrize(
    ("info", "language"),
    [
        ("python", "python"),
        ("py", "python"),
        ("PY3 title=a", "python"),
        ("js", "javascript"),
        ("c++", "cpp"),
        ("c#", "csharp"),
        ("shell", "bash"),
        ("html", "html"),
        ("mermaid", None),
        ("", None),
        (" ", None),
        ("python,ignore", None),
    ],
)
def test_language_of_knows_pygments_aliases(info: str, language: str | None) -> None:
    assert language_of(info) == language


def test_highlight_keeps_blank_lines_and_the_end() -> None:
    assert highlight("\n\na  ", language="python") == "\n\na  "


def test_highlight_leaves_long_code_plain() -> None:
    longest = "if some_condition:\n\n" * (LONGEST // 20)

    assert '<span class="k">' in highlight(longest, language="python")
    assert highlight(longest + "<", language="python") == longest + "&lt;"


def test_highlight_gives_long_and_dense_code_fewer_looks() -> None:
    line = "x(1) # and something about it\n"
    short, long = (highlight(line * (size // len(line)), language="ruby") for size in (LONG, 2 * LONG))

    assert short.startswith('x(<span class="m">1</span>) <span class="c"># and')
    assert long.startswith('x(1) <span class="c"># and')
    assert len(long) <= DENSEST * 2 * LONG


def test_highlight_leaves_code_plain_when_its_lexer_loses_text(monkeypatch: pytest.MonkeyPatch) -> None:
    class Lossy(RegexLexer):
        tokens = {"root": [(r"a", Text), (r"b", lambda lexer, match, context=None: iter(()))]}

    monkeypatch.setattr(module, "find_lexer_class", lambda name: Lossy)

    assert highlight("a<b>", language="python") == "a&lt;b&gt;"

"""Formulas become MathML within the policy, or nothing."""

import subprocess
import sys
from typing import Any, get_args

import pytest

from conversations.markdown import mathml as module
from conversations.markdown.mathml import LONGEST, mathml
from conversations.markdown.rendering import render_here
from conversations.markdown.sanitizer import Engine, sanitize
from tests.conftest import ROOT
from tests.markdown.latex import DEEP, HOSTILE, ORDINARY, made_up
from tests.markdown.test_corpora import faults, lost_words
from tests.markdown.trees import shape, tree, visible

GENERATED = [made_up(number) for number in range(400)]

each_engine = pytest.mark.parametrize("engine", get_args(Engine))


@pytest.mark.parametrize(
    ("formula", "inside"),
    [
        ("x^2", "<msup><mi>x</mi><mn>2</mn></msup>"),
        (r"\frac{1}{2}", "<mfrac><mn>1</mn><mn>2</mn></mfrac>"),
        ("a < b", "<mi>a</mi><mo>&lt;</mo><mi>b</mi>"),
        (r"50\% + 50%", "<mn>50</mn><mi>%</mi><mo>+</mo><mn>50</mn><mi>%</mi>"),
        (r"\text{<b>}", "<mtext>&lt;b&gt;</mtext>"),
        (r"\text{\textbf{a}}", "<mtext>a</mtext>"),
        (r"\boxed{1}", '<mrow class="md-boxed"><mn>1</mn></mrow>'),
        (r"\color{white} x", "<mrow><mi>x</mi></mrow>"),
        (r"a \hspace{-9em} b", "<mi>a</mi><mspace></mspace><mi>b</mi>"),
        (r"a \hspace{90em} b", '<mi>a</mi><mspace width="4em"></mspace><mi>b</mi>'),
        (r"a \quad b", '<mi>a</mi><mspace width="1em"></mspace><mi>b</mi>'),
    ],
)
def test_formula_becomes_presentation_mathml(formula: str, inside: str) -> None:
    assert mathml(formula, is_display=False) == f"<math>{inside}</math>"


def test_displayed_formula_says_so() -> None:
    assert mathml("x", is_display=True) == '<math display="block"><mi>x</mi></math>'


@pytest.mark.parametrize(
    ("formula", "rows"),
    [
        (r"a = b \\ c = d", [["a=b"], ["c=d"]]),
        (r"a &= b \\[4pt] &= c", [["a", "=b"], ["", "=c"]]),
        (r"\begin{align} a &= b \\ c &= d \end{align}", [["", "a", "=b", ""], ["", "c", "=d", ""]]),
        (r"a = b \tag{7}", [["", "a=b", "(7)"]]),
        (r"a &= b \\ &= c \tag{7}", [["", "a", "=b", ""], ["", "", "=c", "(7)"]]),
        (r"\begin{align} a &= b \tag{7} \end{align}", [["", "a", "=b", "(7)"]]),
        (r"E = b \label{eq:1}", [["", "E=b", ""]]),
    ],
)
def test_rows_are_those_that_are_meant(formula: str, rows: list[list[str]]) -> None:
    """Also where LaTeX wants an environment around them; no row has a number that nobody gave."""
    root = tree(mathml(formula, is_display=True) or "")

    assert [[text_of(cell) for cell in row] for row in root.iter("{http://www.w3.org/1998/Math/MathML}mtr")] == rows


@pytest.mark.parametrize("formula", ORDINARY)
def test_ordinary_formula_is_shown(formula: str) -> None:
    assert mathml(formula, is_display=True) is not None


@pytest.mark.parametrize(
    "formula",
    [
        "",
        r"\;",
        r"\unknown{x}",
        r"\frac{1}",
        "{",
        "a & b",
        "x_1_2",
        r"\phantom{secret}",
        r"\newcommand{\a}{secret} x",
        r"\eqref{a}",
        r"\text{a $x$ b}",
    ],
)
def test_formula_that_cannot_be_shown_in_whole_is_none(formula: str) -> None:
    assert mathml(formula, is_display=False) is None


def test_formula_has_at_most_two_kilobytes() -> None:
    longest = r"\text{" + "é" * ((LONGEST - 7) // 2) + "}"

    assert (len(longest.encode()), mathml(longest, is_display=False) is None) == (1999, False)
    assert mathml(longest + "xx", is_display=False) is None


@pytest.mark.parametrize("formula", DEEP.values(), ids=DEEP)
def test_deep_formula_is_none(formula: str) -> None:
    shown = mathml(formula, is_display=True)

    assert shown is None or (formula == DEEP["braces"] and shown.count("<") < 10)


def test_deepest_formulas_need_less_than_half_of_the_stack() -> None:
    """Which is 8 MB where nobody has changed it; a library that runs out of it takes the render process along."""
    source = "from tests.markdown.latex import DEEP; from conversations.markdown.mathml import mathml;"
    source += "print([mathml(formula, is_display=True) is None for formula in DEEP.values()].count(True) > 10)"

    said = subprocess.check_output(["sh", "-c", 'ulimit -s 4096; exec "$0" -c "$1"', sys.executable, source], cwd=ROOT)

    assert said == b"True\n"


def test_formula_knows_no_command_of_another() -> None:
    assert mathml(r"\def\zz{x} \zz", is_display=False) == "<math><mi>x</mi></math>"
    assert mathml(r"\zz", is_display=False) is None


class Panic(BaseException):
    """As Rust's reach Python."""


@pytest.mark.parametrize("error", [ValueError, RecursionError, MemoryError, Panic])
def test_error_of_the_library_is_none(monkeypatch: pytest.MonkeyPatch, error: type[BaseException]) -> None:
    monkeypatch.setattr(module, "_converter", lambda: Broken(error))

    assert mathml("x", is_display=False) is None


def test_interrupt_is_no_error_of_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_converter", lambda: Broken(KeyboardInterrupt))

    with pytest.raises(KeyboardInterrupt):
        mathml("x", is_display=False)


@pytest.mark.parametrize(
    "made",
    [
        "",
        "x",
        "<p>x</p>",
        "<math>x</math>",
        "<math><mi>x</mi>",
        "<math><mi>x</mi></math></math>",
        "<math><mi>x</mi></math><math><mi>x</mi></math>",
        "<math><mi>x</mi></math>x",
        "<math><mi>x</mo></math>",
        "<math><mi><mi>x</mi></mi></math>",
        "<math><mi><b>x</b></mi></math>",
        "<math><mtext><a href='#a'>x</a></mtext></math>",
        "<math><math><mi>x</mi></math></math>",
        "<math><mphantom><mi>x</mi></mphantom></math>",
        "<math><maction><mi>x</mi></maction></math>",
        "<math><mglyph/><mi>x</mi></math>",
        "<math><semantics><mi>x</mi><annotation>x</annotation></semantics></math>",
        "<math><annotation-xml><mi>x</mi></annotation-xml></math>",
        "<math><mi>x</mi><!-- x --></math>",
        "<math><mi>x</mi><script>x</script></math>",
        "<math><mrow>" * 30 + "<mi>x</mi>" + "</mrow></math>" * 30,
        "<math>" + "<mi>x</mi>" * 6000 + "</math>",
    ],
)
def test_anything_else_that_the_library_makes_is_none(monkeypatch: pytest.MonkeyPatch, made: str) -> None:
    monkeypatch.setattr(module, "_converter", lambda: Broken(None, made))

    assert mathml("x", is_display=False) is None


def test_attribute_that_the_policy_does_not_allow_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    made = (
        '<math class="message" id="a" style="color:red"><mi href="javascript:alert(1)" mathvariant="bold">x</mi>'
        '<mo stretchy="false" lspace="9em" onclick="b">+</mo>'
        '<mtable style="width: 100%;position:fixed"></mtable></math>'
    )
    monkeypatch.setattr(module, "_converter", lambda: Broken(None, made))

    shown = mathml("x", is_display=False)

    assert shown == '<math><mi>x</mi><mo stretchy="false">+</mo><mtable class="md-wide"></mtable></math>'


@each_engine
def test_sanitizer_keeps_every_formula_as_it_is(engine: Engine) -> None:
    made = [mathml(formula, is_display=True) for formula in [*ORDINARY, *HOSTILE, *GENERATED]]

    assert [html for html in made if html and shape(tree(sanitize(html, engine=engine))) != shape(tree(html))] == []


@each_engine
@pytest.mark.parametrize("delimiters", ["$ $", "$$ $$", r"\( \)", r"\[ \]", "a\n$$\n \n$$"])
def test_formulas_leave_nothing_outside_the_policy_and_are_not_changed_by_sanitizing_again(
    engine: Engine, delimiters: str
) -> None:
    before, after = delimiters.split(" ")
    texts = [before + formula + after for formula in [*ORDINARY, *HOSTILE, *DEEP.values(), *GENERATED]]

    pages = {text: render_here(text, engine=engine) for text in texts}

    assert {text: faults(tree(page)) for text, page in pages.items() if faults(tree(page))} == {}
    again = {text: sanitize(page, engine=engine) for text, page in pages.items()}
    assert [text for text in texts if shape(tree(again[text])) != shape(tree(pages[text]))] == []
    assert [text for text in texts if sanitize(again[text], engine=engine) != again[text]] == []


def test_formulas_give_the_same_tree_with_both_engines() -> None:
    texts = [f"${formula}$ and $${formula}$$" for formula in [*ORDINARY, *HOSTILE, *GENERATED]]

    different = [
        text
        for text in texts
        if shape(tree(render_here(text, engine="nh3"))) != shape(tree(render_here(text, engine="bleach")))
    ]

    assert different == []


def test_most_made_up_formulas_are_shown() -> None:
    """Or the tests of them would say nothing."""
    shown = [formula for formula in GENERATED if mathml(formula, is_display=True)]

    assert len(shown) > 0.8 * len(GENERATED)


def test_source_of_what_is_not_shown_is_shown_with_every_word() -> None:
    text = "a $\\unknown{secret} words$ b\n\n$$\n\\phantom{hidden}\n  \\frac{1\n$$\n"

    page = render_here(text, engine="nh3")

    inline = '<code class="md-math">$\\unknown{secret} words$</code>'
    block = '<code class="md-math">$$\n\\phantom{hidden}\n  \\frac{1\n$$</code>'
    assert page == f"<p>a {inline} b</p>\n<p>{block}</p>\n"
    assert lost_words(text, page) == []


def test_library_is_loaded_by_the_first_formula_and_not_before() -> None:
    source = (
        "import sys; from conversations.markdown.worker import WARM_UP, render_here;"
        "render_here(WARM_UP + '$5 and $10', engine='nh3'); before = 'math_core' in sys.modules;"
        "render_here('$x$', engine='nh3'); print(before, 'math_core' in sys.modules)"
    )

    said = subprocess.check_output([sys.executable, "-c", source], cwd=ROOT, text=True)

    assert said == "False True\n"


class Broken:
    """A library that raises an error, or makes what it is told."""

    def __init__(self, error: type[BaseException] | None, made: str = "") -> None:
        self._error, self._made = error, made

    def convert_with_local_state(self, *_: Any, **__: Any) -> str:
        if self._error:
            raise self._error
        return self._made


def text_of(element: Any) -> str:
    return visible(element).strip()

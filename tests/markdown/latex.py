"""Formulas as models write them, formulas made to harm, and any number of made-up ones."""

from random import Random

ORDINARY = [
    r"x^2 + y_1",
    r"\frac{-b \pm \sqrt{b^2 - 4ac}}{2a}",
    r"\int_0^\infty e^{-x^2}\,dx = \frac{\sqrt{\pi}}{2}",
    r"\sum_{i=1}^{n} x_i \prod_{j} \lim_{x \to 0} \max_\theta",
    r"\left( \frac{a}{b} \right)^2 \bigl[ c \bigr] \left\{ x \;\middle|\; y \right\}",
    r"\begin{pmatrix} a & b \\ c & d \end{pmatrix}",
    r"\begin{array}{|c|l|} \hline a & b \\ \hline c & d \end{array}",
    r"f(x) = \begin{cases} 1 & \text{if } x > 0 \\ 0 & \text{otherwise} \end{cases}",
    r"\begin{aligned} a &= b \\[4pt] &= c \end{aligned}",
    r"\mathbb{R} \mathcal{L} \mathfrak{g} \mathbf{v} \mathrm{d}x \operatorname{argmax}_\theta",
    r"\hat{x} \vec{v} \bar{A} \overline{AB} \widehat{xyz} \widetilde{xyz} \underbrace{a + b}_{n}",
    r"\boxed{42} \cancel{x} \binom{n}{k} \dfrac{1}{2} \xrightarrow{a} \stackrel{!}{=}",
    r"a < b > c \& d \quad 50% \, \text{a < b}",
    r"日本語 + é",
]
HOSTILE = [
    r"\text{<img src=x onerror=alert(1)>}",
    r"\text{</mtext></math><script>alert(1)</script>}",
    r"\operatorname{<b>}",
    r"\href{javascript:alert(1)}{x}",
    r"\url{javascript:alert(1)}",
    r"\class{message}{x}",
    r"\style{position:fixed}{x}",
    r"\htmlData{a=b}{x}",
    r"\includegraphics{https://evil.example/x}",
    r"\color{white} hidden",
    r"\textcolor{#fff}{hidden}",
    r"\text{\textbf{a} \textit{b}}",
    r"\hspace{-100cm} x \hspace{100cm} \kern-9em y",
    r"\eqref{a}",
    r"\label{a\"><script>} x",
    r"\tag{<script>} x",
    r"\begin{equation}\label{</mtd>} x \end{equation}",
    '<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=alert(1)&gt;">',
    "]]><![CDATA[ <!-- x -->",
    "&lt;script&gt; &#60; &ApplyFunction;",
]
DEEP = {
    "braces": "{" * 990 + "x" + "}" * 990,
    "open braces": "{" * 1990,
    "fractions": r"\frac{" * 150 + "x" + "}{2}" * 150,
    "roots": r"\sqrt{" * 280 + "x" + "}" * 280,
    "bare roots": r"\sqrt " * 320 + "x",
    "brackets": r"\left(" * 140 + "x" + r"\right)" * 140,
    "indices": "x_{" * 480 + "}" * 480,
    "accents": r"\hat " * 390 + "x",
    "matrices": r"\begin{matrix}" * 70 + "x" + r"\end{matrix}" * 70,
    "texts": r"\text{" * 270 + "}" * 270,
    "accents by a command": r"\def\a{" + r"\hat" * 20 + "}" + r"\a" * 480,
    "itself": r"\def\a{\a\a}\a",
    "doubling": "".join(rf"\def\{a}{{\{b}\{b}}}" for a, b in zip("abcdefghijk", "bcdefghijkl", strict=True)) + r"\a",
    "long body": r"\def\a{" + "x" * 1900 + "}" + r"\a" * 40,
}

# As the recipes of the corpora: parts, and how often each, in proportion; 1 is once.
_RECIPES: dict[str, list[tuple[str, int]]] = {
    "dollars": [("$", 2)],
    "single dollars": [("$a ", 2)],
    "double dollars": [("$$a ", 2)],
    "formulas": [("$a$ ", 2)],
    "open parentheses": [("\\(", 2)],
    "open brackets": [("\\[", 2)],
    "open parentheses before an escape": [("\\(", 10_000), ("\\\\)", 1)],
    "lines of brackets": [("\\[\n", 2)],
    "lines of brackets that share their last": [("\\[\n", 10_000), ("\\] a", 1)],
    "lines of dollars": [("$$\n", 2)],
    "quoted dollars": [("> $$\n", 2)],
    "listed dollars": [("- $$\n", 2)],
    "formulas in links": [("[$a$](", 2)],
    "primes": [("$a" + "'" * 1900 + "$ ", 2)],
    "matrices": [("$\\begin{matrix}" + "&" * 1900 + "\\end{matrix}$ ", 2)],
    "roots": [("$" + "\\sqrt{" * 240 + "}" * 240 + "$ ", 2)],
    "braces": [("$$", 1), ("{", 10_000), ("$$", 1)],
    "macros": [("$\\def\\a{" + "x" * 900 + "}" + "\\a" * 45 + "$ ", 2)],
}
PATHOLOGICAL = [{"name": name, "parts": parts} for name, parts in _RECIPES.items()]

_LEAVES = [
    *(
        "x",
        "y",
        "1",
        "23.5",
        "+",
        "=",
        "<",
        ">",
        r"\alpha",
        r"\infty",
        r"\to",
        r"\le",
        "'",
        r"\text{if <b>}",
        r"\,",
        r"\quad",
    ),
    *(
        r"\mathbb{R}",
        r"\mathrm{kg}",
        r"\operatorname{lcm}",
        r"\sin",
        r"\sum",
        r"\int",
        r"\&",
        "%",
        "!",
        "é",
        "中",
        r"\ldots",
    ),
]
_TREES = [
    *("{}_{{{}}}", "{}^{{{}}}", r"\frac{{{}}}{{{}}}", r"\sqrt[{}]{{{}}}", r"\left( {} \middle| {} \right]", "{} {}"),
    *(r"\begin{{pmatrix}} {} & {} \end{{pmatrix}}", r"\begin{{aligned}} {} &= {} \\ &= 0 \end{{aligned}}"),
    *(
        r"\begin{{array}}{{r|c}} {} & {} \\ \hline 1 & 2 \end{{array}}",
        r"\overset{{{}}}{{{}}}",
        r"\hat{{{}}} \bar{{{}}}",
    ),
    *(
        r"\boxed{{{}}} \cancel{{{}}}",
        r"\underbrace{{{}}}_{{{}}}",
        r"\begin{{cases}} {} \\ {} \end{{cases}}",
        r"\binom{{{}}}{{{}}}",
    ),
]


def made_up(number: int) -> str:
    """A formula of its own for each number, most of them well formed."""
    return _made(Random(number), depth=4)  # noqa: S311 - no secret


def _made(random: Random, *, depth: int) -> str:
    if depth == 0 or random.random() < 0.2:
        return random.choice(_LEAVES)
    return random.choice(_TREES).format(_made(random, depth=depth - 1), _made(random, depth=depth - 1))

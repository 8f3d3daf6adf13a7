"""A style sheet or a script as one file with all that it imports."""

import pytest

from conversations import bundles
from tests.conftest import ROOT

STATIC = ROOT / "static"


def script(**texts: str) -> str:
    return bundles.script("js/main.js", lambda path: texts[path.removeprefix("js/").removesuffix(".js")])


def test_style_sheet_has_those_that_it_imports_in_their_places():
    texts = {
        "css/all.css": '@import "one.css";\n@import "two.css";\nb {}\n',
        "css/one.css": "a {}\n",
        "css/two.css": "i {}\n",
    }

    assert bundles.style_sheet("css/all.css", texts.__getitem__) == "a{}i{}b{}"


def test_style_sheet_loses_its_comments_and_no_blank_that_means_something():
    text = """
      /* Why { it } is so; */
      .a :is(b, c):not(.d),
      .e > f {
        inline-size: calc(1px + 2px); /* odd */
        font: 1rem "A  /* B */ ; C", serif;
        content: ' }  ';
      }
      @media (width < 30rem) and (hover: none) { g/* */h { color: red; } }
    """

    assert bundles.style_sheet("css/a.css", lambda _: text) == (
        '.a :is(b, c):not(.d), .e > f{inline-size: calc(1px + 2px);font: 1rem "A  /* B */ ; C", serif;'
        "content: ' }  ';}@media (width < 30rem) and (hover: none){g h{color: red;}}"
    )


def test_script_has_what_it_imports_once_and_before_it():
    made = script(
        main='import "./one.js";\nimport { two } from "./two.js";\n/** What is done. */\ntwo();\n',
        one='import { two } from "./two.js";\ntwo(1);\n',
        two="export function two(x = `a  b`) {\n  return x; // as it is\n}\n",
    )

    assert made == (
        "const $two=(()=>{function two(x=`a  b`){return x;}\nreturn{two};})();"
        "const $one=(()=>{const{two}=$two;two(1);return{};})();"
        "const{two}=$two;two();"
    )


def test_script_still_exports_what_it_did():
    assert script(main="export const x = 1;\n") == "export const x=1;"


@pytest.mark.parametrize(
    "form",
    [
        "export default x;",
        "export { x };",
        "export{x};",
        'export * from "./x.js";',
        'import x from "./x.js";',
        'import { x as y } from "./x.js";',
        'import * as x from "./x.js";',
        'import { x } from "x";',
        'const x = await import("./x.js");',
    ],
)
def test_form_that_cannot_be_served_is_an_error(form: str):
    with pytest.raises(ValueError, match=r"'js/one\.js' cannot be served .* because of: "):
        script(main='import "./one.js";\n', one=f"{form}\n", x="export const x = 1;\n")
    with pytest.raises(ValueError, match=r"'js/main\.js' cannot be served .* because of: "):
        script(main=f"{form}\n", x="export const x = 1;\n")


def test_names_may_be_imported_on_lines_of_their_own():
    made = script(main='import {\n  a,\n  b,\n} from "./one.js";\n', one="export const a = 1;\nexport const b = 2;\n")

    assert made.endswith("const{a,b,}=$one;")


def test_script_that_imports_itself_is_an_error():
    with pytest.raises(
        ValueError, match=r"'js/one\.js' imports itself: js/main\.js → js/one\.js → js/two\.js → js/one\.js"
    ):
        script(main='import "./one.js";\n', one='import "./two.js";\n', two='import "./one.js";\n')


def test_style_sheet_that_imports_itself_is_an_error():
    texts = {"css/all.css": '@import "one.css";\n', "css/one.css": '@import "all.css";\n'}

    with pytest.raises(ValueError, match=r"'css/all\.css' imports itself"):
        bundles.style_sheet("css/all.css", texts.__getitem__)


def test_every_import_of_ours_is_bundled():
    entries = ("chat", "passkeys", "found-words", "pick-all")
    made = "".join(bundles.script(f"js/{entry}.js", lambda path: (STATIC / path).read_text()) for entry in entries)

    modules = {f"${path.stem.replace('-', '_')}" for path in (STATIC / "js").glob("*.js") if path.stem not in entries}
    assert {name for name in modules if f"const {name}=" not in made} == set()
    assert "import" not in made.replace("importNode", "")

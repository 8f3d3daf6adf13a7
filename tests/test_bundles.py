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

    assert bundles.style_sheet("css/all.css", texts.__getitem__) == "a {}\ni {}\nb {}\n"


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


@pytest.mark.parametrize("form", ["export default x;\n", "export { x };\n", 'import x from "./x.js";\n'])
def test_form_that_cannot_be_served_is_an_error(form: str):
    with pytest.raises(ValueError, match=r"'js/one\.js' cannot be served"):
        script(main='import "./one.js";\n', one=form)


def test_every_import_of_ours_is_bundled():
    made = bundles.script("js/chat.js", lambda path: (STATIC / path).read_text())

    modules = {f"${path.stem.replace('-', '_')}" for path in (STATIC / "js").glob("*.js")} - {"$chat", "$back_link"}
    assert {name for name in modules if f"const {name}=" not in made} == set()
    assert "import" not in made.replace("importNode", "")

"""Static files as a server has them: hashed, whole, and collected only when a source changed."""

import json
import os
from pathlib import Path

import pytest
from django.conf import LazySettings

from conversations import storage


@pytest.fixture
def collected(tmp_path: Path, settings: LazySettings) -> Path:
    """A folder that the site's own static files, changed by nobody else, are collected into."""
    settings.STATIC_ROOT = tmp_path / "collected"
    settings.STATICFILES_DIRS = [tmp_path / "own"]
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "conversations.storage.HashedStaticFiles"},
    }
    write(tmp_path / "own" / "js" / "main.js", 'import { x } from "./other.js";\nx();\n')
    write(tmp_path / "own" / "js" / "other.js", "export const x = () => {};\n")
    return tmp_path / "collected"


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def names(folder: Path) -> dict[str, str]:
    found: dict[str, str] = json.loads((folder / "staticfiles.json").read_text())["paths"]
    return found


def test_script_is_served_with_what_it_imports(collected: Path):
    storage.collect_static()

    main = (collected / names(collected)["js/main.js"]).read_text()
    assert main == "const $other=(()=>{const x=()=>{};return{x};})();const{x}=$other;x();"


def test_script_of_another_app_is_served_as_it_is(
    collected: Path, tmp_path: Path, settings: LazySettings, monkeypatch: pytest.MonkeyPatch
):
    text = "export default 1; // theirs\n"
    write(tmp_path / "borrowed" / "__init__.py", "")
    write(tmp_path / "borrowed" / "static" / "js" / "theirs.js", text)
    monkeypatch.syspath_prepend(tmp_path)
    settings.INSTALLED_APPS = [*settings.INSTALLED_APPS, "borrowed"]
    settings.STATICFILES_DIRS = [*settings.STATICFILES_DIRS]  # the finders look for the apps anew

    storage.collect_static()

    assert (collected / names(collected)["js/theirs.js"]).read_text() == text


def test_style_sheet_is_served_with_those_that_it_imports(collected: Path, tmp_path: Path):
    write(tmp_path / "own" / "css" / "all.css", '@import "one.css";\n@import "two.css";\n')
    write(tmp_path / "own" / "css" / "one.css", "a {\n  color: red;\n}\n")
    write(tmp_path / "own" / "css" / "two.css", "a {\n  color: blue;\n}\n")

    storage.collect_static()

    served = (collected / names(collected)["css/all.css"]).read_text()
    assert served == "a{color: red;}a{color: blue;}"


@pytest.mark.parametrize(
    ("name", "text"), [("css/all.css", '@import "no.css";\n'), ("js/all.js", 'import "./no.js";\n')]
)
def test_import_of_nothing_is_an_error(collected: Path, tmp_path: Path, name: str, text: str):
    write(tmp_path / "own" / name, text)

    with pytest.raises(ValueError, match=r"/no\."):
        storage.collect_static()


def test_nothing_is_collected_twice(collected: Path):
    assert [storage.collect_static(), storage.collect_static()] == [True, False]


def test_changed_source_is_collected_and_the_old_one_kept_until_the_next(collected: Path, tmp_path: Path):
    storage.collect_static()
    old = collected / names(collected)["js/other.js"]

    write(tmp_path / "own" / "js" / "other.js", "export const x = () => 1;\n")
    did = storage.collect_static()
    is_kept, has_new = old.exists(), (collected / names(collected)["js/other.js"]).exists()
    write(tmp_path / "own" / "js" / "other.js", "export const x = () => 2;\n")
    storage.collect_static()

    assert (did, is_kept, has_new, old.exists()) == (True, True, True, False)


def test_source_with_an_old_date_is_collected_too(collected: Path, tmp_path: Path):
    storage.collect_static()
    source = tmp_path / "own" / "js" / "other.js"
    write(source, "export const x = () => 2;\n")
    os.utime(source, (0, 0))

    storage.collect_static()

    assert (collected / names(collected)["js/other.js"]).read_text() == "export const x=()=>2;"


def test_collecting_that_broke_off_is_done_again(collected: Path, tmp_path: Path):
    write(tmp_path / "own" / "broken.css", 'a { background: url("none.png"); }\n')
    with pytest.raises(ValueError, match=r"none\.png"):
        storage.collect_static()
    (tmp_path / "own" / "broken.css").unlink()

    assert storage.collect_static()


def test_extensions_that_no_page_loads_stay_out(collected: Path):
    storage.collect_static()

    assert [name for name in names(collected) if "ext/" in name or "htmx-4" in name or "htmax" in name] == []
    assert "django_htmx/htmx-2.min.js" in names(collected)

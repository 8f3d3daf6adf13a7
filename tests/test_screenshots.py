"""The folder of pictures: what is in it when they are taken anew."""

from pathlib import Path

import pytest

from tests.browser.states import STATES
from tests.screenshots import PEOPLE, VISITS, prepare


def test_old_pictures_go_from_the_folder_that_was_made_for_them(tmp_path: Path) -> None:
    folder = tmp_path / "var" / "screenshots"
    prepare(folder, is_whole=True)
    (folder / "old.png").touch()
    (folder / "notes.txt").touch()

    prepare(folder, is_whole=True)

    assert {file.name for file in folder.glob("[!.]*")} == {"notes.txt"}


@pytest.mark.parametrize("is_whole", [True, False])
def test_a_folder_of_somebody_else_loses_nothing(tmp_path: Path, *, is_whole: bool) -> None:
    (tmp_path / "theirs.png").touch()

    prepare(tmp_path, is_whole=is_whole)

    assert (tmp_path / "theirs.png").exists()


def test_a_few_pictures_leave_the_others(tmp_path: Path) -> None:
    folder = tmp_path / "screenshots"
    prepare(folder, is_whole=True)
    (folder / "another.png").touch()

    prepare(folder, is_whole=False)

    assert (folder / "another.png").exists()


def test_there_is_somebody_for_each_visit():
    assert len(set(PEOPLE)) == len(PEOPLE) >= VISITS * len(STATES)

from pathlib import Path

import pytest

from conversations import files


def test_folder_where_nothing_can_be_written_has_no_room():
    with pytest.raises(OSError, match="/proc"):
        files.has_room(Path("/proc"))


def test_folder_where_something_can_be_written_has_room_and_keeps_nothing(tmp_path: Path):
    assert (files.has_room(tmp_path), list(tmp_path.iterdir())) == (True, [])


def test_new_file_is_for_its_owner_alone_and_takes_the_place_of_none(tmp_path: Path):
    with files.new(tmp_path / "new") as file:
        file.write(b"text")

    assert ((tmp_path / "new").stat().st_mode & 0o777, (tmp_path / "new").read_bytes()) == (0o600, b"text")
    with pytest.raises(FileExistsError), files.new(tmp_path / "new"):
        pass

import os

import pytest

from carbonplan.catalogue.writing import table_text, write_whole
from carbonplan.errors import EnvironmentFailed
from tests.technology.example_measurements import row


def test_a_file_is_written_whole_and_replaces_what_was_there(tmp_path):
    path = tmp_path / "own.csv"
    path.write_text("before")
    write_whole(path, "after\n")
    assert path.read_text() == "after\n"
    assert list(tmp_path.iterdir()) == [path]


def test_what_fails_leaves_what_was_there(tmp_path, monkeypatch):
    path = tmp_path / "own.csv"
    path.write_text("before")

    def full(_descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(EnvironmentFailed, match="No space left"):
        write_whole(path, "after\n")
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_is_not_there_is_told(tmp_path):
    with pytest.raises(EnvironmentFailed, match="could not write"):
        write_whole(tmp_path / "absent" / "own.csv", "text")


def test_numbers_are_short_and_nothing_is_an_empty_cell():
    empty = row("step_s", 0.5).model_copy(update={"source": None})
    assert table_text([empty], ["quantity", "value", "source"]) == (
        "quantity,value,source\nstep_s,0.5,\n"
    )

from __future__ import annotations

import gzip
import os

import pytest

from carbonplan.catalogue.text import read_text
from carbonplan.errors import InvalidInput

LIMIT_BYTES = 1_000


def problem(path) -> str:
    with pytest.raises(InvalidInput) as caught:
        read_text(path, LIMIT_BYTES)
    (line,) = caught.value.problems
    return line


@pytest.fixture
def file(tmp_path):
    def write(data: bytes, name: str = "file.csv"):
        path = tmp_path / name
        path.write_bytes(data)
        return path

    return write


def test_byte_order_mark_is_dropped(file):
    assert read_text(file(b"\xef\xbb\xbfa,b\n"), LIMIT_BYTES) == "a,b\n"


def test_gzip_is_inflated(file):
    assert read_text(file(gzip.compress(b"a,b\n"), "file.csv.gz"), LIMIT_BYTES) == "a,b\n"


def test_size_is_counted_after_inflating(file):
    bomb = file(gzip.compress(b"0" * 1_000_000), "bomb.csv.gz")
    assert bomb.stat().st_size < 2 * LIMIT_BYTES
    assert problem(bomb) == "holds more than 0.001 MB, the most that is read"
    assert problem(file(b"0" * 1_001)) == "holds more than 0.001 MB, the most that is read"
    assert len(read_text(file(b"0" * 1_000), LIMIT_BYTES)) == 1_000


def test_gzip_in_gzip_and_broken_gzip(file):
    nested = gzip.compress(gzip.compress(b"a"))
    assert problem(file(nested, "a.gz")) == "holds gzip inside gzip; expected text"
    for broken in (b"a,b\n", gzip.compress(b"a,b\n" * 50)[:-12]):
        assert problem(file(broken, "b.gz")).startswith("is not a whole gzip file: ")


def test_other_encodings_are_named_with_their_line(file):
    found = problem(file("a\nM\xfcnchen\n".encode("latin-1")))
    assert found == "line 2: bytes that are not UTF-8; save the file as UTF-8"


def test_nul_byte(file):
    assert problem(file(b"a\nb\n\0\n")) == "line 3: a NUL byte; expected text in UTF-8"


def test_things_that_are_not_files(tmp_path):
    assert problem(tmp_path / "absent.csv") == "does not exist"
    assert problem(tmp_path) == "is a folder; expected a file"
    assert problem(tmp_path / "a\0b") == "is not the name of a file"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no named pipes")
def test_pipe_is_refused_without_waiting(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    assert problem(tmp_path / "pipe") == "is not a regular file"

from __future__ import annotations

import contextlib
import gzip
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carbonplan.catalogue.records import Positive, Record
from carbonplan.catalogue.tables import read_keyed, read_table
from carbonplan.errors import InvalidInput


class Kettle(Record):
    kettle: str
    volume_l: Positive
    cups: int
    whistle: Literal["high", "low"]
    power_w: Positive | None
    note: str = ""


HEADER = "kettle,volume_l,cups,whistle,power_w\n"


@pytest.fixture
def table(tmp_path):
    def write(text: str | bytes, name: str = "kettles.csv"):
        path = tmp_path / name
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return path

    return write


def problems(path, read=read_table) -> list[str]:
    with pytest.raises(InvalidInput) as caught:
        read(path, Kettle)
    assert caught.value.subject == str(path)
    return list(caught.value.problems)


def test_columns_are_found_by_name_and_blanks_trimmed(table):
    path = table("whistle,note,power_w,cups,kettle,volume_l\nlow, steel ,900,3,tin,1e0\n")
    (kettle,) = read_table(path, Kettle)
    assert kettle == Kettle(
        kettle="tin", volume_l=1.0, cups=3, whistle="low", power_w=900.0, note="steel"
    )


def test_empty_optional_cell_is_none_and_names_stay_text(table):
    kettles = read_table(table(HEADER + "NA,1,1,low,\nNone,1,1,low,\n007,1,1,low,\n"), Kettle)
    assert [kettle.kettle for kettle in kettles] == ["NA", "None", "007"]
    assert {kettle.power_w for kettle in kettles} == {None}
    assert {kettle.note for kettle in kettles} == {""}


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        (",1,1,low,", "line 2, kettle: is empty; expected text"),
        ("a,,1,low,", "line 2 (a), volume_l: is empty; expected a number with a decimal point"),
        ("a,0,1,low,", 'line 2 (a), volume_l: found "0"; expected a number above 0'),
        (
            'a,"1,5",1,low,',
            'line 2 (a), volume_l: found "1,5"; expected a number with a decimal point',
        ),
        ("a,1e400,1,low,", 'line 2 (a), volume_l: found "1e400"; expected a finite number'),
        ("a,nan,1,low,", 'line 2 (a), volume_l: found "nan"; expected a finite number'),
        ("a,1,1.5,low,", 'line 2 (a), cups: found "1.5"; expected a whole number'),
        (
            "a,1,1,hihg,",
            "line 2 (a), whistle: found \"hihg\"; expected one of 'high' or 'low'; "
            'nearest: "high"',
        ),
        ("a,1,1,low,inf", 'line 2 (a), power_w: found "inf"; expected a finite number'),
    ],
)
def test_cell_problems(table, row, problem):
    assert problems(table(HEADER + row + "\n")) == [problem]


def test_integers_of_thousands_of_digits(table):
    (problem,) = problems(table(HEADER + f"a,1,{'9' * 5000},low,\n"))
    assert problem == f'line 2 (a), cups: found "{"9" * 40}…"; expected a whole number'


def test_found_text_cannot_disturb_a_terminal(table):
    (problem,) = problems(table(HEADER + "a,\x1b[31m,1,low,\n"))
    assert r'found "\x1b[31m"' in problem


def test_header_problems(table):
    header = "kettle,volume_ml,cups,cups, whistle,,power_kw\n"
    assert problems(table(header + "a,1,1,1,low,x,y\n")) == [
        'line 1: column "cups" stands twice',
        'line 1: unknown column "volume_ml"; nearest: "volume_l"',
        'line 1: column " whistle" has blanks around its name',
        "line 1: a column without a name",
        'line 1: unknown column "power_kw"; nearest: "power_w"',
        'line 1: column "volume_l" is missing',
        'line 1: column "whistle" is missing',
        'line 1: column "power_w" is missing',
    ]


@pytest.mark.parametrize(("separator", "word"), [(";", "semicolons"), ("\t", "tabs")])
def test_other_separators(table, separator, word):
    path = table((HEADER + "a,1,1,low,\n").replace(",", separator))
    assert problems(path) == [f"line 1: columns are separated by {word}; expected commas"]


def test_field_counts(table):
    rows = "a,1,1,low,\na,1,1,low\na,1,5,1,low,900\n\n"
    assert problems(table(HEADER + rows)) == [
        "line 3: 4 fields found, 5 expected",
        "line 4: 6 fields found, 5 expected; "
        "a number has a decimal point and no thousands separator",
    ]


def test_quotes(table):
    (kettle,) = read_table(table(HEADER + '"a, ""b""",1,1,low,\n'), Kettle)
    assert kettle.kettle == 'a, "b"'
    assert problems(table(HEADER + 'a,1,1,low,\nb,1,1,low,"9\nc,1,1,low,\n')) == [
        "line 3: a quote is opened here and never closed"
    ]
    assert problems(table(HEADER + '"a"b,1,1,low,\n')) == [
        "line 2: not a line of a CSV file: ',' expected after '\"'"
    ]


@pytest.mark.parametrize("text", ["", "\n\n", b"\xef\xbb\xbf"])
def test_empty_file(table, text):
    assert problems(table(text)) == [
        "is empty; expected a header with kettle, volume_l, cups, whistle, power_w"
    ]


def test_header_only(table):
    assert problems(table(HEADER)) == ["no rows below the header"]


def test_problems_are_capped_and_counted(table):
    told = problems(table(HEADER + "a,x,1,low,\n" * 50))
    assert len(told) == 21
    assert told[-1] == "and 30 more like these"


def test_gzip_reads_the_same(table):
    text = HEADER + "a,1,1,low,\n"
    plain = read_table(table(text), Kettle)
    assert read_table(table(gzip.compress(text.encode()), "kettles.csv.gz"), Kettle) == plain


def test_keyed_refuses_repeats(table):
    path = table(HEADER + "a,1,1,low,\nb,1,1,low,\na,2,1,low,\n")
    assert problems(path, read_keyed) == ['line 4, kettle: "a" stands on line 2 too']


def test_keyed_keeps_the_order(table):
    path = table(HEADER + "b,1,1,low,\na,1,1,low,\n")
    assert list(read_keyed(path, Kettle)) == ["b", "a"]


@given(data=st.binary(max_size=60))
def test_any_bytes_are_read_or_refused_in_words(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("bytes") / "kettles.csv"
    path.write_bytes(HEADER.encode() + data)
    with contextlib.suppress(InvalidInput):
        assert read_table(path, Kettle)

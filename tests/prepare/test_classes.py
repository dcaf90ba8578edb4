import csv

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from carbonplan.catalogue import requests
from carbonplan.catalogue.library import Library
from carbonplan.errors import InvalidInput
from carbonplan.prepare.classes import (
    Lengths,
    read_histograms,
    read_lengths,
    request_classes,
    write_classes,
)

TOKENS = st.integers(1, 100_000)


def made(lengths, count=4):
    return request_classes(lengths, "chat", count, evidence="measured", source="a-trace")


def log(folder, *rows, header="input_tokens,output_tokens"):
    path = folder / "log.csv"
    path.write_text("\n".join([header, *rows]) + "\n")
    return path


def test_short_and_long_prompts_part_where_they_differ_most(tmp_path):
    rows = ["100,10"] * 50 + ["120,10"] * 30 + ["4000,10"] * 20
    low, high = made(read_lengths(log(tmp_path, *rows)), count=2)
    assert (low.input_tokens, low.share) == (pytest.approx(107.5), 0.8)
    assert (high.request_class, high.share) == ("4000in-10out", 0.2)


def test_a_second_cut_goes_where_the_first_left_most(tmp_path):
    rows = ["100,10"] * 40 + ["100,900"] * 40 + ["4000,10"] * 20
    names = [row.request_class for row in made(read_lengths(log(tmp_path, *rows)), count=3)]
    assert names == ["100in-10out", "100in-900out", "4000in-10out"]


@given(st.lists(st.tuples(TOKENS, TOKENS), min_size=1, max_size=60), st.integers(1, 6))
def test_mean_tokens_and_shares_are_kept(pairs, count):
    tokens = np.array(pairs, dtype=float)
    rows = made(Lengths(tokens, np.ones(len(tokens)), 0.0), count)
    assert 1 <= len(rows) <= count
    assert sum(row.share for row in rows) == pytest.approx(1, abs=1e-9)
    for axis, name in enumerate(("input_tokens", "output_tokens")):
        mean = sum(row.share * getattr(row, name) for row in rows)
        assert mean == pytest.approx(tokens[:, axis].mean(), rel=1e-5, abs=1e-3)


@given(st.permutations([(100, 10)] * 6 + [(200, 900)] * 5 + [(4000, 10)] * 7))
def test_the_order_of_the_trace_changes_nothing(pairs):
    tokens = np.array(pairs, dtype=float)
    names = [row.request_class for row in made(Lengths(tokens, np.ones(18), 0.0))]
    assert names == ["100in-10out", "200in-900out", "4000in-10out"]


def test_no_class_is_a_sliver():
    tokens = np.array([[100, 10]] * 98 + [[50_000, 5_000]] * 2, dtype=float)
    assert len(made(Lengths(tokens, np.ones(100), 0.0))) == 1


def test_equal_requests_are_one_class():
    assert len(made(Lengths(np.full((9, 2), 50.0), np.ones(9), 0.0))) == 1


def test_requests_without_output_are_left_out_and_counted(tmp_path):
    lengths = read_lengths(log(tmp_path, "100,10", "100,0", "100,30", "0,5"))
    assert lengths.dropped == 0.5
    assert made(lengths)[0].input_tokens == 100


def test_nothing_but_empty_requests(tmp_path):
    with pytest.raises(InvalidInput, match="no request has both"):
        read_lengths(log(tmp_path, "100,0"))


def test_histograms_are_taken_as_independent(tmp_path):
    path = tmp_path / "histograms.csv"
    path.write_text(
        "workload,field,requests_frac,mean_tokens_in_bin\n"
        "a,input_tokens,0.25,100\na,input_tokens,0.75,1000\n"
        "a,output_tokens,0.5,10\na,output_tokens,0.5,1000\nb,input_tokens,1,7\n"
    )
    rows = made(read_histograms(path, "a"))
    shares = {row.request_class: row.share for row in rows}
    assert shares["1000in-10out"] == pytest.approx(0.375)
    assert sum(row.share * row.input_tokens for row in rows) == pytest.approx(775)


def test_a_workload_that_is_not_there(tmp_path):
    path = log(tmp_path, "a,x,1,1", header="workload,field,requests_frac,mean_tokens_in_bin")
    with pytest.raises(InvalidInput, match='no row with workload "b"'):
        read_histograms(path, "b")


def test_written_classes_read_back(tmp_path):
    tokens = np.array([[100, 10]] * 2 + [[4000, 500]], dtype=float)
    rows = made(Lengths(tokens, np.ones(3), 0.0))
    path = tmp_path / "requests" / "classes.csv"
    path.parent.mkdir()
    write_classes(rows, path)
    assert list(requests.request_classes(Library(tmp_path))["chat"]) == rows
    with path.open(newline="") as file:
        assert next(csv.reader(file))[:3] == ["service", "request_class", "input_tokens"]


@pytest.mark.parametrize(
    ("row", "expected"), [("100,ten", "finite number"), ("100", "1 fields found, 2 expected")]
)
def test_what_is_wrong_with_a_trace_is_told_with_its_line(tmp_path, row, expected):
    with pytest.raises(InvalidInput, match=expected) as caught:
        read_lengths(log(tmp_path, "1,1", row))
    assert caught.value.problems[0].startswith("line 3")


def test_no_classes_at_all():
    with pytest.raises(InvalidInput, match="at least 1"):
        made(Lengths(np.ones((1, 2)), np.ones(1), 0.0), count=0)

"""Malformed arrays are refused before HiGHS, which would crash or solve something else."""

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
import scipy.sparse as sp

from carbonplan.program import Layout
from carbonplan.solve import highs, solve
from carbonplan.solve.arrays import MalformedProgram, arrays_of
from tests.solve.programs import mixed

NAN, INFINITY = np.nan, np.inf


def matrix(data=(1.0, 1.0), indices=(0, 0), starts=(0, 1, 2), shape=(1, 2)):
    """A matrix that scipy has not been allowed to check."""
    result = sp.csc_array((1, 2))
    result.data = np.array(data)
    result.indices = np.array(indices)
    result.indptr = np.array(starts)
    result._shape = shape
    return result


def numbers(*values):
    return np.array(values, dtype=float)


BAD = {
    "cost is not a number": {"cost": numbers(NAN, 1)},
    "cost is infinite": {"cost": numbers(INFINITY, 1)},
    "cost is too short": {"cost": numbers(1)},
    "cost is text": {"cost": np.array(["a", "b"])},
    "coefficient is not a number": {"matrix": matrix(data=(NAN, 1))},
    "coefficient is infinite": {"matrix": matrix(data=(INFINITY, 1))},
    "row beyond the last": {"matrix": matrix(indices=(0, 7))},
    "row is negative": {"matrix": matrix(indices=(0, -1))},
    "row appears twice": {"matrix": matrix((1, 1, 1), (0, 0, 0), (0, 2, 3))},
    "starts beyond the entries": {"matrix": matrix(starts=(0, 1, 5))},
    "starts fall": {"matrix": matrix(starts=(0, 3, 2))},
    "starts not from zero": {"matrix": matrix(starts=(1, 1, 2))},
    "matrix of another shape": {"matrix": matrix(shape=(4, 2))},
    "matrix by rows": {"matrix": sp.csr_array(np.ones((1, 2)))},
    "upper bound is not a number": {"column_upper": numbers(NAN, 1)},
    "lower bound is not a number": {"column_lower": numbers(NAN, 1)},
    "lower bound is plus infinity": {"column_lower": numbers(INFINITY, 1)},
    "bounds are crossed": {"column_lower": numbers(20, 0)},
    "bounds are too short": {"column_upper": numbers(1)},
    "row bound is not a number": {"row_upper": numbers(NAN)},
    "row bounds are crossed": {"row_upper": numbers(1)},
    "row bounds are too many": {"row_upper": numbers(9, 9)},
    "whole columns are numbers": {"integer": numbers(1, 0)},
    "whole columns are too few": {"integer": np.array([True])},
    "offset is not a number": {"offset": NAN},
    "layout beyond the columns": {
        "columns": {"Servers": Layout(("sku",), (("a",),), np.array([5]))}
    },
}


@pytest.mark.parametrize("fault", BAD)
def test_malformed_arrays_never_reach_highs(fault, monkeypatch):
    def reached(*_arguments):
        pytest.fail("HiGHS was reached")

    monkeypatch.setattr(highs.Model, "__init__", reached)
    with pytest.raises(MalformedProgram):
        solve(replace(mixed(), **BAD[fault]), isolated=False)


def test_explicit_zeros_are_left_out():
    arrays = arrays_of(replace(mixed(), matrix=matrix(data=(0.0, 2.0))))
    assert arrays.starts.tolist() == [0, 0, 1]
    assert arrays.coefficients.tolist() == [2.0]


def test_marks_name_slots_and_ranks():
    layouts = {
        "Servers": Layout(("sku",), (("a",),), np.array([0])),
        "Replicas": Layout(("configuration",), (("c",),), np.array([[1]])),
    }
    arrays = arrays_of(replace(mixed(), columns=layouts))
    assert arrays.slot.tolist() == [-1, 0]
    assert arrays.rank.tolist() == [3, 1]


def test_the_parent_of_a_worker_loads_neither_highs_nor_scipy():
    code = (
        "import sys, carbonplan.solve, carbonplan.solve.supervise;"
        "sys.exit(bool({'highspy', 'scipy', 'pyomo', 'pandas'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0

"""What crosses process borders comes back as it was, or not at all."""

import os

import numpy as np
import pytest

from carbonplan.solve import archive
from carbonplan.solve.arrays import arrays_of
from carbonplan.solve.job import Incumbent, Job, Outcome
from carbonplan.solve.status import Claim
from tests.solve.programs import mixed


def incumbent(objective=9.0):
    return Incumbent(np.array([0.0, 4.5]), objective, 8.5, 3, 0.25)


def test_arrays_survive_bit_for_bit(tmp_path):
    arrays = arrays_of(mixed())
    archive.save_arrays(tmp_path / "arrays.npz", arrays)
    again = archive.load_arrays(tmp_path / "arrays.npz")
    for name in ("starts", "rows", "coefficients", "row_upper", "upper", "integer", "slot"):
        np.testing.assert_array_equal(getattr(again, name), getattr(arrays, name))
    assert again.offset == arrays.offset


def test_job_and_incumbent_survive(tmp_path):
    job = Job(3.5, 1e-4, seed=7, presolve=False)
    archive.save_job(tmp_path / "job.json", job)
    assert archive.load_job(tmp_path / "job.json") == job
    archive.save_incumbent(tmp_path / "incumbent.npz", incumbent())
    again = archive.load_incumbent(tmp_path / "incumbent.npz")
    assert again.values.tolist() == [0.0, 4.5]
    assert (again.objective, again.bound, again.nodes, again.seconds) == (9.0, 8.5, 3, 0.25)


@pytest.mark.parametrize("values", [None, np.array([1.0, 2.0])])
def test_outcome_survives(tmp_path, values):
    outcome = Outcome(
        Claim.INFEASIBLE,
        values,
        relaxed_rows=((3, 1.5),),
        steps=("a", "b"),
        faults=("c",),
        solver_version="1.2.3",
    )
    archive.save_outcome(tmp_path / "outcome.npz", outcome)
    again = archive.load_outcome(tmp_path / "outcome.npz")
    assert again.claim is Claim.INFEASIBLE
    assert again.relaxed_rows == ((3, 1.5),)
    assert (again.steps, again.faults, again.solver_version) == (("a", "b"), ("c",), "1.2.3")
    assert (again.values is None) == (values is None)


def test_numbers_that_are_not_finite_are_left_out(tmp_path):
    archive.save_outcome(tmp_path / "o.npz", Outcome(Claim.STOPPED, bound=np.nan))
    assert archive.load_outcome(tmp_path / "o.npz").bound is None


def test_no_file_is_no_incumbent(tmp_path):
    assert archive.load_incumbent(tmp_path / "incumbent.npz") is None


@pytest.mark.parametrize("operation", ["fsync", "replace"])
def test_a_write_that_fails_leaves_the_old_plan_and_no_leftover(
    tmp_path, monkeypatch, operation
):
    path = tmp_path / "incumbent.npz"
    archive.save_incumbent(path, incumbent())

    def fail(*_arguments):
        raise OSError(28, "No space left on device")

    target = os if operation == "fsync" else archive.Path
    monkeypatch.setattr(target, operation, fail)
    with pytest.raises(OSError, match="No space left"):
        archive.save_incumbent(path, incumbent(8.0))
    monkeypatch.undo()
    assert archive.load_incumbent(path).objective == 9.0
    assert [file.name for file in tmp_path.iterdir()] == ["incumbent.npz"]

"""Answers known by hand or by enumeration."""

import numpy as np
import pytest

from carbonplan.errors import UsageError
from carbonplan.solve import Limits, Progress, Status, highs, relaxation, solve
from carbonplan.solve.arrays import arrays_of
from carbonplan.solve.bounds import safe_bound
from tests.solve import programs
from tests.solve.programs import EXACT, INFINITY, brute_force, program


def test_the_optimum_is_that_of_the_polished_plan():
    """HiGHS alone uses its tolerance and returns 8.999999 here."""
    solution = solve(programs.mixed(), EXACT, isolated=False)
    assert solution.status is Status.OPTIMAL
    assert solution.objective == pytest.approx(9.0, rel=1e-12)
    assert solution.values == pytest.approx([0, 4.5], abs=1e-12)
    assert solution.bound <= solution.objective
    assert solution.gap == pytest.approx(0.0, abs=1e-6)
    assert solution.solver.startswith("HiGHS 1.")


def test_offset_counts_in_objective_bound_and_relaxation():
    moved = program([[2, 1]], [3], [INFINITY], cost=[2, 5], offset=100.0)
    solution = solve(moved, EXACT, isolated=False)
    assert solution.objective == pytest.approx(104.0)
    assert 103.0 - 1e-9 <= solution.bound <= 104.0
    assert relaxation(moved) == pytest.approx(103.0)


def test_relaxation_of_an_impossible_program_is_none():
    assert relaxation(programs.impossible()) is None


def test_too_little_room_is_infeasible_and_the_row_is_named_with_its_shortfall():
    solution = solve(programs.impossible(), EXACT, isolated=False)
    assert solution.status is Status.INFEASIBLE
    assert solution.values is None
    assert solution.bound is None
    assert solution.violated_rows == ((0, pytest.approx(5.0)),)
    assert "infeasible by its continuous relaxation, proved by duals" in solution.steps


def test_shortfalls_come_in_the_rows_own_unit_largest_first():
    rows = [[1, 0], [0, 2e6]]
    short = program(rows, [12, 2.5e7], [INFINITY, INFINITY], cost=[1, 1], integer=False)
    solution = solve(short, EXACT, isolated=False)
    assert dict(solution.violated_rows) == {0: pytest.approx(2), 1: pytest.approx(5e6)}


def test_infeasible_by_whole_numbers_only_is_confirmed():
    solution = solve(programs.parity(), EXACT, isolated=False)
    assert solution.status is Status.INFEASIBLE
    assert solution.violated_rows == ((0, pytest.approx(1.0)),)


def test_no_whole_number_between_the_bounds_is_infeasible():
    narrow = program([[1]], [0], [5], cost=[1], lower=0.2, upper=0.8)
    assert solve(narrow, EXACT, isolated=False).status is Status.INFEASIBLE


def test_a_program_without_rows_is_solved():
    free = program([], [], [], cost=[2, -3], lower=-1, upper=4)
    assert solve(free, EXACT, isolated=False).objective == pytest.approx(-14.0)


def test_a_time_limit_keeps_the_best_plan_with_its_gap():
    limits = Limits(gap=0.0, time_limit_s=1.0)
    solution = solve(programs.hard_knapsack(), limits, isolated=False)
    assert solution.status is Status.FEASIBLE
    assert solution.gap == pytest.approx(
        (solution.objective - solution.bound) / -solution.objective
    )
    assert 0 < solution.gap < 0.1
    assert solution.seconds < 3.0


def test_a_time_limit_without_a_plan_says_so_and_keeps_the_bound():
    limits = Limits(gap=0.0, time_limit_s=1.0)
    solution = solve(programs.market_split(), limits, isolated=False)
    assert solution.status is Status.NO_PLAN
    assert solution.values is None
    assert solution.objective is None
    assert solution.gap is None
    assert 0 < solution.bound <= 50


def test_a_node_limit_is_reproducible():
    limits = Limits(gap=0.0, time_limit_s=20.0, max_nodes=20)
    one, other = (solve(programs.hard_knapsack(), limits, isolated=False) for _ in range(2))
    assert one.status is Status.FEASIBLE
    assert (one.values == other.values).all()
    assert (one.objective, one.bound, one.nodes) == (other.objective, other.bound, other.nodes)


def test_progress_improves_and_never_crosses():
    seen: list[Progress] = []
    limits = Limits(gap=0.0, time_limit_s=0.6)
    solution = solve(programs.hard_knapsack(), limits, isolated=False, on_progress=seen.append)
    objectives = [progress.objective for progress in seen if progress.objective is not None]
    bounds = [progress.bound for progress in seen if progress.bound is not None]
    assert objectives == sorted(objectives, reverse=True)
    assert bounds == sorted(bounds)
    assert bounds[-1] <= objectives[-1] == pytest.approx(solution.objective)
    assert {progress.phase for progress in seen} >= {"relaxation", "branch and bound"}


def test_run_folder_keeps_log_and_best_plan(tmp_path):
    limits = Limits(gap=0.0, time_limit_s=0.5)
    solve(programs.hard_knapsack(), limits, isolated=False, folder=tmp_path / "run")
    assert {path.name for path in (tmp_path / "run").iterdir()} == {
        "highs.log",
        "incumbent.npz",
    }


def random_program(generator: np.random.Generator):
    """Three or four whole columns with small bounds, one to three rows of any sense."""
    columns, rows = generator.integers(3, 5), generator.integers(1, 4)
    weights = generator.integers(-4, 7, (rows, columns)).astype(float)
    middle = weights @ generator.integers(0, 4, columns) + generator.integers(-2, 3, rows)
    senses = generator.integers(0, 3, rows)
    return program(
        weights,
        np.where(senses == 0, -INFINITY, middle - (senses == 2)),
        np.where(senses == 1, INFINITY, middle),
        cost=generator.integers(-9, 10, columns) / 4,
        upper=generator.integers(1, 5, columns),
        offset=float(generator.integers(-3, 4)),
    )


def test_two_hundred_random_programs_against_enumeration():
    generator = np.random.default_rng(20240416)
    infeasible = 0
    for _ in range(200):
        candidate = random_program(generator)
        expected = brute_force(candidate)
        solution = solve(candidate, EXACT, isolated=False)
        if expected is None:
            infeasible += 1
            assert solution.status is Status.INFEASIBLE, candidate
        else:
            assert solution.status is Status.OPTIMAL, candidate
            assert solution.objective == pytest.approx(expected, rel=1e-9, abs=1e-9), candidate
            assert solution.bound <= solution.objective
    assert 5 < infeasible < 100


def test_safe_bound_is_below_the_optimum_for_any_duals_and_tight_for_the_right_ones():
    arrays = arrays_of(programs.mixed())
    generator = np.random.default_rng(1)
    assert safe_bound(arrays, np.array([2.0])) == pytest.approx(9.0, rel=1e-12)
    for _ in range(50):
        assert safe_bound(arrays, generator.normal(0, 5, 1)) <= 9.0
    assert safe_bound(arrays, np.array([np.nan])) <= 9.0


def test_safe_bound_without_a_needed_bound_is_minus_infinity():
    free = program([[1, 1]], [4.5], [INFINITY], cost=[3, 2], upper=INFINITY)
    assert safe_bound(arrays_of(free), np.array([4.0])) == -INFINITY


def test_another_thread_count_in_one_process_is_refused():
    solve(programs.mixed(), EXACT, isolated=False)
    with pytest.raises(UsageError, match="threads 2: this process has solved with 1"):
        solve(programs.mixed(), Limits(threads=2), isolated=False)


def test_a_solve_inside_a_solve_is_refused():
    with highs._running, pytest.raises(UsageError, match="another solve is running"):
        solve(programs.mixed(), EXACT, isolated=False)


def test_a_forked_process_is_refused(monkeypatch):
    solve(programs.mixed(), EXACT, isolated=False)
    monkeypatch.setattr(highs.os, "getpid", lambda: -1)
    with pytest.raises(UsageError, match="forked"):
        solve(programs.mixed(), EXACT, isolated=False)


def test_an_untested_version_is_a_warning(monkeypatch):
    monkeypatch.setattr("carbonplan.solve.strategy.version", lambda: "9.9.9")
    solution = solve(programs.mixed(), EXACT, isolated=False)
    assert "warning: HiGHS 9.9.9; tested with 1.15.1" in solution.steps


def test_a_failing_reader_of_progress_ends_the_solve_with_its_own_error():
    def fail(_progress):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        solve(programs.hard_knapsack(), EXACT, isolated=False, on_progress=fail)
    assert solve(programs.mixed(), EXACT, isolated=False).status is Status.OPTIMAL

"""Stages and windows in the solver: columns that slots share, and bounds that stay bounds."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from carbonplan.problem import Problem, with_upper_bounds
from carbonplan.program.stamping import stamp
from carbonplan.solve import Limits, sifting, solve
from carbonplan.solve.arrays import FLEET, arrays_of
from carbonplan.solve.coarse import labels_of
from carbonplan.solve.highs import Model, Settings
from carbonplan.solve.lagrangian import COUPLING, row_slots, separated
from carbonplan.solve.sifting import Sifted, continuous_model
from carbonplan.solve.slots import has_whole_slots
from carbonplan.solve.watching import Watcher
from tests.answers import plain_optimum
from tests.brute_force import as_problem, random_case
from tests.random_stages import random_stages

SETTINGS = Settings(time_limit_s=20.0)
ROOM = 1e-6
POSSIBLE = (4, 6, 7, 9)


def repeated(problem: Problem, times: int, seed: int = 0) -> Problem:
    """Every slot so many times over in a cyclic run of its own, with other demand each time."""
    rng = np.random.default_rng(seed)
    data = problem.data
    slots = np.repeat(np.arange(data.sizes["slot"]), times)
    first = np.arange(len(slots)) // times * times
    longer = data.isel(slot=slots)
    changes = {
        "demand_rps": longer["demand_rps"] * rng.uniform(0.3, 1.0, len(slots)),
        "previous": ("slot", first + (np.arange(len(slots)) - first - 1) % times),
        "held": ("slot", np.arange(len(slots))),
        "hours": longer["hours"] / times,
    }
    return with_upper_bounds(replace(problem, data=longer.assign(changes)))


def held(problem: Problem, window: int) -> Problem:
    """The problem with replicas held over so many slots."""
    slots = np.arange(problem.data.sizes["slot"])
    return replace(problem, data=problem.data.assign(held=("slot", slots - slots % window)))


def windows(seed: int) -> Problem:
    """A random case over eight slots, two of them to a window; it has batch work and starts."""
    return held(repeated(as_problem(random_case(seed)), 4, seed), 2)


CASES = {
    **{f"stages {seed}": repeated(random_stages(seed), 4, seed) for seed in POSSIBLE},
    **{
        f"held stages {seed}": held(repeated(random_stages(seed), 4, seed), 2)
        for seed in (6, 9)
    },
    **{f"windows {seed}": windows(seed) for seed in (1, 3, 5)},
}


def solved(arrays):
    return Model(arrays, SETTINGS).run(Watcher())


def bound_by_slots(arrays, duals) -> float:
    constant, programs = separated(arrays, duals)
    return constant + sum(solved(program.arrays).bound for program in programs)


@pytest.fixture(scope="module")
def optima() -> dict[str, float]:
    return {name: plain_optimum(problem) for name, problem in CASES.items()}


def test_the_cases_have_plans(optima: dict[str, float]):
    assert np.isfinite(list(optima.values())).sum() >= 7


@pytest.mark.parametrize("case", CASES)
def test_the_bound_by_slots_is_between_the_relaxation_and_the_optimum(case: str, optima: dict):
    if np.isinf(optima[case]):
        return
    arrays = arrays_of(stamp(CASES[case]))
    relaxed = solved(arrays.relaxed())
    bound = bound_by_slots(arrays, relaxed.duals)
    room = ROOM * max(1.0, abs(optima[case]))
    assert relaxed.objective - room <= bound <= optima[case] + room
    wild = np.random.default_rng(0).normal(0, 1, arrays.rows_count)
    assert bound_by_slots(arrays, wild) <= optima[case] + room


@pytest.mark.parametrize("case", CASES)
def test_the_whole_search_proves_the_optimum(case: str, optima: dict):
    program = stamp(CASES[case])
    found = solve(program, Limits(gap=1e-4, time_limit_s=20.0, threads=1), isolated=False)
    if np.isinf(optima[case]):
        assert found.status == "infeasible"
        return
    room = ROOM * max(1.0, abs(optima[case]))
    assert found.bound <= optima[case] + room
    assert found.objective >= optima[case] - room
    assert found.objective <= optima[case] * (1 + 2e-4) + room


def test_some_of_the_cases_are_planned_slot_by_slot():
    class Looked:
        def __init__(self, problem: Problem) -> None:
            self.arrays = arrays_of(stamp(problem))

    assert any(has_whole_slots(Looked(problem)) for problem in CASES.values())


def test_a_column_of_a_window_is_of_its_first_slot():
    program = stamp(CASES["windows 1"])
    arrays = arrays_of(program)
    for family in ("Replicas", "Powered"):
        positions = program.columns[family].positions
        assert (arrays.slot[positions] == np.arange(8) // 2 * 2).all()
    servers = program.columns["Servers"].positions
    assert (arrays.slot[servers] == FLEET).all()


def test_rows_of_a_window_couple_its_slots():
    """In the second slot of a window, what runs is a column of the first."""
    program = stamp(CASES["windows 1"])
    of_row = row_slots(arrays_of(program))
    throughput = program.rows["load_within_throughput"].positions
    assert (of_row[throughput[:, 1]] == COUPLING).all()


def test_stages_see_their_own_servers():
    """A slot's rows hold the servers of its stage and of no other."""
    problem = CASES["stages 6"]
    program, stages = stamp(problem), problem.data["slot_stage"].values
    owned, servers = program.rows["powered_servers_are_owned"], program.columns["Servers"]
    matrix = program.matrix.tocsr()
    stage_names = [node.name for node in problem.nodes]
    for i, label in enumerate(owned.labels):
        for t, y in enumerate(stages):
            used = matrix[[owned.positions[i, t]]].indices
            seen = [servers.labels[j] for j in np.flatnonzero(np.isin(servers.positions, used))]
            assert seen == [(stage_names[y], *label)]


@pytest.mark.parametrize("seed", POSSIBLE)
def test_sifting_over_stages_finds_the_relaxation(seed: int, monkeypatch):
    monkeypatch.setattr(sifting, "FEWEST_COLUMNS", 1)
    arrays = arrays_of(stamp(repeated(random_stages(seed), 14, seed))).relaxed()
    model = continuous_model(arrays, SETTINGS)
    assert isinstance(model, Sifted)
    answer, whole = model.run(Watcher()), solved(arrays)
    assert answer.bound <= whole.objective + ROOM * abs(whole.objective)
    assert answer.objective == pytest.approx(whole.objective, rel=1e-4)


def test_windows_are_not_sifted(monkeypatch):
    """Slots of a window have unequal columns, so that no slot stands for others."""
    monkeypatch.setattr(sifting, "FEWEST_COLUMNS", 1)
    arrays = arrays_of(stamp(held(repeated(random_stages(6), 14, 6), 2))).relaxed()
    assert labels_of(arrays) is None
    assert isinstance(continuous_model(arrays, SETTINGS), Model)

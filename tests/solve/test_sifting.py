"""Sifting: the optimum of the whole program from few of its columns, or the whole program."""

from dataclasses import replace

import numpy as np
import pytest
import scipy.sparse as sp

from carbonplan.program import Layout, Program
from carbonplan.solve import Limits, Status, sifting, solve
from carbonplan.solve.arrays import FLEET, Arrays, arrays_of
from carbonplan.solve.bounds import safe_bound
from carbonplan.solve.coarse import coarsened, labels_of
from carbonplan.solve.directions import Prices, Pricing
from carbonplan.solve.faults import plan_faults
from carbonplan.solve.highs import Model, Settings
from carbonplan.solve.sifting import Sifted, continuous_model
from carbonplan.solve.status import Claim
from carbonplan.solve.watching import Watcher

SLOTS, TYPES = 28, 8
SETTINGS = Settings(time_limit_s=20.0)
INFINITY = np.inf


@pytest.fixture(autouse=True)
def _small_programs_are_sifted(monkeypatch):
    monkeypatch.setattr(sifting, "FEWEST_COLUMNS", 1)


def fleet(
    seed: int, *, whole: bool = False, demand: float = 10.0, stock: float = 6.0
) -> Program:
    """Servers of eight types serve a demand that may wait for one slot in turn.

    Columns Servers[type]; by slot Load[type], Backlog. Rows by slot: what comes is served or
    waits; Load[type] <= rate * Servers[type]. The stock limits the sum of all servers.
    """
    random = np.random.default_rng(seed)
    rates, count = random.uniform(1, 3, TYPES), TYPES + SLOTS * (TYPES + 1)
    in_slot = TYPES + np.arange(SLOTS * (TYPES + 1)).reshape(SLOTS, TYPES + 1)
    load, backlog = in_slot[:, :TYPES], in_slot[:, TYPES]
    carried, fits = sp.lil_array((SLOTS, count)), sp.lil_array((SLOTS * TYPES, count))
    for slot in range(SLOTS):
        carried[slot, load[slot]] = 1.0
        carried[slot, backlog[slot]] = 1.0
        carried[slot, backlog[slot - 1]] = -1.0
        for kind in range(TYPES):
            fits[slot * TYPES + kind, load[slot, kind]] = 1.0
            fits[slot * TYPES + kind, kind] = -rates[kind]
    stocked = sp.lil_array((1, count))
    stocked[0, :TYPES] = 1.0
    arrivals = demand * random.uniform(0.5, 1.0, SLOTS)
    cost, upper = np.zeros(count), np.full(count, 50.0)
    cost[:TYPES], cost[load] = random.uniform(5, 9, TYPES), random.uniform(0.1, 1, load.shape)
    upper[backlog] = 2.0
    labels = tuple((str(kind),) for kind in range(TYPES))
    return Program(
        matrix=sp.csc_array(sp.vstack([carried, fits, stocked])),
        row_lower=np.concatenate([arrivals, np.full(SLOTS * TYPES + 1, -INFINITY)]),
        row_upper=np.concatenate([arrivals, np.zeros(SLOTS * TYPES), [stock]]),
        column_lower=np.zeros(count),
        column_upper=upper,
        integer=np.arange(count) < (TYPES if whole else 0),
        cost=cost,
        offset=1.0,
        impacts={},
        columns={
            "Servers": Layout(("sku",), labels, np.arange(TYPES)),
            "Load_rps": Layout(("sku",), labels, load.T),
            "Backlog_krequests": Layout((), ((),), backlog[None]),
        },
        rows={},
    )


def plain(arrays: Arrays) -> float:
    return Model(arrays, SETTINGS).run(Watcher()).objective


@pytest.mark.parametrize("seed", range(8))
def test_the_optimum_is_that_of_the_whole_program(seed):
    arrays = arrays_of(fleet(seed))
    model = continuous_model(arrays, SETTINGS)
    answer = model.run(Watcher())
    assert model.whole is None
    assert answer.claim is Claim.PROVED
    assert answer.objective == pytest.approx(plain(arrays), rel=1e-7)
    assert plan_faults(arrays, answer.values) == ()
    assert safe_bound(arrays, answer.duals) == pytest.approx(answer.objective, rel=1e-6)


def test_columns_stay_outside():
    model = continuous_model(arrays_of(fleet(0)), SETTINGS)
    model.run(Watcher())
    assert model.chosen.sum() < 0.8 * len(model.chosen)


@pytest.mark.parametrize("seed", range(4))
def test_fixed_columns_are_priced_too(seed):
    arrays = arrays_of(fleet(seed, stock=20.0))
    model = continuous_model(arrays, SETTINGS)
    servers = np.ceil(model.run(Watcher()).values[:TYPES])
    fixed = arrays.fixed(np.arange(TYPES), servers)
    model.set_bounds(fixed.lower, fixed.upper)
    assert model.run(Watcher()).objective == pytest.approx(plain(fixed), rel=1e-7)


def test_two_runs_are_the_same():
    first, second = (
        continuous_model(arrays_of(fleet(1)), SETTINGS).run(Watcher()) for _ in range(2)
    )
    assert first.values.tolist() == second.values.tolist()


@pytest.mark.parametrize("seed", range(3))
def test_a_whole_solve_ends_as_without_sifting(seed, monkeypatch):
    limits = Limits(gap=1e-6, time_limit_s=20.0)
    sifted = solve(fleet(seed, whole=True), limits, isolated=False)
    monkeypatch.setattr(sifting, "FEWEST_COLUMNS", 10**9)
    alone = solve(fleet(seed, whole=True), limits, isolated=False)
    assert sifted.status is alone.status is Status.OPTIMAL
    assert sifted.objective == pytest.approx(alone.objective, rel=1e-5)
    assert sifted.bound <= alone.objective * (1 + 1e-9)


def test_a_program_without_a_plan_is_left_to_the_whole_program():
    model = continuous_model(arrays_of(fleet(0, stock=0.5)), SETTINGS)
    assert model.run(Watcher()).claim is Claim.INFEASIBLE
    assert model.whole is not None


def test_too_many_rounds_are_left_to_the_whole_program(monkeypatch):
    monkeypatch.setattr(sifting, "MOST_ROUNDS", 0)
    arrays = arrays_of(fleet(0))
    model = continuous_model(arrays, SETTINGS)
    assert model.run(Watcher()).objective == pytest.approx(plain(arrays), rel=1e-9)
    assert model.whole is not None


def test_a_row_that_needs_an_unchosen_column_is_left_to_the_whole_program(monkeypatch):
    monkeypatch.setattr(Sifted, "_first_choice", lambda self, *_: self.arrays.slot == FLEET)
    arrays = arrays_of(fleet(0))
    model = continuous_model(arrays, SETTINGS)
    assert model.run(Watcher()).objective == pytest.approx(plain(arrays), rel=1e-9)
    assert model.whole is not None


def test_an_attempt_without_presolve_does_without_sifting():
    settings = replace(SETTINGS, presolve=False)
    assert isinstance(continuous_model(arrays_of(fleet(0)), settings), Model)


def test_slots_of_different_sizes_are_not_sifted():
    arrays = arrays_of(fleet(0))
    slot = arrays.slot.copy()
    slot[-1] = 0
    assert labels_of(replace(arrays, slot=slot)) is None
    assert isinstance(continuous_model(replace(arrays, slot=slot), SETTINGS), Model)


def test_the_coarse_program_has_a_column_per_label_and_run():
    arrays = arrays_of(fleet(0))
    labels = labels_of(arrays)
    coarse, coarse_labels = coarsened(arrays, labels, 2)
    assert coarse.columns_count == TYPES + SLOTS // 2 * (TYPES + 1)
    assert coarse.rows_count == SLOTS // 2 * (1 + TYPES) + 1
    assert coarse.cost.sum() == pytest.approx(arrays.cost.sum())
    assert coarse_labels[:TYPES].tolist() == [FLEET] * TYPES
    backlog = np.flatnonzero(coarse_labels == TYPES)
    # the closing of the first slot of a run is the opening of the next run's
    assert np.diff(coarse.starts)[backlog].tolist() == [2] * (SLOTS // 2)


def test_what_pricing_cannot_finish_is_not_called_proved(monkeypatch):
    stopped = Prices(Claim.STOPPED, np.zeros(0), np.zeros(0, dtype=bool))
    monkeypatch.setattr(Pricing, "prices", lambda *_: stopped)
    model = continuous_model(arrays_of(fleet(0)), SETTINGS)
    assert model.run(Watcher()).claim is Claim.STOPPED


def test_a_program_that_cannot_be_priced_is_solved_whole(monkeypatch):
    failed = Prices(Claim.FAILED, np.zeros(0), np.zeros(0, dtype=bool))
    monkeypatch.setattr(Pricing, "prices", lambda *_: failed)
    arrays = arrays_of(fleet(0))
    model = continuous_model(arrays, SETTINGS)
    assert model.run(Watcher()).objective == pytest.approx(plain(arrays), rel=1e-9)
    assert model.whole is not None


def test_a_plan_that_is_close_enough_is_not_priced(monkeypatch):
    arrays = arrays_of(fleet(0, stock=20.0))
    model = continuous_model(arrays, SETTINGS)
    relaxed = model.run(Watcher())
    servers = np.ceil(relaxed.values[:TYPES])
    fixed = arrays.fixed(np.arange(TYPES), servers)
    model.set_bounds(fixed.lower, fixed.upper)
    model.enough = 2 * relaxed.objective
    monkeypatch.setattr(Pricing, "prices", None)
    answer = model.run(Watcher())
    assert answer.claim is Claim.PROVED
    assert plan_faults(fixed, answer.values) == ()


def test_a_run_is_not_repeated_unless_a_number_changed():
    arrays = arrays_of(fleet(0))
    model = continuous_model(arrays, SETTINGS)
    first = model.run(Watcher())
    model.set_bounds(arrays.lower.copy(), arrays.upper.copy())
    assert model.run(Watcher()) is first
    model.set_costs(2 * arrays.cost)
    assert model.run(Watcher()).objective == pytest.approx(2 * first.objective - 1.0, rel=1e-7)


def test_bounds_that_need_other_columns_bring_them_in():
    """The types that were the best cannot be had; others, of which no load was chosen, can."""
    arrays = arrays_of(fleet(0, stock=20.0))
    model = continuous_model(arrays, SETTINGS)
    used = model.run(Watcher()).values[:TYPES] > 1e-6
    without = arrays.fixed(np.flatnonzero(used), np.zeros(used.sum()))
    model.set_bounds(without.lower, without.upper)
    answer = model.run(Watcher())
    assert model.whole is None
    assert answer.objective == pytest.approx(plain(without), rel=1e-7)

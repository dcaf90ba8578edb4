"""Pricing: what rows at rest are worth, and which columns a better plan needs."""

import numpy as np
import pytest

from carbonplan.solve.arrays import FLEET, Arrays
from carbonplan.solve.bounds import safe_bound
from carbonplan.solve.directions import Prices, Pricing, at_rest
from carbonplan.solve.highs import Model, Settings
from carbonplan.solve.status import Answer, Claim
from carbonplan.solve.watching import Watcher

SETTINGS = Settings(time_limit_s=20.0)
KNOWN, LOAD, REPLICAS, START, BEFORE = range(5)
POINT = np.array([1.0, 0.0, 0.0, 0.0, 0.0])
INFINITY = np.inf


def program(replicas: float, start: float) -> Arrays:
    """A unit is served at a cost of 5, or by Load at 1 within Replicas, which must start.

    Rows: Known + Load = 1; Replicas - Load >= 0; Start - Replicas + Before >= 0. The replicas
    of the slot before cost 100.
    """
    matrix = np.array(
        [[1.0, 1.0, 0.0, 0.0, 0.0], [0.0, -1.0, 1.0, 0.0, 0.0], [0.0, 0.0, -1.0, 1.0, 1.0]]
    )
    columns, rows = np.nonzero(matrix.T)
    return Arrays(
        starts=np.concatenate([[0], np.cumsum((matrix != 0).sum(axis=0))]),
        rows=rows,
        coefficients=matrix.T[columns, rows],
        row_lower=np.array([1.0, 0.0, 0.0]),
        row_upper=np.array([1.0, INFINITY, INFINITY]),
        lower=np.zeros(5),
        upper=np.full(5, 2.0),
        integer=np.zeros(5, dtype=bool),
        cost=np.array([5.0, 1.0, replicas, start, 100.0]),
        offset=0.0,
        rank=np.zeros(5, dtype=np.int64),
        slot=np.full(5, FLEET),
    )


def priced(arrays: Arrays) -> Prices:
    duals = np.array([5.0, 0.0, 0.0])  # those of Known alone
    return Pricing(SETTINGS).prices(arrays, POINT, duals, Watcher(), 10.0)


def test_rows_in_which_nothing_moves_are_at_rest():
    at_lower, at_upper, free = at_rest(program(1.0, 1.0), POINT)
    assert at_lower.tolist() == [False, True, True]
    assert not at_upper.any()
    assert free.tolist() == [False, True, True, True, True]


def test_a_row_that_is_not_held_is_not_at_rest():
    arrays = program(1.0, 1.0)
    slack = np.array([1.0, -1.0, 0.0])
    at_lower, _, _ = at_rest(Arrays(**{**vars(arrays), "row_lower": slack}), POINT)
    assert at_lower.tolist() == [False, False, True]


@pytest.mark.parametrize(("replicas", "start"), [(4.5, 0.0), (1.0, 3.5), (4.0, 0.0)])
def test_what_is_too_dear_together_does_not_move(replicas: float, start: float):
    """Load saves 4, less than a replica and its start cost; the point is proved the best."""
    arrays = program(replicas, start)
    prices = priced(arrays)
    assert prices.claim is Claim.PROVED
    assert safe_bound(arrays, prices.duals) == pytest.approx(5.0)
    assert arrays.reduced_costs(prices.duals).min() > -1e-9


@pytest.mark.parametrize(("replicas", "start"), [(0.0, 1.0), (1.0, 1.0), (2.0, 1.5)])
def test_what_saves_moves_together(replicas: float, start: float):
    """Two units might move, each 4 less what a replica and its start cost."""
    arrays = program(replicas, start)
    prices = priced(arrays)
    assert prices.moving.tolist() == [False, True, True, True, False]
    saved = 4.0 - replicas - start
    assert safe_bound(arrays, prices.duals) == pytest.approx(5.0 - 2 * saved)
    best = Model(arrays, SETTINGS).run(Watcher()).objective
    assert best == pytest.approx(5.0 - saved)


def test_prices_of_points_in_turn_are_those_of_each_alone():
    pricing, duals = Pricing(SETTINGS), np.array([5.0, 0.0, 0.0])
    for costs in ((1.0, 1.0), (4.0, 1.0), (0.5, 0.5)):
        arrays = program(*costs)
        bounds = [
            safe_bound(arrays, one.prices(arrays, POINT, duals, Watcher(), 10.0).duals)
            for one in (pricing, Pricing(SETTINGS))
        ]
        assert bounds[0] == pytest.approx(bounds[1])


def test_columns_that_cannot_rise_do_not_move():
    arrays = program(0.0, 1.0)
    fixed = arrays.fixed(np.array([LOAD]), np.zeros(1))
    prices = priced(fixed)
    assert not prices.moving.any()
    assert safe_bound(fixed, prices.duals) == pytest.approx(5.0)


@pytest.mark.parametrize("claim", [Claim.STOPPED, Claim.INTERRUPTED, Claim.PROVED])
def test_without_an_optimum_there_are_no_prices(claim: Claim, monkeypatch):
    """HiGHS stops, or calls optimal what has no duals."""
    answer = Answer(claim, "", np.zeros(5), 0.0, None, 0)
    monkeypatch.setattr(Model, "run", lambda *_args, **_options: answer)
    duals = np.array([5.0, 3.0, 1.0])
    prices = Pricing(SETTINGS).prices(program(1.0, 1.0), POINT, duals, Watcher(), 1.0)
    assert prices.claim is (Claim.FAILED if claim is Claim.PROVED else claim)
    assert prices.duals.tolist() == [5.0, 0.0, 0.0]
    assert not prices.moving.any()

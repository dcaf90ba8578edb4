"""The event loop against its restatement in SimPy, and against itself step by step."""

from __future__ import annotations

import numpy as np

from carbonplan.replay.arrays import DONE, REFUSED, WAITING, Outcomes
from carbonplan.replay.engine import run
from tests.replay.random_regions import Case, random_case
from tests.replay.regions import kinds_of
from tests.replay.restated import Region

CASES, MINUTES = 300, 1000


def outcomes(case: Case, **rules: object) -> Outcomes:
    changed = case.rules._replace(**rules)
    kinds = kinds_of(case.likes)
    return run(case.requests, kinds, case.controls, case.routes, changed, MINUTES)


def test_both_say_the_same():
    states, preemptions = [], 0
    for seed in range(CASES):
        case = random_case(seed)
        found = outcomes(case)
        restated = Region(case.requests, case.likes, case.controls, case.routes, case.rules)
        same_events(found, restated, f"seed {seed}")
        states.extend(found.state.tolist())
        preemptions += found.preemptions.sum()
    assert {DONE, REFUSED, WAITING} == set(states)
    assert np.mean(np.array(states) == DONE) > 0.7
    assert preemptions > 1000


def same_events(found: Outcomes, restated: Region, case: str) -> None:
    """Who went where, and when; what was drawn."""
    for name in ("state", "replica", "preemptions"):
        expected = [getattr(one, name) for one in restated.requests]
        np.testing.assert_array_equal(getattr(found, name), expected, f"{case}: {name}")
    for name in ("begun_s", "first_s", "done_s", "longest_gap_s"):
        expected = [getattr(one, name) for one in restated.requests]
        np.testing.assert_allclose(
            getattr(found, name), expected, rtol=1e-9, atol=1e-9, err_msg=f"{case}: {name}"
        )
    drawn_kj = found.energy_kj.sum(axis=0)
    np.testing.assert_allclose(drawn_kj, restated.energy_kj, rtol=1e-9, atol=1e-12)


def test_looking_ahead_changes_nothing():
    for seed in range(2 * CASES):
        case = random_case(seed)
        ahead, by_steps = outcomes(case), outcomes(case, looks_ahead=False)
        for name in Outcomes._fields:
            one, other = getattr(ahead, name), getattr(by_steps, name)
            if name in ("energy_kj", "busy_s", "batch_s", "clock_s"):  # sums in another order
                np.testing.assert_allclose(one, other, rtol=1e-12, err_msg=f"{seed}: {name}")
            else:
                np.testing.assert_array_equal(one, other, f"{seed}: {name}")

"""Prices of limits and steps of them, against answers computed by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from carbonplan.explain.limit import Limit
from carbonplan.explain.limits import limits, relaxing
from carbonplan.explain.prices import Standing, standing
from carbonplan.explain.steps import Finding, stepped
from carbonplan.explain.subject import Subject
from carbonplan.solve import solve
from carbonplan.solve.prices import prices
from tests.explain.cases import EXACT, KW_PER_RPS, asker, case, subject
from tests.tiny import standing as existing

CLEAN_KW, DIRTY_KW = 2.2, 150.0  # at PUE 1.1 and 1.5: 2 and 100 kW of IT
SAVED_PER_IT_KW = 1.5 * 0.5 - 1.1 * 0.1  # in the first slot [kgCO2e]


@pytest.fixture(scope="module")
def powerless() -> Subject:
    """One server stands in each region; the clean one has too little power in slot 0."""
    problem = case(
        {
            "existing_servers": existing(1, 1),
            "site_it_limit_kw": [[2.0, 2.0], [100.0, 100.0]],
        },
        site_power_kw={"clean": CLEAN_KW, "dirty": DIRTY_KW},
        stock=(("now", "box", None, 0),),
    )
    return subject(problem)


@pytest.fixture(scope="module")
def crowded() -> Subject:
    """160 requests/s, two servers, and room for one of them where power is clean."""
    return subject(
        case(
            {"demand_rps": [[[160.0, 160.0]], [[0.0, 0.0]]]},
            site_servers={"clean": 1, "dirty": 9},
        )
    )


def findings(of: Subject) -> dict[str, Finding]:
    known = limits(of.problem, of.program)
    found = prices(of.program, of.values, EXACT)
    stands = [standing(of, limit, found) for limit in known]
    return {f.standing.limit.path: f for f in stepped(of, stands, asker())}


def of_path(of: Subject, path: str) -> tuple[Limit, Standing]:
    (limit,) = [one for one in limits(of.problem, of.program) if one.path == path]
    return limit, standing(of, limit, prices(of.program, of.values, EXACT))


def test_a_power_limit_has_the_price_of_the_dirtier_kilowatt(powerless):
    _, found = of_path(powerless, "regions[clean].power_limit_kw")
    assert found.binds
    assert found.hours_share == pytest.approx(0.5)  # in the second slot all load is here
    # a kW of the site is 1 / 1.1 kW of IT that need not run where power is dirty
    assert found.saves_per_unit == pytest.approx(SAVED_PER_IT_KW / 1.1)


def test_the_price_predicts_what_a_step_saves(powerless):
    found = findings(powerless)["regions[clean].power_limit_kw"]
    step = 0.05 * CLEAN_KW
    assert found.standing.limit.relaxed_overrides() == ("regions[clean].power_limit_kw=2.31",)
    assert found.step.saves.found == pytest.approx(step * SAVED_PER_IT_KW / 1.1)
    assert found.step.saves.at_least == pytest.approx(found.step.saves.at_most)
    assert found.step.agrees


def test_a_price_is_not_believed_beyond_the_limit_that_it_frees(powerless):
    """All load fits in at 2.42 kW of IT: a step of 1 kW saves less than its price says."""
    limit, found = of_path(powerless, "regions[clean].power_limit_kw")
    long = replace(found, limit=replace(limit, step=1.0))
    (finding,) = stepped(powerless, [long], asker())
    assert finding.step.saves.found == pytest.approx(0.42 * SAVED_PER_IT_KW)
    assert finding.standing.saves_by_step == pytest.approx(SAVED_PER_IT_KW / 1.1)
    assert finding.step.agrees is False


def test_relaxing_what_does_not_bind_changes_nothing(powerless):
    found = findings(powerless)["regions[dirty].power_limit_kw"]
    assert not found.standing.binds
    at_dirty = 0.5 + KW_PER_RPS * (40 - 1.5 / KW_PER_RPS)  # powered, and what does not fit
    assert found.standing.slack == pytest.approx(1.5 * (100 - at_dirty))
    assert found.standing.price == 0.0
    assert found.step.saves.found == 0.0
    assert found.step.saves.at_most == pytest.approx(0.0, abs=1e-12)
    free = solve(
        powerless.program_of(relaxing(powerless.problem, [found.standing.limit])),
        EXACT,
        isolated=False,
    )
    assert free.objective == pytest.approx(powerless.known.objective, abs=1e-12)


def test_one_place_more_saves_what_the_other_region_emits_more(crowded):
    """60 requests/s and a server's idle power move to where power is clean, in both slots."""
    found = findings(crowded)
    moved_kw = 0.5 + 60 * KW_PER_RPS
    saved = moved_kw * ((1.5 * 0.5 - 1.1 * 0.1) + (1.5 * 0.6 - 1.1 * 0.05))
    place = found["regions[clean].server_limit"]
    assert place.standing.binds
    assert place.standing.price is None  # whole servers have none
    assert place.step.saves.found == pytest.approx(saved)
    assert place.step.alone
    other = found["regions[dirty].server_limit"]
    assert (other.standing.binds, other.standing.slack) == (False, 8.0)
    assert other.step.saves.found == 0.0
    assert not other.step.alone


def test_a_bound_on_cost_has_the_price_of_the_carbon_that_it_lets_in():
    """Energy is dearer where it is clean: a dollar moves 1 / 0.07 kWh of IT."""
    free = subject(case({"existing_servers": existing(1, 1)}, stock=(("now", "box", None, 0),)))
    vector, _ = free.program.impacts["cost"]
    usd = float(vector @ free.values) - 0.02
    bounded = subject(
        case(
            {"existing_servers": existing(1, 1)},
            stock=(("now", "box", None, 0),),
            bounds=(("cost", usd),),
        )
    )
    _, found = of_path(bounded, "bounds[0].at_most")
    dearer_usd_per_kwh = 1.1 * 0.2 - 1.5 * 0.1
    assert found.binds
    assert found.saves_per_unit == pytest.approx(SAVED_PER_IT_KW / dearer_usd_per_kwh)


def test_nothing_is_said_of_what_the_time_does_not_suffice_for(powerless):
    known = limits(powerless.problem, powerless.program)
    stands = [standing(powerless, limit, None) for limit in known]
    found = stepped(powerless, stands, asker(seconds=0.0))
    assert {one.step.words for one in found} == {"not reached in the time"}
    assert {one.step.saves for one in found} == {None}


def test_slack_of_every_limit_is_not_negative(crowded, powerless):
    for of in (crowded, powerless):
        for limit in limits(of.problem, of.program):
            found = standing(of, limit, None)
            assert found.slack is None or found.slack >= 0.0
            assert np.isfinite(limit.relaxed)

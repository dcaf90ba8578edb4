"""Which inputs change the choice of servers, and at which factor."""

from __future__ import annotations

import pytest

from carbonplan.explain.factors import Factor, factors
from carbonplan.explain.flips import CLOSE, Fate, Flip, flips
from carbonplan.explain.subject import Subject
from tests.explain.cases import alike, asker, case, subject

CLEAN, DIRTY = 0.1, 0.15
TIE = DIRTY / CLEAN


@pytest.fixture(scope="module")
def of() -> Subject:
    """One server is bought where power is clean; else the regions are alike."""
    return subject(case(alike(CLEAN, DIRTY)))


@pytest.fixture(scope="module")
def found(of) -> dict[tuple[str, str], Flip]:
    """Some inputs, by kind and name."""
    asked = [
        *(("intensity", "clean"), ("intensity", "dirty"), ("pue", "clean")),
        *(("embodied", "box"), ("demand", "chat")),
    ]
    known = [one for one in factors(of.problem) if (one.kind, one.name) in asked]
    return {(one.factor.kind, one.factor.name): one for one in flips(of, known, asker())}


def test_the_choice_flips_where_both_regions_emit_the_same(found):
    found = found["intensity", "clean"]
    assert found.rises.fate is Fate.FLIPS
    assert found.rises.kept_at <= TIE + 1e-6
    assert found.rises.flips_at >= TIE - 1e-6
    assert found.rises.flips_at / found.rises.kept_at <= CLOSE + 1e-9
    assert found.rises.choice == (("box", "dirty"),)
    assert found.falls.fate is Fate.KEPT


def test_the_other_region_becoming_cleaner_flips_it_too(found):
    found = found["intensity", "dirty"]
    assert found.falls.fate is Fate.FLIPS
    assert found.falls.flips_at <= 1 / TIE + 1e-6 <= found.falls.kept_at + 2e-6
    # what is not in the plan and becomes dearer needs no solve to be left out
    assert (found.rises.fate, found.rises.tested) == (Fate.KEPT, ())


def test_few_questions_find_a_crossing_of_two_plans(found):
    assert len(found["intensity", "clean"].rises.tested) <= 5


def test_weight_is_the_elasticity_of_the_objective(found):
    energy, making = 3.88 * CLEAN, 0.25
    share = energy / (energy + making)
    assert found["intensity", "clean"].weight == pytest.approx(share)
    assert found["embodied", "box"].weight == pytest.approx(1 - share)
    assert found["intensity", "dirty"].weight == 0.0


def test_an_input_without_a_say_is_not_solved_for(of):
    asked = asker()
    price = [one for one in factors(of.problem) if one.kind == "price"]
    found = flips(of, price, asked)
    assert [one.counts for one in found] == [False, False]
    assert asked.solves == 0


def test_what_makes_both_choices_dearer_keeps_the_choice(found):
    found = found["embodied", "box"]
    assert (found.falls.fate, found.rises.fate) == (Fate.KEPT, Fate.KEPT)
    assert found.rises.tested == (2.0,)


def test_demand_moves_more_than_costs(found):
    found = found["demand", "chat"]
    assert found.weight is None
    assert found.rises.fate is Fate.KEPT


def test_pue_is_never_below_one(found):
    found = found["pue", "clean"]
    assert found.factor.lowest == 1.0
    assert found.falls is None
    assert found.rises.flips_at == pytest.approx(TIE, rel=CLOSE - 1)


def test_without_time_nothing_is_claimed(of):
    intensity = [one for one in factors(of.problem) if one.kind == "intensity"]
    found = flips(of, intensity[:1], asker(seconds=0.0))
    assert found[0].rises.fate is Fate.UNKNOWN
    assert found[0].rises.flips_at is None


def test_where_no_plan_exists_nearer_factors_are_asked_about():
    """One server has room for 100 requests/s: 40 · 2.45 = 40 · 6^0.5, and no more than 2.5."""
    of = subject(case(alike(CLEAN, DIRTY), site_servers={"clean": 1, "dirty": 0}))
    crowded = Factor("demand", "chat", "demand", _times, highest=6.0)
    (found,) = flips(of, [crowded], asker())
    assert found.rises.fate is Fate.NO_PLAN
    assert found.rises.tested == pytest.approx((6.0, 6.0**0.5))
    assert found.rises.kept_at == pytest.approx(6.0**0.5)


def _times(problem: object, factor: float) -> object:
    (demand,) = [one for one in factors(problem) if one.kind == "demand" and one.name == "chat"]
    return demand.scaled(problem, factor)

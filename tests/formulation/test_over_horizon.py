"""impact_within_stage_bound: what a stage counts stays within a bound of its own."""

import pytest

from tests.answers import optimum, plain, row, without
from tests.staged import NEW, OLD, TWO, staged


def test_impact_within_stage_bound_row_counts_its_stage_alone():
    m = plain(staged(stage_bounds=(("carbon", "second", 99.0),)))
    found = row(m.impact_within_stage_bound["carbon", "second"])
    assert found.pop("upper") == 99.0
    named = [name for name in found if "first" in name and name.startswith("Purchased")]
    assert named == []
    assert found[f"Purchased[second,{NEW},clean]"] == 7.0
    assert found[f"Purchased[second,{OLD},clean]"] == 6.0


def test_making_forbidden_in_the_second_stage_keeps_the_first_ones_servers():
    free = optimum(staged())
    bounded = optimum(staged(stage_bounds=(("embodied_carbon", "second", 0.0),)))
    assert bounded.total >= free.total - 1e-9
    bought = bounded.decision("Purchased", "second", NEW, "clean")
    assert bought == pytest.approx(0.0)


def test_without_it_the_stage_may_buy():
    limited = staged(stage_bounds=(("energy", TWO[1].name, 120.0),))
    assert optimum(limited).total >= without(limited, "impact_within_stage_bound") - 1e-9

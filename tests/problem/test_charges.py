"""What a standing server is charged with, by age, by stage and by rule.

The example's box: 87.6 kgCO2e for a host that lives for a year, 87.6 for two accelerators that
live for half of one; two stages of half a year. See tests/plan/renewing.py.
"""

from __future__ import annotations

import pytest
import xarray as xr

from carbonplan.problem.charges import charges, lives_charged, stage_hours
from tests.plan import renewing

HOST = ACCELERATORS = 87.6
YEAR_HOURS = 8760.0


def charged(cohort: str, stage: str, sku: str = "box", **changes: object) -> float:
    """Making that a server is charged with in a stage [kgCO2e]."""
    embodied = {"coefficient_set": "round", **changes.pop("embodied", {"charge": "purchase"})}
    found = charges(renewing.inputs(embodied=embodied, **changes))["server_kgco2e"]
    return float(found.sel(stage=stage, cohort=cohort, sku=sku))


def test_what_is_bought_is_charged_in_its_stage_alone():
    assert charged("2024", "2024") == pytest.approx(HOST + ACCELERATORS)
    assert charged("2024", "2025") == pytest.approx(0)


def test_what_is_left_at_the_end_is_credited():
    """A host of the last stage has half of its year left, its accelerators nothing."""
    assert charged("2025", "2025") == pytest.approx(HOST / 2 + ACCELERATORS)


def test_without_an_end_value_nothing_is_credited():
    lost = {"upgrades": True, "end_value": "none"}
    assert charged("2025", "2025", renewal=lost) == pytest.approx(HOST + ACCELERATORS)


def test_an_upgrade_is_charged_with_its_accelerators_alone():
    assert charged("2024+2025", "2025") == pytest.approx(ACCELERATORS)
    assert charged("stood+2025", "2025") == pytest.approx(ACCELERATORS)


def test_what_stood_is_sunk_unless_it_is_included():
    included = {"charge": "purchase", "include_existing": True}
    assert charged("stood", "2024") == 0
    assert charged("stood", "2024", embodied=included) == pytest.approx(HOST + ACCELERATORS)
    assert charged("stood+2025", "2025", embodied=included) == pytest.approx(ACCELERATORS)


@pytest.mark.parametrize("stage", ["2024", "2025"])
def test_by_owned_time_every_stage_pays_its_share_of_both_lives(stage: str):
    """Half a year: half of a host's life, all of the accelerators'."""
    owned = charged("2024", stage, embodied={"charge": "owned-time"})
    assert owned == pytest.approx(HOST / 2 + ACCELERATORS)


def test_factors_are_those_of_the_stage_in_which_a_part_is_bought():
    cleaner = [renewing.STAGES[0], {**renewing.STAGES[1], "server_carbon": 0.5}]
    assert charged("2024+2025", "2025", stages=cleaner) == pytest.approx(ACCELERATORS / 2)
    assert charged("2024", "2024", stages=cleaner) == pytest.approx(HOST + ACCELERATORS)
    one_sku = [renewing.STAGES[0], {**renewing.STAGES[1], "server_carbon": {"box-2": 0.5}}]
    assert charged("2024+2025", "2025", stages=one_sku) == pytest.approx(ACCELERATORS)


def test_hours_of_a_stage_are_all_its_years():
    assert stage_hours(renewing.inputs()) == pytest.approx(
        {"2024": YEAR_HOURS / 2, "2025": YEAR_HOURS / 2}
    )


def test_a_server_costs_its_hours_and_an_upgrade_its_share_of_the_price():
    """8,760 USD over a life of half a year are 2 USD/h by the example's price rule."""
    found = charges(renewing.inputs())
    paid: xr.DataArray = found["server_usd"].sel(sku="box")
    assert float(paid.sel(stage="2024", cohort="2024")) == pytest.approx(2 * YEAR_HOURS / 2)
    assert float(paid.sel(stage="2024", cohort="stood")) == 0
    upgraded = float(paid.sel(stage="2025", cohort="stood+2025"))
    assert upgraded == pytest.approx(0.8 * YEAR_HOURS)
    prices = found.sel(stage="2025", sku="box")
    assert float(prices["purchase_usd"]) == 8760
    assert float(prices["upgrade_usd"]) == pytest.approx(0.8 * 8760)


def test_charges_of_a_future_count_its_probability():
    futures = [{"name": "high", "probability": 0.25}, {"name": "low", "probability": 0.75}]
    stages = [*renewing.STAGES, {"name": "2026", "years": 0.5}]
    of = renewing.inputs(stages=stages, futures=futures, risk={"known_after": "2024"})
    found = charges(of)["server_kgco2e"].sel(sku="box")
    high = float(found.sel(stage="2026/high", cohort="2026/high"))
    assert high == pytest.approx(0.25 * (HOST / 2 + ACCELERATORS))
    both = float(found.sel(stage="2025", cohort="2025"))
    assert both == pytest.approx(HOST + ACCELERATORS)


def test_lives_are_charged_by_part():
    lives = lives_charged(renewing.inputs()).sel(stage="2025", cohort="2025", sku="box")
    assert lives.sel(part="host").item() == pytest.approx(0.5)
    assert lives.sel(part="accelerators").item() == pytest.approx(1.0)

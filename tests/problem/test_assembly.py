"""Assembly: coefficients by label, what can happen at all, and what cannot be served."""

from __future__ import annotations

import numpy as np
import pytest

from carbonplan.errors import NoPlanExists
from carbonplan.technology.embodied import embodied_footprint
from tests.questions import inputs, problem


def test_coefficients_of_a_server_are_those_of_its_records():
    given, assembled = inputs("one-hour"), problem("one-hour")
    server = given.servers[0]
    row = assembled.data.sel(sku=server.name)
    watts = server.host.idle_w + server.sku.accelerators * server.power.parked_w
    assert float(row["powered_kw"]) == pytest.approx(watts / 1000)
    footprint = embodied_footprint(server, given.embodied_coefficients)
    hourly = footprint.host_kgco2e / (8760 * server.sku.host_lifetime_years) + (
        footprint.accelerators_kgco2e / (8760 * server.sku.accelerator_lifetime_years)
    )
    owned = {"stage": "now", "cohort": "now"}  # for one hour
    assert float(row["server_kgco2e"].sel(owned)) == pytest.approx(hourly)
    bought = problem("one-hour", "embodied.charge=purchase").data.sel(sku=server.name)
    assert float(bought["server_kgco2e"].sel(owned)) == pytest.approx(footprint.kgco2e)


def test_demand_divides_among_classes_and_origins():
    demand = problem("one-hour").data["demand_rps"]
    assert float(demand.sum()) == pytest.approx(20.0)


def test_rental_costs_its_price():
    given = inputs("one-hour", "cost.acquisition=rental")
    rented = problem("one-hour", "cost.acquisition=rental").data["server_usd"]
    prices = [server.price.rental_usd_per_hour for server in given.servers]
    assert rented.sel(stage="now", cohort="now").values == pytest.approx(prices)


def test_a_carbon_price_adds_carbon_to_cost():
    priced = problem(
        "one-hour", "objective.minimise=cost", "objective.carbon_price_usd_per_tonne=100"
    )
    assert priced.objective == pytest.approx({"cost": 1.0, "carbon": 0.1})


def test_a_sku_that_cannot_be_had_serves_nothing():
    none_left = problem("one-hour", "fleet.stock=[{sku: h100-sxm-8, servers: 0}]")
    assert not any("h100-sxm-8" in c for _, c, _ in none_left.serving)


def test_a_power_limit_is_divided_by_pue():
    assembled = problem("one-hour")
    limit = assembled.data["site_it_limit_kw"].sel(region="aws-us-east-1")
    assert limit.values == pytest.approx(100 / assembled.data["pue"].values.ravel())


def test_upper_bounds_are_finite_and_cover_the_optimum():
    data = problem("one-hour").data
    for name in ("flow_upper_rps", "load_upper_rps", "replicas_upper", "servers_upper"):
        assert np.isfinite(data[name]).all(), name


def test_a_class_that_nothing_serves_is_named():
    with pytest.raises(
        NoPlanExists, match=r"workloads\[chat\]: no configuration of llama-3.1-8b"
    ):
        problem("one-hour", "workloads[chat].tpot_s=0.001")


def test_an_origin_too_far_away_is_named():
    with pytest.raises(NoPlanExists, match=r"within 1 ms of origin 'new-york'"):
        problem("one-hour", "workloads[chat].max_rtt_s=0.001")

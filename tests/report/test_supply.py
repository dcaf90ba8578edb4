"""The table of contracts: what is contracted, delivered and matched."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from carbonplan.report.document import Table
from carbonplan.report.sections.supply import contract_tables
from tests.report.example_plan import hour_plan


def with_contract(kw: float):
    """The example with wind for its first region, half of what is drawn matched."""
    plan = hour_plan()
    data = plan.data
    region = data["region"].values.tolist()[0]
    drawn = data["site_power_kw"].sel(region=region).transpose("slot").values
    pue = data["pue"].sel(region=region).transpose("slot").values
    shape = (1, data.sizes["region"])
    contracted = np.zeros(shape)
    contracted[0, 0] = kw
    matched = np.zeros((*shape, data.sizes["slot"]))
    matched[0, 0] = drawn / pue / 2
    keep = [
        name for name in ("contracted_kw", "matched_kw", "contract_profile") if name in data
    ]
    added = (
        data.drop_vars(keep)
        .drop_dims("contract", errors="ignore")
        .assign(
            contracted_kw=(("contract", "region"), contracted),
            matched_kw=(("contract", "region", "slot"), matched),
            contract_profile=(("contract", "slot"), np.ones((1, data.sizes["slot"]))),
        )
    )
    return replace(plan, data=added.assign_coords(contract=["wind"]))


def test_contracts_are_listed_with_what_they_match():
    (table,) = contract_tables(with_contract(1000.0))
    assert isinstance(table, Table)
    (row,) = table.rows
    assert row[0] == "wind"
    assert row[2] == "1,000"
    assert row[-1].split() == ["50.0", "%"]


def test_without_contracts_there_is_no_table():
    assert contract_tables(with_contract(0.0)) == []
    assert contract_tables(hour_plan()) == []

"""Power under contract: what is contracted, and how much of the energy it matches."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from carbonplan.report.arrays import Floats, names, slot_hours, values
from carbonplan.report.document import Block, Table
from carbonplan.report.wording import label, number, share
from carbonplan.units import MWH_PER_KWH

if TYPE_CHECKING:
    import xarray as xr

    from carbonplan.plan import Plan

HEADER = (
    "Contract",
    "Region",
    "Contracted [kW]",
    "Delivered [MWh]",
    "Matched [MWh]",
    "Of region",
)
BY_SLOT = ("contract", "region", "slot")


def contract_tables(plan: Plan) -> list[Block]:
    """Contracts that are made, each with its region; no table where there are none."""
    data = plan.data
    contracted = values(data, "contracted_kw", "contract", "region")
    delivered, matched = delivered_kwh(data), matched_kwh(data)
    site_kw = values(data, "site_power_kw", "region", "slot")
    if contracted is None or delivered is None or matched is None or site_kw is None:
        return []
    drawn = site_kw @ slot_hours(data)
    contracts, regions = names(data, "contract"), names(data, "region")
    rows = tuple(
        (
            label(contracts[p]),
            label(regions[r]),
            number(contracted[p, r]),
            number(delivered[p, r] * MWH_PER_KWH),
            number(matched[p, r] * MWH_PER_KWH),
            share(matched[p, r] / drawn[r]) if drawn[r] else "–",
        )
        for p, r in np.argwhere(contracted > 0)
    )
    return [Table("Power under contract", HEADER, rows, words=2)] if rows else []


def delivered_kwh(data: xr.Dataset) -> Floats | None:
    """What contracts deliver, used or not, (contract, region) [kWh]."""
    contracted = values(data, "contracted_kw", "contract", "region")
    profile = values(data, "contract_profile", "contract", "slot")
    if contracted is None or profile is None:
        return None
    return contracted * (profile @ slot_hours(data))[:, None]


def matched_kwh(data: xr.Dataset) -> Floats | None:
    """Energy of the sites that contracts match in its hour, (contract, region) [kWh]."""
    matched, pue = values(data, "matched_kw", *BY_SLOT), values(data, "pue", "region", "slot")
    return None if matched is None or pue is None else (matched * pue) @ slot_hours(data)

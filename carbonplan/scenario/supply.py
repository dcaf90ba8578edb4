"""Contracts for power: what a planner may buy beside the grid's."""

from __future__ import annotations

from pydantic import Field

from carbonplan.scenario.fields import Fraction, Name, NonNegative, Number
from carbonplan.scenario.section import Section


class Contract(Section):
    """A power purchase agreement that serves one region."""

    name: Name
    region: Name
    profile: str | None = Field(
        None,
        description="CSV: time_utc and a column of this name, power by the kW contracted; "
        "absent: the same in every hour",
    )
    at_least_kw: NonNegative = Field(0.0, description="least that must be contracted")
    at_most_kw: NonNegative = Field(description="most that can be contracted")
    price_usd_per_kwh: Number = Field(description="of all that is generated, used or not")
    resale_usd_per_kwh: NonNegative = Field(0.0, description="for what is not used")
    intensity_g_per_kwh: NonNegative = 0.0


class Supply(Section):
    """Power under contract, and how much of what is drawn it must match, hour by hour."""

    contracts: list[Contract] = []
    matched_share: Fraction = Field(
        0.0, description="least share of each region's energy that contracts match in its hour"
    )

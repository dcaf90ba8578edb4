"""Stages, at whose start servers are bought and retired, and futures that may come.

What a stage or a future says is relative to the series of the scenario: demand, intensity and
price are multiplied, first by the stage's factors and then by the future's.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StrictBool

from carbonplan.scenario.fields import Fraction, Impact, Name, NonNegative, Positive, Quantity
from carbonplan.scenario.section import Section

Factor = NonNegative | dict[Name, NonNegative]


class Bound(Section):
    """The most of an impact that a plan may have, in the impact's unit."""

    impact: Impact
    at_most: NonNegative
    stage: Name | None = Field(None, description="absent: over the whole horizon")


class Stage(Section):
    """A span at whose start servers are bought, moved and retired."""

    name: Name
    years: Positive = Field(1.0, description="length; the horizon's slots stand for all of it")
    demand: Factor = Field(1.0, description="factor on arrivals, of all or by workload")
    intensity: Factor = Field(1.0, description="factor on the grid's, of all or by region")
    price: Factor = Field(1.0, description="factor on energy prices, of all or by region")
    server_price: Factor = Field(1.0, description="factor on prices of servers, or by SKU")
    server_carbon: Factor = Field(1.0, description="factor on carbon of making, or by SKU")
    skus: list[Name] | None = Field(None, description="what can be bought; absent: every SKU")
    budget_usd: NonNegative | None = Field(None, description="most that purchases may cost")


class Future(Section):
    """A course that demand and grids may take."""

    name: Name
    probability: Fraction
    demand: Factor = 1.0
    intensity: Factor = 1.0
    price: Factor = 1.0


class Risk(Section):
    """What counts of a plan's objective over several futures."""

    known_after: Name | None = Field(
        None,
        description="last stage that is the same in every future; futures come apart after it, "
        "or at once where there are no stages. Absent: they come apart in the first stage, "
        "whose servers are bought before it is known which future comes",
    )
    tail: Annotated[float, Field(gt=0, le=1), Quantity] = Field(
        0.1, description="share of the worst futures, by probability, that weight counts"
    )
    weight: Fraction = Field(
        0.0, description="0: the expected objective; 1: its mean over the worst futures (CVaR)"
    )


class LeadTime(Section):
    """Years between the order of a SKU and its delivery at the start of a stage."""

    sku: Name
    years: Positive


class Renewal(Section):
    """How fleets change from stage to stage."""

    upgrades: StrictBool = Field(
        False,
        description="accelerators of a standing host may be replaced by those of another SKU "
        "with the same host platform",
    )
    accelerator_price_share: Fraction = Field(
        0.8, description="part of a server's price that its accelerators are; upgrades cost it"
    )
    moves: StrictBool = Field(False, description="servers may move between regions")
    move_usd: NonNegative = Field(0.0, description="cost of moving a server")
    move_kgco2e: NonNegative = Field(0.0, description="carbon of moving a server")
    lead_times: list[LeadTime] = []
    end_value: Literal["straight-line", "none"] = Field(
        "straight-line",
        description="of servers charged at purchase: what is left of their life after the last "
        "stage is credited, or lost",
    )

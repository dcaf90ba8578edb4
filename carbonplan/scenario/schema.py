"""The scenario: what a planner writes, as frozen records; also printed as JSON Schema.

A value is a number in the unit that its field name ends in, or text with a unit ("250 MW"),
which ``carbonplan.scenario.quantities`` converts before its bounds are looked at. Rules over
several fields live in ``carbonplan.scenario.checks``.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StrictBool

from carbonplan.scenario.comparison import Axis
from carbonplan.scenario.courses import Bound, Future, Renewal, Risk, Stage
from carbonplan.scenario.fields import (
    Count,
    Evidence,
    Fraction,
    Impact,
    Name,
    NonNegative,
    Number,
    OnTheMinute,
    Positive,
    Quantity,
    Stance,
    UtcTime,
    YearlyMean,
)
from carbonplan.scenario.fleet import Fleet
from carbonplan.scenario.section import Section
from carbonplan.scenario.supply import Supply
from carbonplan.scenario.workloads import Workload


class Horizon(Section):
    """When the plan operates: consecutive slots from ``start``, or a year of typical days."""

    start: UtcTime | None = Field(None, description="first slot, ISO 8601 in UTC")
    hours: Annotated[float, Field(gt=0, le=8784), OnTheMinute, Quantity] | None = Field(
        None, description="length of a consecutive horizon, a whole number of slots"
    )
    typical_days: Name | None = Field(
        None, description="a table of weighted days in data/grid/ or beside the scenario"
    )
    slot_hours: Annotated[float, Field(gt=0, le=1), OnTheMinute, Quantity] = Field(
        1.0, description="length of a slot: an hour, or whole minutes that divide it"
    )
    ends: Literal["cyclic", "closed"] = Field(
        "cyclic",
        description="cyclic: the last slot precedes the first; closed: batch work starts and "
        "ends with nothing waiting",
    )


class Signal(Section):
    """What the grid's carbon intensity means; printed with every plan."""

    kind: Literal["average", "marginal"] = Field(
        description="average: of all power; marginal: of the next kWh"
    )
    scope: Literal["location", "market"] = Field(
        description="location: of the grid; market: after contracts for power"
    )
    basis: Literal["lifecycle", "direct"] = Field(
        description="lifecycle: with fuel supply and plants; direct: from stacks alone"
    )
    negative: Literal["floor", "no-idle-earning", "allow"] = Field(
        "floor",
        description="of negative intensities; floor: they count as zero; no-idle-earning: as "
        "zero for all power but what serving requests takes; allow: as they are",
    )


class Site(Section):
    """A region of the plan; what is given here overrides its row in the catalogue."""

    region: Name
    power_limit_kw: NonNegative | None = Field(None, description="cooling included")
    server_limit: Count | None = Field(None, description="most servers of all SKUs together")
    pue: Annotated[float, Field(ge=1, le=3), Quantity] | None = None
    wue_l_per_kwh: YearlyMean = None
    ewif_l_per_kwh: YearlyMean = None
    price_usd_per_kwh: Number | None = Field(None, description="in every hour")


class Series(Section):
    """Hourly series beside the scenario: columns ``time_utc`` and one per region."""

    intensity_g_per_kwh: str | None = Field(None, description="CSV; without it the catalogue's")
    residual_intensity_g_per_kwh: str | None = Field(
        None,
        description="CSV: of grid power that no contract matches, in market-based carbon; "
        "absent: the grid's own",
    )
    price_usd_per_kwh: str | None = None
    pue: str | None = None
    wue_l_per_kwh: str | None = None
    ewif_l_per_kwh: str | None = None


class Level(Section):
    """An impact of a lexicographic order."""

    impact: Impact
    slack: Fraction = Field(0.0, description="how much worse the levels after it may make it")


class Objective(Section):
    """What is least: one impact, a weighted sum of several, or several in an order."""

    minimise: Impact | None = None
    lexicographic: list[Level] | None = Field(
        None, description="impacts in order: each is least among plans best in those before"
    )
    weights: dict[Impact, NonNegative] | None = None
    carbon_price_usd_per_tonne: NonNegative = Field(
        0.0, description="added to cost for every tonne of operational and embodied carbon"
    )

    @property
    def counted(self) -> dict[Impact, float]:
        """Weight of each impact in what is minimised; of levels, in that of the last."""
        if self.lexicographic:
            return {self.lexicographic[-1].impact: 1.0}
        return dict(self.weights or {self.minimise: 1.0})

    @property
    def named(self) -> set[Impact]:
        """Every impact that has a say in what is chosen."""
        levels = {level.impact for level in self.lexicographic or ()}
        return levels | {impact for impact, weight in self.counted.items() if weight > 0}


class EmbodiedAccounting(Section):
    """How the making of servers is charged."""

    coefficient_set: Name = Field("vendor-pcf", description="of data/embodied/coefficients.csv")
    charge: Literal["owned-time", "use", "purchase"] = "owned-time"
    include_existing: StrictBool = Field(False, description="false: what stands is sunk")
    host_lifetime_years: Positive | None = None
    accelerator_lifetime_years: Positive | None = None


class CostAccounting(Section):
    """How servers are paid for."""

    acquisition: Literal["purchase", "rental"] = "purchase"
    charge: Literal["owned-time", "purchase"] = Field(
        "owned-time",
        description="of bought servers; owned-time: the hours in which they stand; purchase: "
        "all of the price at once, less renewal.end_value",
    )
    discount_rate: Annotated[float, Field(ge=0, lt=1), Quantity] = 0.0


class Uncertainty(Section):
    """How sure figures are, and which end of their bands is planned with."""

    stance: Stance = Field(
        "central",
        description="pessimistic, optimistic: every figure with a low and a high value stands "
        "at its unfavourable, favourable end",
    )
    given: Evidence = Field(
        "assumed",
        description="how the series and the figures of sites that this file gives are known",
    )


class Solver(Section):
    """How hard to try; the command line overrides these."""

    gap: Annotated[float, Field(ge=0, lt=1), Quantity] = Field(
        1e-3, description="how far above the proven bound a plan may be"
    )
    time_limit_s: Positive = 600.0
    threads: Annotated[int, Field(ge=1, le=256), Quantity] = 1
    seed: Annotated[int, Field(ge=0, le=2_147_483_647), Quantity] = 0


class Scenario(Section):
    """One planning question."""

    carbonplan: Annotated[Literal[1], Quantity] = Field(description="version of the format")
    name: Name
    description: str = ""
    catalogue: str | None = Field(
        None, description="folder of tables and cards whose rows go before the shipped ones"
    )
    horizon: Horizon
    signal: Signal
    regions: Annotated[list[Site], Field(min_length=1)]
    series: Series = Series()
    fleet: Fleet
    workloads: Annotated[list[Workload], Field(min_length=1)]
    objective: Objective
    bounds: list[Bound] = []
    stages: list[Stage] = []
    futures: list[Future] = []
    risk: Risk = Risk()
    renewal: Renewal = Renewal()
    supply: Supply = Supply()
    embodied: EmbodiedAccounting = EmbodiedAccounting()
    cost: CostAccounting = CostAccounting()
    uncertainty: Uncertainty = Uncertainty()
    solver: Solver = Solver()
    compare: list[Axis] = Field([], description="what `compare` varies; no plan depends on it")

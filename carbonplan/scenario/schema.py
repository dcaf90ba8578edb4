"""The scenario: what a planner writes, as frozen records; also printed as JSON Schema.

A value is a number in the unit that its field name ends in, or text with a unit ("250 MW"),
which ``carbonplan.scenario.quantities`` converts before its bounds are looked at. Rules over
several fields live in ``carbonplan.scenario.checks``.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StrictBool,
    ValidationInfo,
    model_validator,
)

from carbonplan.scenario.fields import (
    ClockFraction,
    Count,
    Engine,
    Evidence,
    Fraction,
    Impact,
    Name,
    NonNegative,
    Number,
    Parallel,
    Positive,
    Precision,
    Quantity,
    Stance,
    UtcTime,
    YearlyMean,
)


class Section(BaseModel):
    """A frozen part of a scenario; unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @model_validator(mode="after")
    def keeps_the_rules_of_its_reader(self, info: ValidationInfo) -> Self:
        """Hand the section to ``context["check"]``, where the reader has rules to ask."""
        if info.context is not None:
            info.context["check"](self)
        return self


class Horizon(Section):
    """When the plan operates: consecutive hours from ``start``, or a year of typical days."""

    start: UtcTime | None = Field(None, description="first slot, ISO 8601 in UTC")
    hours: Annotated[int, Field(ge=1, le=8784), Quantity] | None = Field(
        None, description="length of a consecutive horizon"
    )
    typical_days: Name | None = Field(
        None, description="a table of weighted days in data/grid/ or beside the scenario"
    )
    slot_hours: Annotated[Literal[1], Quantity] = 1
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
    negative: Literal["floor", "allow"] = Field(
        "floor", description="floor: negative intensities count as zero"
    )


class Existing(Section):
    """Servers that stand already."""

    sku: Name
    region: Name
    servers: Annotated[int, Field(ge=1, le=1_000_000), Quantity]


class Stock(Section):
    """The most servers of a SKU that can be bought, in one region or in all together."""

    sku: Name
    region: Name | None = Field(None, description="absent: the limit is for all together")
    servers: Count


class Fleet(Section):
    """What may be bought and how replicas may run."""

    skus: Annotated[list[Name], Field(min_length=1)]
    existing: list[Existing] = []
    stock: list[Stock] = []
    replicas: Literal["auto", "whole", "continuous"] = Field(
        "auto", description="auto: whole in small fleets, continuous in large ones"
    )
    utilisation_limit: Annotated[float, Field(gt=0, le=1), Quantity] = Field(
        0.8, description="most of a replica's sustained rate that is planned to be used"
    )
    availability: Annotated[float, Field(gt=0, le=1), Quantity] = Field(
        1.0, description="share of the servers that work at any time"
    )
    switch_off: StrictBool = Field(
        True, description="servers without replicas may be switched off"
    )
    start_costs: StrictBool = Field(True, description="loading a model costs time and energy")
    engine: Engine = Field(
        "vllm-2026", description="serving engine, of a year, whose overheads replicas have"
    )
    precisions: Annotated[list[Precision], Field(min_length=1)] = ["bf16", "fp8"]
    tensor_parallel: Annotated[list[Parallel], Field(min_length=1)] = [1, 2, 4, 8]
    pipeline_parallel: Annotated[list[Parallel], Field(min_length=1)] = [1]
    clock_fractions: Annotated[list[ClockFraction], Field(min_length=1)] = [1.0, 0.8, 0.6]
    profiles: str | None = Field(
        None,
        description="CSV of measured operating points, or of measured times to interpolate "
        "between; they replace the technology model",
    )
    profiles_outside: Literal["refuse", "widen"] = Field(
        "refuse",
        description="requests beyond the measured times: widen takes the slow end of a band "
        "that grows with the distance",
    )
    calibration: str | None = Field(
        None,
        description="CSV of factors on the shipped coefficients, fitted to own measurements",
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
    price_usd_per_kwh: str | None = None
    pue: str | None = None
    wue_l_per_kwh: str | None = None
    ewif_l_per_kwh: str | None = None


class Arrivals(Section):
    """How many requests come, and when."""

    mean_rps: Positive | None = Field(None, description="mean over the horizon, all origins")
    shape: Name | None = Field(
        None, description="a service of data/requests/arrivals.csv; absent: flat"
    )
    file: str | None = Field(None, description="CSV: time_utc, rps or one column per origin")


class Origin(Section):
    """Where users are: an origin of data/sites/round_trips.csv and its share of requests."""

    origin: Name
    share: Fraction
    utc_offset_hours: Annotated[float, Field(ge=-12, le=14), Quantity] | None = Field(
        None, description="absent: standard time of the origin's row in data/sites/origins.csv"
    )


class ClassSpec(Section):
    """A request class written out in the scenario."""

    name: Name
    input_tokens: Positive
    output_tokens: Positive
    share: Fraction


class Workload(Section):
    """A stream of requests to one LLM: online with SLOs, or batch with a deadline."""

    name: Name
    kind: Literal["online", "batch"]
    llm: Name
    classes: Name | list[ClassSpec] = Field(
        description="a service of data/requests/classes.csv, or the classes themselves"
    )
    arrivals: Arrivals
    origins: list[Origin] = Field([], description="empty: no network between users and sites")
    ttft_s: Positive | None = Field(None, description="online: time to first token, required")
    tpot_s: Positive | None = Field(None, description="online: time per output token, required")
    percentile: Annotated[float, Field(gt=0.5, lt=1), Quantity] = Field(
        0.99, description="share of the requests that ttft_s holds for"
    )
    max_rtt_s: Positive | None = Field(
        None, description="farthest origin that a site may serve; absent: half of ttft_s"
    )
    deadline_hours: Annotated[int, Field(ge=1, le=8784), Quantity] | None = Field(
        None, description="batch: hours from arrival to completion, required"
    )
    regions: list[Name] | None = Field(None, description="where its data may go; absent: all")


class Objective(Section):
    """What is least: one impact, or a weighted sum of several."""

    minimise: Impact | None = None
    weights: dict[Impact, NonNegative] | None = None
    carbon_price_usd_per_tonne: NonNegative = Field(
        0.0, description="added to cost for every tonne of operational and embodied carbon"
    )


class Bound(Section):
    """The most of an impact that a plan may have over the horizon, in the impact's unit."""

    impact: Impact
    at_most: NonNegative


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
    horizon: Horizon
    signal: Signal
    regions: Annotated[list[Site], Field(min_length=1)]
    series: Series = Series()
    fleet: Fleet
    workloads: Annotated[list[Workload], Field(min_length=1)]
    objective: Objective
    bounds: list[Bound] = []
    embodied: EmbodiedAccounting = EmbodiedAccounting()
    cost: CostAccounting = CostAccounting()
    uncertainty: Uncertainty = Uncertainty()
    solver: Solver = Solver()

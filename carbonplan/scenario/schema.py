"""The scenario: what a planner writes, as frozen records; also printed as JSON Schema.

A value is a number in the unit that its field name ends in, or text with a unit ("250 MW"),
which is converted before these records see it (``carbonplan.scenario.quantities``).
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._/ -]{0,63}$")]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
NonNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Fraction = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=0, le=1_000_000)]
Precision = Literal["fp16", "bf16", "fp8", "int8", "int4", "fp4"]
Impact = Literal[
    "carbon",
    "operational_carbon",
    "embodied_carbon",
    "energy",
    "cost",
    "water",
    "onsite_water",
    "offsite_water",
    "latency",
]


class Section(BaseModel):
    """A frozen part of a scenario; unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Horizon(Section):
    """When the plan operates: consecutive hours from ``start``, or a year of typical days."""

    start: datetime | None = Field(None, description="first slot, ISO 8601 in UTC")
    hours: Annotated[int, Field(ge=1, le=8784)] | None = Field(
        None, description="length of a consecutive horizon"
    )
    typical_days: Name | None = Field(
        None, description="a table of weighted days in data/grid/ or beside the scenario"
    )
    slot_hours: Literal[1] = 1
    ends: Literal["cyclic", "closed"] = Field(
        "cyclic",
        description="cyclic: the last slot precedes the first; closed: batch work starts and "
        "ends with nothing waiting",
    )


class Signal(Section):
    """What the grid's carbon intensity means; printed with every plan."""

    kind: Literal["average", "marginal"]
    scope: Literal["location", "market"]
    basis: Literal["lifecycle", "direct"]
    negative: Literal["floor", "allow"] = Field(
        "floor", description="floor: negative intensities count as zero"
    )


class Existing(Section):
    """Servers that stand already."""

    sku: Name
    region: Name
    servers: Annotated[int, Field(ge=1, le=1_000_000)]


class Stock(Section):
    """The most servers of a SKU that can be bought, in one region or in all together."""

    sku: Name
    region: Name | None = None
    servers: Count


class Fleet(Section):
    """What may be bought and how replicas may run."""

    skus: Annotated[list[Name], Field(min_length=1)]
    existing: list[Existing] = []
    stock: list[Stock] = []
    replicas: Literal["auto", "whole", "continuous"] = "auto"
    utilisation_limit: Annotated[float, Field(gt=0, le=1)] = 0.8
    availability: Annotated[float, Field(gt=0, le=1)] = 1.0
    switch_off: bool = Field(True, description="servers without replicas may be switched off")
    start_costs: bool = Field(True, description="loading a model costs time and energy")
    precisions: Annotated[list[Precision], Field(min_length=1)] = ["bf16", "fp16", "fp8"]
    tensor_parallel: Annotated[list[int], Field(min_length=1)] = [1, 2, 4, 8]
    pipeline_parallel: Annotated[list[int], Field(min_length=1)] = [1]
    clock_fractions: Annotated[list[Fraction], Field(min_length=1)] = [1.0, 0.8, 0.6]
    profiles: str | None = Field(
        None, description="CSV of measured profiles that replace the technology model"
    )


class Site(Section):
    """A region of the plan; what is given here overrides its row in the catalogue."""

    region: Name
    power_limit_kw: NonNegative | None = None
    server_limit: Count | None = None
    pue: Annotated[float, Field(ge=1, le=3)] | None = None
    wue_l_per_kwh: NonNegative | None = None
    ewif_l_per_kwh: NonNegative | None = None
    price_usd_per_kwh: float | None = None


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
    utc_offset_hours: Annotated[float, Field(ge=-12, le=14)] = 0.0


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
    percentile: Annotated[float, Field(gt=0.5, lt=1)] = 0.99
    max_rtt_s: Positive | None = Field(
        None, description="farthest origin that a site may serve; absent: half of ttft_s"
    )
    deadline_hours: Annotated[int, Field(ge=1, le=8784)] | None = Field(
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

    coefficient_set: Name = "act-2022"
    charge: Literal["owned-time", "use", "purchase"] = "owned-time"
    include_existing: bool = Field(False, description="false: what stands is sunk")
    host_lifetime_years: Positive | None = None
    accelerator_lifetime_years: Positive | None = None


class CostAccounting(Section):
    """How servers are paid for."""

    acquisition: Literal["purchase", "rental"] = "purchase"
    discount_rate: Annotated[float, Field(ge=0, lt=1)] = 0.0


class Solver(Section):
    """How hard to try; the command line overrides these."""

    gap: Annotated[float, Field(ge=0, lt=1)] = 1e-3
    time_limit_s: Positive = 600.0
    threads: Annotated[int, Field(ge=1, le=256)] = 1
    seed: Annotated[int, Field(ge=0, le=2_147_483_647)] = 0


class Scenario(Section):
    """One planning question."""

    carbonplan: Literal[1]
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
    solver: Solver = Solver()

"""The fleet: what stands, what may be bought, and how replicas may run."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StrictBool

from carbonplan.scenario.fields import (
    ClockFraction,
    Count,
    Engine,
    Fraction,
    Name,
    NonNegative,
    Parallel,
    Positive,
    Precision,
    Quantity,
)
from carbonplan.scenario.section import Section


class Existing(Section):
    """Servers that stand already."""

    sku: Name
    region: Name
    servers: Annotated[int, Field(ge=1, le=1_000_000), Quantity]
    age_years: NonNegative = Field(0.0, description="at the start of the horizon")


class Stock(Section):
    """The most servers of a SKU that can be bought, in one region or in all together."""

    sku: Name
    region: Name | None = Field(None, description="absent: the limit is for all together")
    servers: Count
    stage: Name | None = Field(None, description="absent: in each stage")


class Fleet(Section):
    """What may be bought and how replicas may run."""

    skus: Annotated[list[Name], Field(min_length=1)]
    existing: list[Existing] = []
    stock: list[Stock] = []
    replicas: Literal["auto", "whole", "continuous"] = Field(
        "auto",
        description="auto: whole in small fleets, continuous in large ones; whole ones count "
        "what they draw at any load",
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
    load_on_demand: StrictBool = Field(
        False,
        description="replicas load their model when requests for them come, which wait for it; "
        "false: ahead of them",
    )
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
    phases: Literal["mixed", "split", "either"] = Field(
        "mixed",
        description="mixed: a replica does prefill and decode; split: different replicas do, "
        "and the KV cache travels between them; either: as is best",
    )
    host_reuse: StrictBool = Field(
        False, description="idle cores of powered hosts may do batch work"
    )
    host_reuse_share: Fraction = Field(
        0.75, description="most of a host's cores and memory bandwidth that batch work takes"
    )
    host_memory: Literal["as-sold", "chosen"] = Field(
        "as-sold", description="chosen: DRAM and SSD of bought hosts are as large as needed"
    )
    hold_hours: Positive | None = Field(
        None, description="hours over which replicas stay as they are; absent: one slot"
    )
    largest_region_share: Fraction = Field(
        1.0, description="most of all accelerators that may stand in one region"
    )
    largest_vendor_share: Fraction = Field(
        1.0, description="most of all accelerators that may be of one vendor"
    )
    survive_region_loss: StrictBool = Field(
        False, description="with any one region lost, the others can serve all online peaks"
    )

"""What a value of a scenario can be: names, quantities with bounds, and closed lists."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from carbonplan.scenario.quantities import number_in_unit_of_field, on_the_minute, utc_time

Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._/ -]{0,63}$")]
Quantity = BeforeValidator(number_in_unit_of_field)
OnTheMinute = AfterValidator(on_the_minute)
UtcTime = Annotated[datetime, BeforeValidator(utc_time)]
Number = Annotated[float, Field(allow_inf_nan=False), Quantity]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False), Quantity]
NonNegative = Annotated[float, Field(ge=0, allow_inf_nan=False), Quantity]
YearlyMean = Annotated[
    NonNegative | None, Field(description="yearly mean; typical days add the catalogue's hours")
]
Fraction = Annotated[float, Field(ge=0, le=1), Quantity]
ClockFraction = Annotated[float, Field(gt=0, le=1), Quantity]
Count = Annotated[int, Field(ge=0, le=1_000_000), Quantity]
Parallel = Annotated[int, Field(ge=1, le=1024), Quantity]
Precision = Literal["fp16", "bf16", "fp8", "int8", "int4", "fp4"]
Evidence = Literal["measured", "published", "derived", "assumed"]  # most certain first
Stance = Literal["central", "pessimistic", "optimistic"]
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
Engine = Literal["vllm-2026", "vllm-2025", "sglang-2025", "tensorrt-llm-2025"]

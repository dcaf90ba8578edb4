"""Operating points as a user measured them."""

from __future__ import annotations

from carbonplan.catalogue.inputs import MeasuredProfile
from carbonplan.configurations import Configuration


def measured_profile(
    of: Configuration, request_class: str, **changes: object
) -> MeasuredProfile:
    """A measured operating point of a configuration."""
    told = {
        "llm": of.llm,
        "sku": of.sku,
        "tensor_parallel": of.tensor_parallel,
        "pipeline_parallel": of.pipeline_parallel,
        "precision": of.precision,
        "clock_fraction": of.clock_fraction,
        "request_class": request_class,
        "max_rate_rps": 9.0,
        "energy_j_per_request": 5.0,
        "ttft_s": 0.1,
        "source": "test",
    }
    return MeasuredProfile(**{**told, **changes})

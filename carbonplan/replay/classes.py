"""Request classes of a plan as a region serves them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from carbonplan.replay.ages import POINTS, ages_hours
from carbonplan.replay.traffic import Served
from carbonplan.units import SECONDS_PER_HOUR

if TYPE_CHECKING:
    import xarray as xr

    from carbonplan.catalogue.inputs import Inputs
    from carbonplan.replay.arrays import Floats

PACE_S = 0.03  # of a token, where a workload promises none


def ages_of(inputs: Inputs, data: xr.Dataset) -> dict[str, Floats]:
    """Age of batch work when it is released, by class, (slot, point) [h]."""
    batch = [one.name for one in inputs.classes if one.workload.kind == "batch"]
    return {name: ages_hours(data, name) for name in batch}


def classes_of(
    inputs: Inputs,
    data: xr.Dataset,
    region: str,
    slots: tuple[int, ...],
    ages: dict[str, Floats],
) -> tuple[Served, ...]:
    """Every class with what it is promised, and where its requests come from."""
    here = data.sel(region=region)
    rtt_s = here["rtt_s"].values
    flow = here["flow_rps"].transpose("request_class", "origin", "slot")
    nothing = np.zeros((len(slots), POINTS))
    found = []
    for one in inputs.classes:
        workload, lengths = one.workload, one.request_class
        is_batch = workload.kind == "batch"
        tpot_s = workload.tpot_s or np.inf
        age = ages[one.name][list(slots)] if is_batch else nothing
        found.append(
            Served(
                name=one.name,
                workload=workload.name,
                is_batch=is_batch,
                tokens=(lengths.input_tokens, lengths.output_tokens),
                ttft_s=np.inf if is_batch else workload.ttft_s or np.inf,
                tpot_s=np.inf if is_batch else tpot_s,
                token_s=tpot_s if np.isfinite(tpot_s) else PACE_S,
                deadline_s=(workload.deadline_hours or np.inf) * SECONDS_PER_HOUR,
                rtt_s=rtt_s,
                origin_rps=flow.sel(request_class=one.name).values[:, list(slots)],
                age_hours=age,
            )
        )
    return tuple(found)

"""What stages and windows mean for slots and purchases."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from carbonplan.catalogue.inputs import Inputs
from carbonplan.problem.records import Risk

if TYPE_CHECKING:
    import xarray as xr


def slot_stage(inputs: Inputs) -> xr.DataArray:
    """Position of the stage of each slot, (slot,)."""
    import xarray as xr

    place = {node.name: y for y, node in enumerate(inputs.nodes)}
    return xr.DataArray([place[name] for name in inputs.series["stage"].values], dims="slot")


def held(inputs: Inputs) -> xr.DataArray:
    """First slot of the window of each slot, (slot,); windows begin anew in every run."""
    import xarray as xr

    hours, run = inputs.scenario.fleet.hold_hours, inputs.series["run"].values
    slots = np.arange(len(run))
    if hours is None:
        return xr.DataArray(slots, dims="slot")
    slot_hours = float(inputs.series["slot_hours"].values.flat[0])
    window = max(1, round(hours / slot_hours))
    first_of_run = np.searchsorted(run, run)
    return xr.DataArray(slots - (slots - first_of_run) % window, dims="slot")


def for_sale(inputs: Inputs) -> xr.DataArray:
    """1 where a SKU can be bought at the start of a stage, (stage, sku).

    What takes longer to deliver than the stage is away cannot.
    """
    import xarray as xr

    stages = {stage.name: stage for stage in inputs.scenario.stages}
    lead = {one.sku: one.years for one in inputs.scenario.renewal.lead_times}
    sold = np.ones((len(inputs.nodes), len(inputs.servers)))
    for y, node in enumerate(inputs.nodes):
        stage = stages.get(node.stage)
        for g, server in enumerate(inputs.servers):
            offered = stage is None or stage.skus is None or server.name in stage.skus
            in_time = lead.get(server.name, 0.0) <= node.start_years
            sold[y, g] = float(offered and in_time)
    coords = {
        "stage": [node.name for node in inputs.nodes],
        "sku": [server.name for server in inputs.servers],
    }
    return xr.DataArray(sold, coords, ("stage", "sku"))


def budgets(inputs: Inputs) -> dict[str, float]:
    """Most that purchases may cost, by stage where it is limited [USD]."""
    limits = {stage.name: stage.budget_usd for stage in inputs.scenario.stages}
    return {
        node.name: limits[node.stage]
        for node in inputs.nodes
        if limits.get(node.stage) is not None
    }


def risk(inputs: Inputs) -> Risk:
    """Futures, and what the worst of them count."""
    asked = inputs.scenario.risk
    futures = {future.name: future.probability for future in inputs.scenario.futures}
    return Risk(futures, asked.tail, asked.weight if futures else 0.0)


def stage_bounds(inputs: Inputs) -> tuple[tuple[str, str, float], ...]:
    """(impact, stage, most): impacts count the probability of a stage's futures."""
    return tuple(
        (bound.impact, node.name, bound.at_most * node.probability)
        for bound in inputs.scenario.bounds
        for node in inputs.nodes
        if bound.stage is not None and bound.stage == node.stage
    )

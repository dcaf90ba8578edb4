"""Loading on demand: how many requests wait for a replica that loads its model.

A replica that starts when the first requests for it come is taken to be asked at the highest
planned rate of its engine: starts are made where more capacity is needed. Decoding alone does
not delay a first token, and batch work may wait.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from carbonplan.catalogue.inputs import Inputs
from carbonplan.technology.starting import loading_requests

if TYPE_CHECKING:
    import xarray as xr

    from carbonplan.configurations import Configurations


def loading_coefficients(
    inputs: Inputs, configurations: Configurations
) -> dict[str, xr.DataArray]:
    """Requests that wait for a start, over (engine,); nothing where replicas load ahead."""
    if not inputs.scenario.fleet.load_on_demand:
        return {}
    table = configurations.table
    online = [k.name for k in inputs.classes if k.workload.kind == "online"]
    rate_rps = table["rate_rps"].sel(request_class=online).max("request_class")
    first = rate_rps.where(table["role"] != "decode", 0.0).to_series()
    names = table["configuration_engine"].values
    highest_rps = first.groupby(names).max().loc[table["engine"].values].to_numpy()
    waiting = loading_requests(
        highest_rps, table["start_hours"].values, inputs.scenario.horizon.slot_hours
    )
    return {"loading_requests": table["start_hours"].copy(data=waiting)}

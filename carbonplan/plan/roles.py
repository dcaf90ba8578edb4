"""Which replicas of a plan answer requests: those that decode, alone or after their prefill.

Load of replicas that do prefill alone is handed over to others in the region, so that it does
not count where requests are counted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import xarray as xr
    from numpy.typing import NDArray

PREFILL = ":prefill"  # with which the engines of such replicas end


def answering(data: xr.Dataset) -> NDArray[np.bool_]:
    """Whether each configuration answers requests, (configuration,)."""
    names = data["configuration"].values.astype(str).tolist()
    return np.array([not name.rpartition(":")[0].endswith(PREFILL) for name in names], bool)


def answered_rps(data: xr.Dataset) -> xr.DataArray:
    """Requests answered, (request_class, configuration, region, slot) [1/s]."""
    load = data["load_rps"].transpose("request_class", "configuration", "region", "slot")
    return load.isel(configuration=np.flatnonzero(answering(data)))

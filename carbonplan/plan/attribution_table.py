"""The attribution of a plan in long form: the file ``tables/attribution.csv``.

One row for each class and phase, and for each state that serves nobody, on each SKU in each
region. An impact has two columns, in the direct view and in the loaded one, where what is idle
is borne by the classes; either sums to the impact.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from carbonplan.plan.accounts import books, loaded
from carbonplan.plan.totals import UNITS

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

SERVED, IDLE = "served", "idle"
PLACE = ("sku", "region")


def attribution_rows(data: xr.Dataset) -> pd.DataFrame:
    """The rows in which anything is held or owed."""
    import pandas as pd

    of = books(data)
    with_idle, left = loaded(of)
    idle_hours = data["idle_accelerator_hours"].transpose("state", *PLACE).values
    classes = ("request_class", "phase", *PLACE)
    served = _rows(data, classes, of.hours, of.served, with_idle)
    idle = _rows(data, ("state", *PLACE), idle_hours, of.idle, left)
    of_class = (data[name].values.tolist() for name in ("request_class", "workload"))
    workload = served["request_class"].map(dict(zip(*of_class, strict=True)))
    named = served.assign(owed=SERVED, workload=workload, state="")
    apart = idle.assign(owed=IDLE, workload="", request_class="", phase="")
    first = ["owed", "workload", "request_class", "phase", "state", *PLACE]
    whole = pd.concat([named, apart], ignore_index=True)
    return whole[[*first, *(name for name in whole if name not in first)]]


def _rows(
    data: xr.Dataset,
    dims: tuple[str, ...],
    hours: np.ndarray,
    direct: np.ndarray,
    with_idle: np.ndarray,
) -> pd.DataFrame:
    """Arrays over the dimensions in long form; impacts lead with a dimension of their own."""
    import pandas as pd

    places = np.nonzero((hours != 0.0) | (direct != 0.0).any(axis=0))
    columns: dict[str, object] = {
        dim: data[dim].values[at] for dim, at in zip(dims, places, strict=True)
    }
    columns["accelerator_hours"] = hours[places]
    for prefix, impacts in (("", direct), ("loaded_", with_idle)):
        for name, values in zip(data["impact"].values.tolist(), impacts, strict=True):
            columns[f"{prefix}{name}_{UNITS.get(name, '1').lower()}"] = values[places]
    return pd.DataFrame(columns)

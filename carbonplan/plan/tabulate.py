"""A plan as tables, one row for each thing that a planner may look up."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import numpy as np

from carbonplan.plan.attribution_table import attribution_rows
from carbonplan.plan.roles import answered_rps

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

    from carbonplan.plan.records import Plan

HOURLY = (
    "it_power_kw",
    "site_power_kw",
    "operational_kgco2e_per_hour",
    "intensity_kgco2e_per_kwh",
    "pue",
    "price_usd_per_kwh",
    "wue_l_per_kwh",
    "ewif_l_per_kwh",
)
ENGINE_COLUMNS = (
    *("accelerators", "loaded_kw", "working_kw"),
    *("start_energy_kwh", "start_hours"),
)
FORMULA_SIGNS = (
    "=",
    "+",
    "-",
    "@",
    "\t",
    "\r",
    "\n",
    "'",
    "＝",
    "＋",
    "－",
    "＠",
)  # also full width


def tables(plan: Plan) -> dict[str, pd.DataFrame]:
    """Tables of a plan by name; rows in which nothing happens are left out.

    Times are the start of a slot in UTC, ISO 8601; other columns name their unit.
    """
    data = plan.data
    return {
        "servers": _rows(data, "servers", "purchased_servers"),
        "kept": _rows(data, "kept_servers"),
        "upgraded": _rows(data, "upgraded_servers"),
        "moved": _rows(data, "moved_servers"),
        "powered": _rows(data, "powered_servers", "it_power_kw"),
        "replicas": _rows(data, "replicas", "starts"),
        "load": _rows(data, "load_rps"),
        "flow": _rows(data, "flow_rps"),
        "demand": _rows(data, "demand_rps"),
        "backlog": _rows(data, "backlog_krequests"),
        "partitions": _rows(data, "chosen"),
        "energy": _rows(data, "energy_kwh"),
        "configurations": _configurations(data),
        "hourly": _hourly(data),
        "impacts": _impacts(plan),
        "attribution": attribution_rows(data),
    }


def csv_bytes(table: pd.DataFrame) -> bytes:
    """A table as CSV: numbers at full precision, text that is no formula to a spreadsheet."""
    from pandas.api.types import is_numeric_dtype

    guarded = {
        name: column if is_numeric_dtype(column) else _guarded(column)
        for name, column in table.items()
    }
    return (
        type(table)(guarded)
        .to_csv(index=False, lineterminator="\n", quoting=csv.QUOTE_NONNUMERIC)
        .encode("utf-8")
    )


def _guarded(column: pd.Series) -> np.ndarray:
    """A column of text with each cell guarded."""
    position, names = column.astype(object).factorize()
    return np.array([guarded_text(str(name)) for name in names], dtype=object)[position]


def guarded_text(text: str) -> str:
    """Text with a ``'`` before it where its first sign would make it a formula."""
    return "'" + text if text.startswith(FORMULA_SIGNS) else text


def _rows(data: xr.Dataset, *names: str) -> pd.DataFrame:
    """Variables over the same dimensions in long form, where any of them is not zero."""
    import pandas as pd

    dims = data[names[0]].dims
    arrays = {name: data[name].transpose(*dims).values for name in names}
    places = np.nonzero(np.any([array != 0.0 for array in arrays.values()], axis=0))
    columns: dict[str, object] = {}
    for dim, at in zip(dims, places, strict=True):
        columns[dim] = data[dim].values[at]
        if dim == "slot":
            columns["time_utc"] = _iso(data)[at]
        if dim in ("engine", "configuration"):
            columns |= _engine_names(data, at if dim == "engine" else _engine_at(data)[at])
    columns |= {name: array[places] for name, array in arrays.items()}
    return pd.DataFrame(columns)


def _configurations(data: xr.Dataset) -> pd.DataFrame:
    """Configurations in the rows, for each request class that they can serve.

    The last columns are those of the engine, whatever its clock.
    """
    import pandas as pd

    rate = data["rate_rps"].transpose("configuration", "request_class").values
    c, k = np.nonzero(rate > 0.0)
    e = _engine_at(data)[c]
    columns = {
        "configuration": data["configuration"].values[c],
        **_engine_names(data, e),
        "request_class": data["request_class"].values[k],
        "rate_rps": rate[c, k],
    }
    for name in ("energy_kj_per_request", "ttft_s"):
        columns[name] = data[name].transpose("configuration", "request_class").values[c, k]
    columns |= {name: data[name].values[e] for name in ENGINE_COLUMNS}
    return pd.DataFrame(columns)


def _engine_at(data: xr.Dataset) -> np.ndarray:
    """Position of the engine of each configuration, (configuration,)."""
    return data.indexes["engine"].get_indexer(data["configuration_engine"].values)


def _engine_names(data: xr.Dataset, at: np.ndarray) -> dict[str, np.ndarray]:
    """Name, SKU and LLM of the engines at positions."""
    names = {"engine": "engine", "sku": "engine_sku", "llm": "engine_llm"}
    return {column: data[name].values[at] for column, name in names.items()}


def _hourly(data: xr.Dataset) -> pd.DataFrame:
    """Every region in every slot: power, carbon, series, and load by kind."""
    import pandas as pd

    regions, slots = data.sizes["region"], data.sizes["slot"]
    columns: dict[str, object] = {
        "region": np.repeat(data["region"].values, slots),
        "slot": np.tile(data["slot"].values, regions),
        "time_utc": np.tile(_iso(data), regions),
        "weight": np.tile(data["weight"].values, regions),
    }
    load = answered_rps(data).sum("configuration")
    for kind in ("online", "batch"):
        chosen = load.isel(request_class=np.flatnonzero(data["class_kind"].values == kind))
        columns[f"{kind}_rps"] = _flat(chosen.sum("request_class"))
    by_site = data.assign(it_power_kw=data["it_power_kw"].sum("sku"))
    columns |= {name: _flat(by_site[name]) for name in HOURLY}
    return pd.DataFrame(columns)


def _impacts(plan: Plan) -> pd.DataFrame:
    import pandas as pd

    rows = []
    for name, total in plan.impacts.items():
        rows.append((name, total.unit, "total", "", total.value))
        rows += [(name, total.unit, "region", key, v) for key, v in total.by_region.items()]
        rows += [(name, total.unit, "sku", key, v) for key, v in total.by_sku.items()]
    return pd.DataFrame(rows, columns=["impact", "unit", "of", "name", "value"])


def _flat(array: xr.DataArray) -> np.ndarray:
    return array.transpose("region", "slot").values.ravel()


def _iso(data: xr.Dataset) -> np.ndarray:
    """Start of every slot, ISO 8601 in UTC."""
    return np.char.add(np.datetime_as_string(data["time_utc"].values, unit="m"), "Z")

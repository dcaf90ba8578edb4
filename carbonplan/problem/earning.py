"""Where a scenario lets idle power earn: negative marginal intensity that counts as it is.

More replicas than demand needs may then be best, as many as there are accelerators for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from carbonplan.problem.records import Problem

if TYPE_CHECKING:
    import xarray as xr


def with_room(problem: Problem, needed: xr.DataArray) -> xr.DataArray:
    """Most replicas of each engine, (engine,): as needed, or as have room where idling earns.

    Servers without a limit on purchases count as those that stand.
    """
    if not idle_earns(problem):
        return needed
    p, room = problem.data, needed.copy()
    standing = p["existing_servers"].sum("cohort").max("region") * p["sku_accelerators"]
    bought = _for_sale(problem)
    for e in needed["engine"].values.tolist():
        sku = problem.sku_of.get(e)
        each = float(p["accelerators"].sel(engine=e))
        if sku is not None and each > 0:
            accelerators = float(standing.sel(sku=sku)) + bought.get(sku, 0.0)
            room.loc[{"engine": e}] = np.floor(accelerators / each)
    return np.maximum(needed, room)


def idle_earns(problem: Problem) -> bool:
    """Whether power that serves nobody may count for less than nothing."""
    return problem.negative == "allow" and bool(
        (problem.data["intensity_kgco2e_per_kwh"] < 0).any()
    )


def _for_sale(problem: Problem) -> dict[str, float]:
    """Accelerators that limited purchases may add, by SKU."""
    in_server = problem.data["sku_accelerators"].to_series()
    total: dict[str, float] = {}
    for _, sku, _, servers in problem.stock:
        total[sku] = total.get(sku, 0.0) + servers * float(in_server[sku])
    return total

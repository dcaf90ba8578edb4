"""Sizes of memory that servers may be bought with, and what each changes.

A size that holds no less and saves no more than another is no option: of SSD the smallest that
holds every checkpoint is bought, and of DRAM as well unless replicas on hosts need more. What
stood before is as sold; so is what moves or gets other accelerators.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from carbonplan.catalogue.cohorts import Cohort, cohorts, lifetimes_years, may_stand
from carbonplan.catalogue.inputs import Inputs
from carbonplan.catalogue.records import Server
from carbonplan.configurations.hosts import checkpoints_gb
from carbonplan.problem.charges import lives_charged, stage_hours
from carbonplan.technology.host_memory import (
    DRAM,
    SSD,
    MemorySize,
    dram_need_gb,
    free_dram_gb,
    memory_sizes,
)
from carbonplan.units import HOURS_PER_YEAR

if TYPE_CHECKING:
    import xarray as xr

AS_SOLD = "as-sold"
Label = tuple[str, ...]


@dataclass(frozen=True)
class Fitting:
    """DRAM and SSD of a server, against those as sold; saved by one server."""

    name: str
    free_dram_gb: float
    saved_kgco2e: float = 0.0
    saved_usd: float = 0.0
    saved_idle_kw: float = 0.0


def host_coefficients(inputs: Inputs) -> dict[str, object]:
    """What hosts as sold have left for replicas: DRAM (sku), and the share that they may take."""
    free = [free_dram_gb(one, checkpoints_gb(inputs, one)) for one in inputs.servers]
    return {
        "free_dram_gb": (("sku",), free),
        "host_reuse_share": float(inputs.scenario.fleet.host_reuse_share),
    }


def memory_coefficients(inputs: Inputs) -> tuple[xr.Dataset, tuple[Label, ...]]:
    """Coefficients of sizes by SKU, and which a cohort may have: (stage, cohort, sku, memory).

    Nothing where memory is as sold.
    """
    import xarray as xr

    if inputs.scenario.fleet.host_memory == "as-sold":
        return xr.Dataset(), ()
    options = {server.name: fittings(inputs, server) for server in inputs.servers}
    names = list(dict.fromkeys(one.name for of in options.values() for one in of))
    by_sku = {
        field: xr.DataArray(
            _table(options, names, field), {"sku": list(options), "memory": names}
        )
        for field in ("free_dram_gb", "saved_kgco2e", "saved_usd", "saved_idle_kw")
    }
    data = xr.Dataset(
        {
            "fitted_free_dram_gb": by_sku["free_dram_gb"],
            "saved_idle_kw": by_sku["saved_idle_kw"],
            "saved_kgco2e": by_sku["saved_kgco2e"] * lives_charged(inputs).sel(part="host"),
            "saved_kgco2e_per_hour": by_sku["saved_kgco2e"] / host_hours(inputs),
            "saved_usd": by_sku["saved_usd"] * lives_paid(inputs),
        }
    ).drop_vars("part")
    return data, _fitted(inputs, options)


def fittings(inputs: Inputs, server: Server) -> tuple[Fitting, ...]:
    """What a server may be bought with: the smallest SSD, and DRAM that may be needed.

    As sold first, where anything but that may be wanted of it.
    """
    need = checkpoints_gb(inputs, server)
    sizes = memory_sizes(server, inputs.embodied_coefficients, need)
    ssd = next(one for one in sizes if one.part == SSD)
    dram = [one for one in sizes if one.part == DRAM]
    reuse = inputs.scenario.fleet.host_reuse
    small = [
        _fitting(one, ssd, max(one.gb - dram_need_gb(server, need), 0.0))
        for one in (dram if reuse else dram[:1])
    ]
    renewal = inputs.scenario.renewal
    sold = Fitting(AS_SOLD, free_dram_gb(server, need))
    return (sold, *small) if renewal.upgrades or renewal.moves else tuple(small)


def _fitting(dram: MemorySize, ssd: MemorySize, free_gb: float) -> Fitting:
    return Fitting(
        f"{dram.name}/{ssd.name}",
        free_gb,
        saved_kgco2e=dram.saved_kgco2e + ssd.saved_kgco2e,
        saved_usd=dram.saved_usd + ssd.saved_usd,
        saved_idle_kw=dram.saved_idle_kw + ssd.saved_idle_kw,
    )


def host_hours(inputs: Inputs) -> xr.DataArray:
    """Life of the host of each SKU [h], (sku,)."""
    import xarray as xr

    hours = [lifetimes_years(inputs, one)[0] * HOURS_PER_YEAR for one in inputs.servers]
    return xr.DataArray(hours, {"sku": [one.name for one in inputs.servers]})

"""Sizes of memory that servers may be bought with, and what each changes.

A size that holds no less and saves no more than another is no option: of SSD the smallest that
holds every checkpoint is bought, and of DRAM as well unless replicas on hosts need more. What
stood before is as sold; so is what moves or gets other accelerators.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from carbonplan.catalogue.cohorts import Cohort, cohorts, lifetimes_years
from carbonplan.catalogue.inputs import Inputs
from carbonplan.catalogue.records import Server
from carbonplan.configurations.hosts import checkpoints_gb
from carbonplan.problem.charges import lives_charged, server_usd
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
    from numpy.typing import NDArray

AS_SOLD = "as-sold"
Label = tuple[str, ...]


@dataclass(frozen=True)
class Fitting:
    """DRAM and SSD of a server, and what it is spared against those as sold."""

    name: str
    dram_gb: float
    ssd_gb: float
    free_dram_gb: float
    saved_kgco2e: float = 0.0
    saved_usd: float = 0.0
    saved_idle_kw: float = 0.0


def host_coefficients(inputs: Inputs) -> dict[str, tuple]:
    """What hosts as sold have left for replicas: DRAM (sku), and the share that these take."""
    free = [free_dram_gb(one, checkpoints_gb(inputs, one)) for one in inputs.servers]
    return {
        "free_dram_gb": (("sku",), free),
        "host_reuse_share": ((), inputs.scenario.fleet.host_reuse_share),
    }


def memory_coefficients(inputs: Inputs) -> tuple[xr.Dataset, tuple[Label, ...]]:
    """Coefficients of sizes by SKU, and which a cohort may have: (cohort, sku, memory).

    Nothing where memory is as sold.
    """
    import xarray as xr

    if inputs.scenario.fleet.host_memory == "as-sold":
        return xr.Dataset(), ()
    by_hour = by_size(inputs, "saved_kgco2e") / host_hours(inputs)
    data = {
        "fitted_free_dram_gb": by_size(inputs, "free_dram_gb"),
        "saved_idle_kw": by_size(inputs, "saved_idle_kw"),
        "saved_kgco2e_per_hour": by_hour,
        **saved(inputs),
    }
    return xr.Dataset(data), _fitted(inputs)


def saved(inputs: Inputs) -> dict[str, xr.DataArray]:
    """What a stage does not charge a server with, (stage, cohort, sku, memory)."""
    kgco2e = lives_charged(inputs).sel(part="host", drop=True) * by_size(inputs, "saved_kgco2e")
    usd = shares_paid(inputs) * by_size(inputs, "saved_usd")
    return {"saved_kgco2e": kgco2e, "saved_usd": usd}


def memory_grounds(inputs: Inputs) -> dict[str, NDArray]:
    """What a plan states of sizes, (sku, memory) or (stage, cohort, sku, memory)."""
    return {
        "memory_dram_gb": by_size(inputs, "dram_gb").values,
        "memory_ssd_gb": by_size(inputs, "ssd_gb").values,
        "saved_idle_kw": by_size(inputs, "saved_idle_kw").values,
        **{name: values.values for name, values in saved(inputs).items()},
    }


def memory_names(inputs: Inputs) -> list[str]:
    """Names of all sizes of all SKUs, as sold first."""
    return list(dict.fromkeys(name for of in _options(inputs).values() for name in of))


def by_size(inputs: Inputs, field: str) -> xr.DataArray:
    """A figure of the sizes of each SKU, (sku, memory); zero for those of others."""
    import xarray as xr

    options, names = _options(inputs), memory_names(inputs)
    rows = [
        [float(getattr(of[name], field)) if name in of else 0.0 for name in names]
        for of in options.values()
    ]
    return xr.DataArray(rows, {"sku": list(options), "memory": names}, ("sku", "memory"))


def _options(inputs: Inputs) -> dict[str, dict[str, Fitting]]:
    """Sizes of each SKU by name, as sold first."""
    chosen = inputs.scenario.fleet.host_memory == "chosen"
    return {
        server.name: {
            one.name: one
            for one in (
                as_sold(inputs, server),
                *(smaller(inputs, server) if chosen else ()),
            )
        }
        for server in inputs.servers
    }


def as_sold(inputs: Inputs, server: Server) -> Fitting:
    """The memory that a server is sold with."""
    free_gb = free_dram_gb(server, checkpoints_gb(inputs, server))
    return Fitting(AS_SOLD, server.host.dram_gb, server.host.ssd_gb, free_gb)


def smaller(inputs: Inputs, server: Server) -> list[Fitting]:
    """What a server may be bought with: the smallest SSD, and DRAM that may be needed."""
    need = checkpoints_gb(inputs, server)
    sizes = memory_sizes(server, inputs.embodied_coefficients, need)
    ssd = next(one for one in sizes if one.part == SSD)
    dram = [one for one in sizes if one.part == DRAM]
    wanted = dram if inputs.scenario.fleet.host_reuse else dram[:1]
    least_gb = dram_need_gb(server, need)
    return [_fitting(one, ssd, max(one.gb - least_gb, 0.0)) for one in wanted]


def _fitting(dram: MemorySize, ssd: MemorySize, free_gb: float) -> Fitting:
    return Fitting(
        f"{dram.name}/{ssd.name}",
        dram.gb,
        ssd.gb,
        free_gb,
        saved_kgco2e=dram.saved_kgco2e + ssd.saved_kgco2e,
        saved_usd=dram.saved_usd + ssd.saved_usd,
        saved_idle_kw=dram.saved_idle_kw + ssd.saved_idle_kw,
    )


def _fitted(inputs: Inputs) -> tuple[Label, ...]:
    """What each cohort may have: as sold where it stood, may move or may be upgraded."""
    renewed = inputs.scenario.renewal.upgrades or inputs.scenario.renewal.moves
    options: Mapping[str, list[str]] = {
        g: [name for name in of if renewed or name != AS_SOLD]
        for g, of in _options(inputs).items()
    }
    return tuple(
        (cohort.name, g, name)
        for cohort in cohorts(inputs)
        for g, of in options.items()
        for name in (of if _is_bought(cohort) else [AS_SOLD])
    )


def _is_bought(cohort: Cohort) -> bool:
    return cohort.host is not None and not cohort.is_upgraded


def host_hours(inputs: Inputs) -> xr.DataArray:
    """Life of the host of each SKU [h], (sku,)."""
    import xarray as xr

    hours = [lifetimes_years(inputs, one)[0] * HOURS_PER_YEAR for one in inputs.servers]
    return xr.DataArray(hours, {"sku": [one.name for one in inputs.servers]})


def shares_paid(inputs: Inputs) -> xr.DataArray:
    """Share of a server's price that a stage pays, (stage, cohort, sku) [1]; 0 if rented."""
    import xarray as xr

    prices = [one.price.purchase_usd for one in inputs.servers]
    price_usd = xr.DataArray(prices, {"sku": [one.name for one in inputs.servers]})
    bought = inputs.scenario.cost.acquisition == "purchase"
    return server_usd(inputs) / price_usd * float(bought)

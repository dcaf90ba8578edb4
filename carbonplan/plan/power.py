r"""What the servers of a plan draw, by what they draw it for.

.. math::

    P_{grt} = w^{off}_g (S_{gr} - p_{grt}) + (w^{host}_g + w^{parked}_g) p_{grt}
            - \sum_m w^{memory}_{gm} f_{grmt}
            + \sum_{e \in g} \Big( w^{loaded}_e n_{ert} + E^{start}_e s_{ert} / h_t
            + \sum_{c \in e} \sum_k e_{kc} L_{kcrt} \Big)

with servers S, of them powered p, f of those with memory of size m, replicas n of engine e,
load L at its clocks c and starts s (1 kJ per request at one request per second is 1 kW).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from carbonplan.plan.standing import standing_in_slots
from carbonplan.plan.variables import CONSEQUENCES, USES

if TYPE_CHECKING:
    import numpy as np
    import xarray as xr
    from numpy.typing import NDArray


def it_power_by_use_kw(data: xr.Dataset) -> dict[str, xr.DataArray]:
    """Summands of the IT power [kW], each over (sku, region, slot)."""
    import xarray as xr

    at_clock = xr.dot(data["energy_kj_per_request"], data["load_rps"], dim="request_class")
    clocks = (data["configuration_engine"] == data["engine"]).astype(float)
    serving = xr.dot(clocks, at_clock, dim="configuration")
    working = by_sku(data, data["working_kw"] * data["replicas"])
    starts = data["start_energy_kwh"] / data["slot_hours"] * data["starts"]
    powered = data["powered_servers"]
    return {
        "serving": by_sku(data, serving) + working,
        "ready": by_sku(data, data["loaded_kw"] * data["replicas"]) - working,
        "accelerators": data["parked_kw"] * powered,
        "hosts": data["host_idle_kw"] * powered - _spared_by_memory(data),
        "off": data["off_kw"] * (standing_in_slots(data) - powered),
        "starts": by_sku(data, starts),
    }


def consequences(data: xr.Dataset) -> dict[str, xr.DataArray]:
    """Power, its carbon and the energy of the horizon, as the plan lists them.

    The energy by use stands as the servers draw it; what a site adds, PUE - 1 times
    their sum, is the use ``overhead``.
    """
    import xarray as xr

    by_use = it_power_by_use_kw(data)
    it_power = sum(by_use.values())
    site_power = data["pue"] * it_power.sum("sku")
    serving = data["pue"] * by_use["serving"].sum("sku")
    idle_intensity = data["idle_intensity_kgco2e_per_kwh"]
    earned = (data["intensity_kgco2e_per_kwh"] - idle_intensity) * serving
    hours = data["weight"] * data["slot_hours"]
    energy = {use: xr.dot(power, hours, dim="slot") for use, power in by_use.items()}
    energy["overhead"] = xr.dot(it_power, (data["pue"] - 1.0) * hours, dim="slot")
    arrays = {
        "it_power_kw": it_power,
        "site_power_kw": site_power,
        "operational_kgco2e_per_hour": idle_intensity * site_power + earned,
        "energy_kwh": _stacked(energy),
    }
    return {name: array.transpose(*CONSEQUENCES[name].dims) for name, array in arrays.items()}


def impacts_of_power(
    data: xr.Dataset, use: str, power_kw: NDArray[np.float64], hours: NDArray[np.float64]
) -> dict[str, float]:
    """Energy [kWh], carbon [kgCO2e], water [L] and cost [USD] of IT power of one use.

    Parameters
    ----------
    power_kw
        (region, slot).
    hours
        Of the horizon that count, (slot,).
    """
    series = {
        name: data[name].transpose("region", "slot").values
        for name in (
            *("pue", "price_usd_per_kwh", "wue_l_per_kwh", "ewif_l_per_kwh"),
            *("intensity_kgco2e_per_kwh", "idle_intensity_kgco2e_per_kwh"),
        )
    }
    earns = "" if use == "serving" else "idle_"
    it_kwh = power_kw * hours
    site_kwh = it_kwh * series["pue"]
    water = it_kwh * series["wue_l_per_kwh"] + site_kwh * series["ewif_l_per_kwh"]
    return {
        "energy": float(site_kwh.sum()),
        "carbon": float((site_kwh * series[f"{earns}intensity_kgco2e_per_kwh"]).sum()),
        "water": float(water.sum()),
        "cost": float((site_kwh * series["price_usd_per_kwh"]).sum()),
    }


def _spared_by_memory(data: xr.Dataset) -> xr.DataArray:
    """What powered hosts do not draw for memory that they do not have [kW]."""
    import xarray as xr

    return xr.dot(data["saved_idle_kw"], data["powered_fitted"], dim="memory")


def by_sku(data: xr.Dataset, by_engine: xr.DataArray) -> xr.DataArray:
    """Sum over the engines of each SKU."""
    import xarray as xr

    runs_on = (data["engine_sku"] == data["sku"]).astype(float)
    return xr.dot(runs_on, by_engine, dim="engine")


def _stacked(by_use: dict[str, xr.DataArray]) -> xr.DataArray:
    """One array with the dimension ``use`` in the order of ``USES``."""
    import xarray as xr

    return xr.concat(
        [by_use[use].assign_coords(use=use) for use in USES],
        dim="use",
        coords="minimal",
        compat="override",
        join="exact",
    )

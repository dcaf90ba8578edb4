"""Where the energy of a plan goes: the plan's ``energy_kwh`` by use and region."""

from __future__ import annotations

from typing import TYPE_CHECKING

from carbonplan.report.arrays import names, values
from carbonplan.report.wording import label

if TYPE_CHECKING:
    import xarray as xr

TITLES = {
    "serving": "Serving requests",
    "ready": "Replicas held ready",
    "accelerators": "Accelerators at rest",
    "hosts": "Host platforms",
    "off": "Servers switched off",
    "starts": "Loading models",
    "overhead": "Cooling and losses",
}


def energy_kwh(data: xr.Dataset) -> dict[str, dict[str, float]]:
    """Energy by use and region [kWh], most first; empty where the plan does not say."""
    energy = values(data, "energy_kwh", "use", "sku", "region")
    if energy is None:
        return {}
    uses, regions = names(data, "use"), names(data, "region")
    by_region = energy.sum(axis=1)
    most_first = sorted(range(len(uses)), key=lambda use: -by_region[use].sum())
    return {
        uses[use]: dict(zip(regions, by_region[use].tolist(), strict=True))
        for use in most_first
        if by_region[use].any()
    }


def use_title(use: str) -> str:
    """A use as a reader calls it: "Serving requests"."""
    return TITLES.get(use, label(use, 32))

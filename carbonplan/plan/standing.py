"""Which servers stand: by cohort in each stage, and by slot."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import xarray as xr


def standing_in_slots(data: xr.Dataset) -> xr.DataArray:
    """Servers of the stage of each slot, (sku, region, slot)."""
    of_stage = data["servers"].sel(stage=data["slot_stage"]).drop_vars("stage")
    return of_stage.transpose("sku", "region", "slot")


def standing_by_cohort(data: xr.Dataset) -> xr.DataArray:
    """Servers of each cohort in each stage, (stage, cohort, sku, region).

    What is bought in a stage is the cohort of its name; hosts that get accelerators in one are
    a cohort that is called after both.
    """
    standing = data["kept_servers"].transpose("stage", "cohort", "sku", "region").copy()
    upgraded = data["upgraded_servers"].sum("sku").rename(new_sku="sku")
    for stage in data["stage"].values.tolist():
        bought = {"stage": stage, "cohort": stage}
        standing.loc[bought] += data["purchased_servers"].sel(stage=stage)
        for cohort in data["cohort"].values.tolist():
            made = upgraded.sel(stage=stage, cohort=cohort)
            if made.any():
                hosts = cohort.split("+", 1)[0]
                standing.loc[{"stage": stage, "cohort": f"{hosts}+{stage}"}] += made
    return standing

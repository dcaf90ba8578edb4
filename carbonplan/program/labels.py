"""What the labels of each family of columns, rows and signals name, without the slot."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import xarray as xr

from carbonplan.program.records import Floats

LABELS: Mapping[str, tuple[str, ...]] = {
    "Servers": ("stage", "sku", "region"),
    "Purchased": ("stage", "sku", "region"),
    "Kept": ("stage", "cohort", "sku", "region"),
    "Upgraded": ("stage", "cohort", "sku", "new_sku", "region"),
    "Moved": ("stage", "cohort", "sku", "region", "to_region"),
    "Fitted": ("stage", "cohort", "sku", "region", "memory"),
    "FittedServers": ("stage", "sku", "region", "memory"),
    "Powered": ("sku", "region"),
    "PoweredFitted": ("sku", "region", "memory"),
    "Replicas": ("engine", "region"),
    "Starts": ("engine", "region"),
    "Chosen": ("partition",),
    "one_partition_is_chosen": ("workload",),
    "replicas_of_others_rest": ("engine", "region"),
    "Load_rps": ("request_class", "configuration", "region"),
    "Flow_rps": ("request_class", "origin", "region"),
    "Backlog_krequests": ("request_class",),
    "demand_is_routed": ("request_class", "origin"),
    "routed_load_is_served": ("request_class", "region"),
    "prefill_feeds_decode": ("request_class", "weights", "region"),
    "load_within_throughput": ("engine", "region"),
    "replicas_fit_in_servers": ("sku", "region"),
    "powered_servers_are_owned": ("sku", "region"),
    "powered_memory_is_owned": ("sku", "region", "memory"),
    "powered_servers_have_memory": ("sku", "region"),
    "host_reuse_fits": ("sku", "region"),
    "host_memory_holds": ("sku", "region"),
    "replicas_are_started": ("engine", "region"),
    "starts_are_of_replicas": ("engine", "region"),
    "batch_work_is_carried": ("request_class",),
    "batch_work_meets_deadline": ("request_class",),
    "site_power_holds": ("region",),
    "servers_are_owned": ("stage", "sku", "region"),
    "kept_servers_stood": ("stage", "cohort", "sku", "region"),
    "memory_is_fitted": ("stage", "cohort", "sku", "region"),
    "fitted_memory_stays": ("stage", "cohort", "sku", "region", "memory"),
    "fitted_servers_stand": ("stage", "sku", "region", "memory"),
    "purchases_within_stock": ("stage", "sku", "region"),
    "purchases_within_total_stock": ("stage", "sku"),
    "servers_fit_in_site": ("stage", "region"),
    "purchases_within_budget": ("stage",),
    "purchases_are_ordered": ("stage", "first_stage", "sku", "region"),
    "impact_within_bound": ("impact",),
    "impact_within_stage_bound": ("impact", "stage"),
    "Contracted_kw": ("contract", "region"),
    "Matched_kw": ("contract", "region"),
    "contract_covers_match": ("contract", "region"),
    "matched_within_drawn": ("region",),
    "share_is_matched": ("region",),
    "quality_holds": ("workload",),
    "spare_is_ready": ("workload",),
    "region_share_holds": ("stage", "region"),
    "vendor_share_holds": ("stage", "vendor"),
}

LABELS_OF_SIGNALS: Mapping[str, tuple[str, ...]] = {
    "demand_rps": ("request_class", "origin"),
    "arrivals_rps": ("request_class",),
    "backlog_limit_krequests": ("request_class",),
    "site_it_limit_kw": ("region",),
    "delivered_it_kw_per_kw": ("contract", "region"),
}


def values_at(
    array: xr.DataArray, dims: tuple[str, ...], labels: list[tuple[str, ...]]
) -> Floats:
    """Values at labels, (label, slot); one column where they do not vary in time."""
    picks = {
        dim: xr.DataArray([label[axis] for label in labels], dims="label")
        for axis, dim in enumerate(dims)
        if dim in array.dims
    }
    picked = array.sel(picks)
    slots = [picked["slot"]] if "slot" in picked.dims else []
    shape = (len(labels), slots[0].size if slots else 1)
    wanted = [dim for dim in ("label", "slot") if dim in picked.dims]
    values = picked.transpose(*wanted).values
    if "label" not in wanted:
        values = values[None]
    return np.broadcast_to(values if slots else values[:, None], shape)

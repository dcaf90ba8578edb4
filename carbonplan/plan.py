"""The plan: what to buy, where, what runs when, and what that emits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import xarray as xr


@dataclass(frozen=True)
class ImpactTotal:
    """One impact over the horizon with its parts; parts sum to the value."""

    value: float
    unit: str
    by_region: Mapping[str, float]
    by_sku: Mapping[str, float]


@dataclass(frozen=True)
class Plan:
    """A provisioning plan with its proof and its provenance.

    Attributes
    ----------
    data
        Over (sku, region): ``servers``, ``existing_servers``, ``purchased_servers``; over
        (sku, region, slot): ``powered_servers``, ``it_power_kw``; over (configuration, region,
        slot): ``replicas``, ``starts``; over (request_class, configuration, region, slot):
        ``load_rps``; over (request_class, origin, region, slot): ``flow_rps``; over
        (request_class, slot): ``backlog_krequests`` (batch classes; zero for the others);
        with the configurations' table, the series used, and SKU coefficients beside them.
    summary
        What plan.json holds besides the impacts: status, bound, gap, sizes, timings, signal,
        coefficient sets, solver steps, sources.
    """

    scenario_name: str
    data: xr.Dataset
    impacts: Mapping[str, ImpactTotal]
    summary: Mapping[str, object]

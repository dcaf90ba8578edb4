"""The values that a plan is: labelled arrays, impact totals and what is known of the solve."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

SCHEMA_VERSION = 3  # of plan.json, scenario.json, plan.nc and manifest.json


@dataclass(frozen=True)
class ImpactTotal:
    """One impact over the horizon with its parts; parts sum to the value.

    A part that belongs to no region or to no SKU stands under a key in brackets:
    ``(network)`` for round trips, ``(all)`` for what cannot be divided.
    """

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
        The decisions, over (sku, region): ``servers``, ``existing_servers``,
        ``purchased_servers``; over (sku, region, slot): ``powered_servers``; over
        (engine, region, slot): ``replicas``, ``starts``; over (request_class, configuration,
        region, slot): ``load_rps``; over (request_class, origin, region, slot): ``flow_rps``;
        over (request_class, slot): ``backlog_krequests`` (zero for online classes). An engine
        is a configuration without its clock: its replicas divide a slot among the clocks as
        the load at each asks. What follows from the decisions: ``it_power_kw`` (sku, region,
        slot), ``site_power_kw`` and ``operational_kgco2e_per_hour`` (region, slot),
        ``energy_kwh`` (use, sku, region). And what they rest on: demand, series, the table of
        configurations and their engines (``configuration_engine``, ``engine_sku``,
        ``engine_llm``) and server coefficients, all listed with unit and meaning in
        ``carbonplan.plan.variables``.
    summary
        What plan.json holds besides the impacts: fingerprint, status, objective, bound, gap,
        rounding gap, sizes, timings, signal, coefficient sets, how far batch work keeps to
        clean hours, solver steps, sources. Plain JSON values.
    scenario
        What was planned: the resolved scenario with its defaults, as plain JSON values.
    """

    scenario_name: str
    data: xr.Dataset
    impacts: Mapping[str, ImpactTotal]
    summary: Mapping[str, object]
    scenario: Mapping[str, object] = field(default_factory=dict)

    def tables(self) -> dict[str, pd.DataFrame]:
        """The plan as tables: servers, replicas, load, flow, hourly, impacts and more."""
        from carbonplan.plan.tabulate import tables

        return tables(self)

    def __repr__(self) -> str:
        """The plan in a line: what it is of, what it emits or costs, how good that is."""
        objective = self.summary.get("objective") or {}
        value, unit = objective.get("value"), objective.get("unit")
        minimised = f"{objective.get('impact')} {value} {unit}"
        status, gap = self.summary.get("status"), self.summary.get("gap")
        return f"Plan({self.scenario_name!r}, {minimised}, {status}, gap {gap})"

    def _repr_html_(self) -> str | None:
        """What a notebook shows."""
        from carbonplan.plan.rendering import shown

        return shown(self)

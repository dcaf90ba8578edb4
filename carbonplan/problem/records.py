"""Index sets and coefficients: all that the program sees."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import xarray as xr


@dataclass(frozen=True)
class Problem:
    """Index sets and labelled coefficients of one planning problem.

    Attributes
    ----------
    data
        Over (request_class, origin, slot): ``demand_rps`` (online). Over (request_class,
        slot): ``arrivals_rps``, ``backlog_limit_krequests`` (batch). Over (request_class,
        configuration): ``rate_rps``, ``energy_kj_per_request``, ``ttft_s``. Over (engine):
        ``accelerators``, ``loaded_kw``, ``start_energy_kwh``, ``start_fraction`` (of a slot).
        Over (sku): ``sku_accelerators``, ``off_kw``, ``powered_kw`` (host idle and all
        accelerators parked), ``server_usd`` and ``server_kgco2e`` (over the horizon),
        ``server_kgco2e_per_hour``. Over (sku, region): ``existing_servers``. Over (region,
        slot): ``pue``, ``intensity_kgco2e_per_kwh``, ``price_usd_per_kwh``,
        ``wue_l_per_kwh``, ``ewif_l_per_kwh``, ``site_it_limit_kw`` (infinite without a
        limit). Over (origin, region): ``rtt_s``. Over (slot): ``hours`` (weight times
        length), ``previous``. Scalars: ``slot_hours``, ``availability``. Upper bounds of
        decisions as ``with_upper_bounds`` derives them.
    online, batch
        Names of the request classes of each kind.
    routes
        (request_class, origin, region) over which online requests may go.
    serving
        (request_class, configuration, region) that may carry load.
    engine_of, sku_of
        Engine of each configuration, and SKU of each engine.
    stock
        (sku, region or None) with the most servers that can be bought.
    site_power_kw, site_servers
        Limits of regions that have one.
    """

    data: xr.Dataset
    online: tuple[str, ...]
    batch: tuple[str, ...]
    routes: tuple[tuple[str, str, str], ...]
    serving: tuple[tuple[str, str, str], ...]
    engine_of: dict[str, str]
    sku_of: dict[str, str]
    stock: tuple[tuple[str, str | None, int], ...]
    site_power_kw: dict[str, float]
    site_servers: dict[str, int]
    whole_replicas: bool
    switch_off: bool
    start_costs: bool
    charge: str
    charge_existing: bool
    objective: dict[str, float]
    bounds: tuple[tuple[str, float], ...]

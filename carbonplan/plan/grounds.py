"""What a plan's decisions rest on: demand, series and coefficients.

With them a reader of the plan needs nothing else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from carbonplan.catalogue.cohorts import cohorts
from carbonplan.problem.charges import server_kgco2e, server_usd
from carbonplan.problem.fleet import existing_servers
from carbonplan.problem.memory import memory_grounds, memory_names
from carbonplan.problem.supply import residual_intensity
from carbonplan.technology.embodied import embodied_footprint
from carbonplan.units import W_PER_KW

if TYPE_CHECKING:
    from collections.abc import Sequence

    import xarray as xr
    from numpy.typing import NDArray

    from carbonplan.catalogue.inputs import Inputs
    from carbonplan.configurations import Configurations

BY_SITE = (
    "intensity_kgco2e_per_kwh",
    "pue",
    "price_usd_per_kwh",
    "wue_l_per_kwh",
    "ewif_l_per_kwh",
)
BY_SLOT = ("weight", "previous", "run", "slot_hours")
BY_OPERATING_POINT = ("rate_rps", "energy_kj_per_request", "ttft_s")
BY_ENGINE = (
    *("accelerators", "host_share", "host_dram_gb"),
    *("loaded_kw", "working_kw", "start_energy_kwh", "start_hours"),
)


def plan_labels(inputs: Inputs, configurations: Configurations) -> dict[str, list[str]]:
    """Names along every dimension but ``slot``."""
    skus = [server.name for server in inputs.servers]
    return {
        "stage": [node.name for node in inputs.nodes],
        "cohort": [cohort.name for cohort in cohorts(inputs)],
        "sku": skus,
        "new_sku": skus,
        "to_region": [region.region for region in inputs.regions],
        "region": [region.region for region in inputs.regions],
        "engine": list(dict.fromkeys(one.engine for one in configurations.kept)),
        "configuration": [one.name for one in configurations.kept],
        "request_class": [request_class.name for request_class in inputs.classes],
        "memory": memory_names(inputs),
        "partition": list(dict.fromkeys(one.way for one in inputs.classes if one.is_optional)),
        "origin": [str(name) for name in inputs.rtt_s["origin"].values],
        "contract": [contract.name for contract in inputs.scenario.supply.contracts],
    }


def grounds(
    inputs: Inputs, configurations: Configurations, labels: dict[str, list[str]]
) -> dict[str, Sequence | NDArray]:
    """Values by variable name, over the dimensions that ``variables.GROUNDS`` lists."""
    regions = labels["region"]
    by_site = inputs.series.sel(region=regions)
    table = configurations.table.sel(
        {dim: labels[dim] for dim in ("request_class", "configuration", "engine")}
    )
    runs = {one.engine: one for one in configurations.kept}
    slots = inputs.series.sizes["slot"]
    return {
        "existing_servers": existing_servers(inputs).values,
        "server_kgco2e": server_kgco2e(inputs).values,
        "server_usd": server_usd(inputs).values,
        "slot_stage": inputs.series["stage"].values,
        "slot_future": inputs.series["future"].values,
        "lost_region": inputs.series["lost_region"].values,
        "idle_intensity_kgco2e_per_kwh": idle_intensity(inputs).sel(region=regions).values,
        "demand_rps": _demand_rps(inputs, labels["origin"]),
        "rtt_s": inputs.rtt_s.transpose("origin", "region").sel(region=regions).values,
        **{name: by_site[name].transpose("region", "slot").values for name in BY_SITE},
        **{name: np.broadcast_to(inputs.series[name].values, slots) for name in BY_SLOT},
        **{
            name: table[name].transpose("request_class", "configuration").values
            for name in BY_OPERATING_POINT
        },
        **{name: table[name].values for name in BY_ENGINE},
        "engine_sku": [runs[engine].sku for engine in labels["engine"]],
        "engine_llm": [runs[engine].llm for engine in labels["engine"]],
        "configuration_engine": [one.engine for one in configurations.kept],
        **memory_grounds(inputs),
        **_by_class(inputs),
        **_by_sku(inputs),
        **_by_contract(inputs),
    }


def idle_intensity(inputs: Inputs) -> xr.DataArray:
    """Carbon intensity of power that serves no request, (region, slot) [kgCO2e/kWh].

    Where idle power may not earn it is never negative.
    """
    intensity = inputs.series["intensity_kgco2e_per_kwh"].transpose("region", "slot")
    earns = inputs.scenario.signal.negative != "no-idle-earning"
    return intensity if earns else intensity.clip(min=0.0)


def _demand_rps(inputs: Inputs, origins: list[str]) -> NDArray[np.float64]:
    """Requests that arrive, (request_class, origin, slot) [1/s]: a class has its share."""
    arrivals = inputs.series["arrivals_rps"].transpose("workload", "origin", "slot")
    by_workload = arrivals.sel(
        workload=[one.workload.name for one in inputs.classes], origin=origins
    )
    names = [one.name for one in inputs.classes]
    share = inputs.series["share"].sel(request_class=names).transpose("request_class", "slot")
    return share.values[:, None] * by_workload.values


def _by_class(inputs: Inputs) -> dict[str, list]:
    classes = inputs.classes
    return {
        "workload": [one.workload.name for one in classes],
        "class_kind": [one.workload.kind for one in classes],
        "class_llm": [one.workload.llm for one in classes],
        "input_tokens": [one.request_class.input_tokens for one in classes],
        "output_tokens": [one.request_class.output_tokens for one in classes],
    }


def _by_contract(inputs: Inputs) -> dict[str, NDArray]:
    profile, residual = inputs.series["contract_profile"], residual_intensity(inputs.series)
    return {
        "contract_profile": profile.transpose("contract", "slot").values,
        "residual_intensity_kgco2e_per_kwh": residual.transpose("region", "slot").values,
    }


def _by_sku(inputs: Inputs) -> dict[str, list]:
    accounting = inputs.scenario.embodied
    servers = inputs.servers
    made = [embodied_footprint(server, inputs.embodied_coefficients) for server in servers]
    return {
        "sku_accelerators": [server.sku.accelerators for server in servers],
        "sku_accelerator": [server.accelerator.accelerator for server in servers],
        "off_kw": [server.host.off_w / W_PER_KW for server in servers],
        "host_idle_kw": [server.host.idle_w / W_PER_KW for server in servers],
        "parked_kw": [
            server.sku.accelerators * server.power.parked_w / W_PER_KW for server in servers
        ],
        **{
            f"{range_}embodied_{part}_kgco2e": [
                getattr(footprint, f"{range_}{part}_kgco2e") for footprint in made
            ]
            for range_ in ("", "low_", "high_")
            for part in ("host", "accelerators")
        },
        "host_lifetime_years": [
            accounting.host_lifetime_years or server.sku.host_lifetime_years
            for server in servers
        ],
        "accelerator_lifetime_years": [
            accounting.accelerator_lifetime_years or server.sku.accelerator_lifetime_years
            for server in servers
        ],
    }

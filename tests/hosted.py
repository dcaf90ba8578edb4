"""Hosts for problems of the tests: an engine on their sockets, and sizes of their memory.

A replica on a host of the SKU ``box`` takes half of its sockets and 64 GB of the 200 that are
free; it serves 2 batch requests/s of 0.3 kJ. With small memory a server has 100 GB free and is
spared 0.1 kW while it is powered, 0.05 kgCO2e and 1 USD.
"""

from __future__ import annotations

from dataclasses import replace

import xarray as xr

from carbonplan.problem import Problem, with_upper_bounds
from carbonplan.problem.memory import AS_SOLD
from tests.tiny import NIGHT

E_HOST = "llm@box/host:tp1"
HOST = f"{E_HOST}:100%"
SMALL = "dram-512/ssd-960"
BY_PAIR = {"rate_rps": 2.0, "energy_kj_per_request": 0.3, "ttft_s": 5.0}
BY_ENGINE = {
    "accelerators": 0.0,
    "loaded_kw": 0.0,
    "start_energy_kwh": 0.01,
    "start_fraction": 0.05,
    "host_share": 0.5,
    "host_dram_gb": 64.0,
}


def hosted(problem: Problem, **changes: float) -> Problem:
    """The problem with an engine on the hosts of ``box`` for batch work; figures may change."""
    of_host = BY_ENGINE | {name: x for name, x in changes.items() if name in BY_ENGINE}
    served = problem.data["request_class"] == NIGHT
    pairs = {name: served * x for name, x in BY_PAIR.items()}
    added = xr.Dataset(pairs).expand_dims(configuration=[HOST])
    engines = xr.Dataset({name: ("engine", [x]) for name, x in of_host.items()})
    data = problem.data.assign(
        host_share=problem.data["accelerators"] * 0.0,
        host_dram_gb=problem.data["accelerators"] * 0.0,
    )
    skus = {"sku": data["sku"].values}
    data = xr.merge(
        [
            data.drop_dims(("configuration", "engine")),
            xr.concat([data[list(BY_PAIR)], added], "configuration"),
            xr.concat(
                [data[list(BY_ENGINE)], engines.assign_coords(engine=[E_HOST])], "engine"
            ),
        ],
        compat="equals",
        join="outer",
    ).assign(
        free_dram_gb=xr.DataArray(
            [changes.get("free_dram_gb", 200.0)] * len(skus["sku"]), skus
        ),
        host_reuse_share=changes.get("host_reuse_share", 0.75),
    )
    regions = sorted({r for *_, r in problem.serving})
    return with_upper_bounds(
        replace(
            problem,
            data=data,
            serving=(*problem.serving, *((NIGHT, HOST, r) for r in regions)),
            engine_of={**problem.engine_of, HOST: E_HOST},
            sku_of={**problem.sku_of, E_HOST: "box"},
        )
    )


def fitted(problem: Problem, sizes: tuple[str, ...] = (SMALL,)) -> Problem:
    """The problem where servers are bought with memory of one of these sizes."""
    data = problem.data
    small = xr.DataArray([0.0, 1.0], {"memory": [AS_SOLD, SMALL]}, ("memory",))
    every_sku = xr.ones_like(data["off_kw"])
    bought = xr.ones_like(data["server_kgco2e"])
    free_gb = xr.DataArray([200.0, 100.0], small.coords, ("memory",))
    nodes = {node.name for node in problem.nodes}
    return replace(
        problem,
        data=data.assign(
            fitted_free_dram_gb=every_sku * free_gb,
            saved_idle_kw=0.1 * every_sku * small,
            saved_kgco2e_per_hour=0.02 * every_sku * small,
            saved_kgco2e=0.05 * bought * small,
            saved_usd=1.0 * bought * small,
        ),
        fittings=tuple(
            (cohort, sku, size)
            for cohort in data["cohort"].values.tolist()
            for sku in data["sku"].values.tolist()
            for size in (sizes if cohort in nodes else (AS_SOLD,))
        ),
    )

"""One problem that can be solved in the head, and ways to change it.

Two regions, a clean and a dirty one, and two slots of one hour. One SKU with eight
accelerators; one LLM; an online class with two configurations (one accelerator, 10 requests/s;
two accelerators, 25 requests/s) and a batch class that only the first serves.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import xarray as xr

from carbonplan.problem import Problem, with_upper_bounds
from carbonplan.problem.records import Renewal

SLOTS = 2
STOOD = "stood"
CHAT, NIGHT = "chat/all", "night/all"
E_ONE, E_TWO = "llm@box:tp1", "llm@box:tp2"
ONE, TWO = f"{E_ONE}:100%", f"{E_TWO}:100%"


def data(**changes: object) -> xr.Dataset:
    """Coefficients of the tiny problem; a keyword replaces the values of a variable."""
    k, c, g = [CHAT, NIGHT], [ONE, TWO], ["box"]
    r, o, t = ["clean", "dirty"], ["users"], SLOTS
    variables = {
        "demand_rps": (("request_class", "origin", "slot"), [[[40.0, 20.0]], [[0.0, 0.0]]]),
        "arrivals_rps": (("request_class", "slot"), [[0.0, 0.0], [10.0, 0.0]]),
        "backlog_limit_krequests": (("request_class", "slot"), [[0.0, 0.0], [36.0, 0.0]]),
        "site_it_limit_kw": (("region", "slot"), np.full((2, t), np.inf)),
        "rate_rps": (("request_class", "configuration"), [[10.0, 25.0], [5.0, 0.0]]),
        "energy_kj_per_request": (
            ("request_class", "configuration"),
            [[0.05, 0.04], [0.1, 0.0]],
        ),
        "ttft_s": (("request_class", "configuration"), [[0.3, 0.2], [0.5, 0.0]]),
        "accelerators": (("engine",), [1.0, 2.0]),
        "loaded_kw": (("engine",), [0.1, 0.2]),
        "start_energy_kwh": (("engine",), [0.02, 0.03]),
        "start_fraction": (("engine",), [0.05, 0.05]),
        "sku_accelerators": (("sku",), [8.0]),
        "off_kw": (("sku",), [0.01]),
        "powered_kw": (("sku",), [0.5]),
        "server_usd": (("stage", "cohort", "sku"), [[[0.0], [3.0]]]),
        "server_kgco2e": (("stage", "cohort", "sku"), [[[0.0], [0.25]]]),
        "server_kgco2e_per_hour": (("sku",), [0.125]),
        "purchase_usd": (("stage", "sku"), [[30.0]]),
        "upgrade_usd": (("stage", "sku"), [[24.0]]),
        "existing_servers": (
            ("cohort", "sku", "region"),
            [[[0.0, 0.0]], [[0.0, 0.0]]],
        ),
        "pue": (("region", "slot"), [[1.1, 1.1], [1.5, 1.5]]),
        "intensity_kgco2e_per_kwh": (("region", "slot"), [[0.1, 0.05], [0.5, 0.6]]),
        "price_usd_per_kwh": (("region", "slot"), [[0.2, 0.2], [0.1, 0.1]]),
        "wue_l_per_kwh": (("region", "slot"), [[0.3, 0.3], [0.2, 0.2]]),
        "ewif_l_per_kwh": (("region", "slot"), [[2.0, 2.0], [1.0, 1.0]]),
        "rtt_s": (("origin", "region"), [[0.05, 0.01]]),
        "hours": (("slot",), np.ones(t)),
        "previous": (("slot",), np.array([1, 0])),
        "slot_future": (("slot",), np.array(["", ""])),
        "slot_stage": (("slot",), np.zeros(t, dtype=int)),
        "held": (("slot",), np.arange(t)),
        "region_open": (("region", "slot"), np.ones((2, t))),
        "slot_hours": ((), 1.0),
        "availability": ((), 1.0),
    }
    for name, values in changes.items():
        variables[name] = (variables[name][0], np.asarray(values))
    coords = {"request_class": k, "configuration": c, "engine": [E_ONE, E_TWO]}
    coords |= {"stage": ["now"], "cohort": [STOOD, "now"]}
    return xr.Dataset(variables, coords | {"sku": g, "region": r, "origin": o})


def standing(clean: float, dirty: float) -> list:
    """Values of ``existing_servers``: servers that stand in each region."""
    return [[[clean, dirty]], [[0.0, 0.0]]]


def tiny(changes: dict[str, object] | None = None, **settings: object) -> Problem:
    """The tiny problem, with changed coefficients or settings."""
    coefficients = data(**(changes or {}))
    regions = coefficients["region"].values.tolist()
    stood = coefficients["existing_servers"].sel(cohort=STOOD, sku="box").values
    problem = Problem(
        data=coefficients,
        online=(CHAT,),
        batch=(NIGHT,),
        routes=tuple((CHAT, "users", r) for r in regions),
        serving=tuple(
            (k, c, r) for k, c in ((CHAT, ONE), (CHAT, TWO), (NIGHT, ONE)) for r in regions
        ),
        engine_of={ONE: E_ONE, TWO: E_TWO},
        sku_of={E_ONE: "box", E_TWO: "box"},
        stock=(),
        site_power_kw={},
        site_servers={},
        whole_replicas=True,
        switch_off=True,
        start_costs=True,
        charge="owned-time",
        objective={"carbon": 1.0},
        bounds=(),
        renewal=Renewal(
            kept=tuple(
                ("now", STOOD, "box", r) for r, n in zip(regions, stood, strict=True) if n
            )
        ),
    )
    return with_upper_bounds(replace(problem, **settings))

"""Random cases that mix levers, as the formulation sees them."""

from __future__ import annotations

from itertools import product

import numpy as np
import xarray as xr

from carbonplan.catalogue.inputs import NOW, Node
from carbonplan.problem import Problem, with_upper_bounds
from carbonplan.problem.records import Promises, Risk, Shares, Supply
from tests.mixed_cases import FUTURES, QUALITY, RUN, SLOTS, STAGES, Case
from tests.mixed_cohorts import cohorts, fittings, fleet_data, renewal

NIGHT = "night/all"
IN_STAGES = (
    Node("first", "first", None, None, 0.0, 1.0, 1.0, last=False),
    Node("second", "second", None, "first", 1.0, 1.0, 1.0, last=True),
)
FUTURE_NAMES = ("busy", "calm")


def as_problem(case: Case) -> Problem:
    """The problem of a case."""
    nodes = IN_STAGES if case.time == STAGES else (NOW,)
    ages = cohorts(nodes, upgrades=case.upgrades)
    skus, regions = names("g", len(case.off_kw)), names("r", case.regions)
    engines = [f"{one.role}{i}@g{one.sku}" for i, one in enumerate(case.engines)]
    configurations = [f"{engines[e]}:{i}" for i, e in enumerate(case.engine_of)]
    classes = class_names(case)
    online = tuple(classes[:-1])
    coords = {
        "request_class": classes,
        "configuration": configurations,
        "engine": engines,
        "sku": skus,
        "region": regions,
        "origin": ["users"],
        "stage": [node.name for node in nodes],
        "cohort": list(ages),
    }
    problem = Problem(
        data=xr.Dataset(
            operations_data(case) | fleet_data(case, nodes, ages) | power_data(case), coords
        ),
        online=online,
        batch=(NIGHT,),
        routes=tuple((k, "users", r) for k in online for r in regions),
        serving=tuple(
            (k, c, r)
            for (i, k), (j, c) in product(enumerate(classes), enumerate(configurations))
            if case.rate_rps[i, j]
            for r in regions
        ),
        engine_of={c: engines[e] for c, e in zip(configurations, case.engine_of, strict=True)},
        sku_of={e: f"g{one.sku}" for e, one in zip(engines, case.engines, strict=True)},
        role_of={
            c: case.engines[e].role
            for c, e in zip(configurations, case.engine_of, strict=True)
            if case.engines[e].role in ("prefill", "decode")
        },
        weights_of=dict.fromkeys(configurations, "large"),
        stock=tuple(
            (nodes[y].name, skus[g], regions[r], int(most))
            for (y, g, r), most in np.ndenumerate(case.stock)
        ),
        site_power_kw={},
        site_servers={},
        whole_replicas=True,
        switch_off=case.switch_off,
        start_costs=case.start_costs,
        charge=case.charge,
        objective=dict(zip(("carbon", "cost"), case.weights, strict=True)),
        bounds=(),
        nodes=nodes,
        renewal=renewal(case, nodes, ages, skus, regions),
        budget_usd={node.name: case.budget_usd for node in nodes if case.budget_usd < np.inf},
        fittings=fittings(case, nodes, ages, skus),
        negative=case.negative,
        promises=promises(case, classes, configurations),
        shares=Shares(
            case.region_share, case.vendor_share, {g: f"vendor of {g}" for g in skus}
        ),
        **ways_and_contracts(case, classes, regions),
        risk=Risk(
            dict(zip(FUTURE_NAMES, case.probability.tolist(), strict=True)),
            case.tail,
            case.worst_weight,
        )
        if case.time == FUTURES
        else Risk(),
    )
    return with_upper_bounds(problem)


def names(letter: str, many: int) -> list[str]:
    return [f"{letter}{i}" for i in range(many)]


def class_names(case: Case) -> list[str]:
    online = [f"chat/{way}{k}" for way, ks in zip("ab", case.ways, strict=False) for k in ks]
    return [*online, NIGHT]


def operations_data(case: Case) -> dict[str, tuple]:
    """Demand, work and what replicas do."""
    pair, single = ("request_class", "configuration"), ("engine",)
    classes = len(case.rate_rps)
    work = np.zeros((classes, SLOTS))
    work[case.batch] = case.work_rps
    waits = 3.6 * case.slot_hours * work * case.waits
    if case.time == RUN:
        waits[:, -1] = 0.0

    def of_engines(field: str) -> tuple:
        return single, [float(getattr(one, field)) for one in case.engines]

    return {
        "demand_rps": (("request_class", "origin", "slot"), case.demand_rps[:, None]),
        "arrivals_rps": (("request_class", "slot"), work),
        "backlog_limit_krequests": (("request_class", "slot"), waits),
        "rate_rps": (pair, case.rate_rps / case.headroom),
        "energy_kj_per_request": (pair, case.energy_kj),
        "ttft_s": (pair, np.full(case.rate_rps.shape, 0.1)),
        "rtt_s": (("origin", "region"), np.zeros((1, case.regions))),
        "accelerators": of_engines("accelerators"),
        "loaded_kw": of_engines("loaded_kw"),
        "start_energy_kwh": of_engines("start_kwh"),
        "start_fraction": of_engines("start_fraction"),
        "host_share": of_engines("host_share"),
        "host_dram_gb": of_engines("host_gb"),
        "host_reuse_share": ((), case.host_reuse_share),
    }


def power_data(case: Case) -> dict[str, tuple]:
    """Grid, contracts and slots."""
    site, single = ("region", "slot"), ("slot",)
    floor = 0.0 if case.negative == "floor" else -np.inf
    futures = FUTURE_NAMES if case.time == FUTURES else ("", "")
    found = {
        "site_it_limit_kw": (site, np.full(case.pue.shape, np.inf)),
        "pue": (site, case.pue),
        "intensity_kgco2e_per_kwh": (site, np.maximum(case.intensity, floor)),
        "price_usd_per_kwh": (site, case.price),
        "wue_l_per_kwh": (site, np.ones(case.pue.shape)),
        "ewif_l_per_kwh": (site, np.ones(case.pue.shape)),
        "hours": (single, case.counted_hours),
        "previous": (single, list(case.previous)),
        "slot_future": (single, list(futures)),
        "slot_stage": (single, list(case.stage_of)),
        "held": (single, [0, 0] if case.hold else [0, 1]),
        "region_open": (site, case.is_open),
        "slot_hours": ((), case.slot_hours),
    }
    if case.contracts:
        offers = case.contracts
        profile = np.array([one.profile for one in offers])
        for field in ("price", "resale", "intensity"):
            unit = "kgco2e_per_kwh" if field == "intensity" else "usd_per_kwh"
            values = [getattr(one, field) for one in offers]
            found[f"contract_{field}_{unit}"] = (("contract",), values)
        found |= {
            "contract": ("contract", names("p", len(offers))),
            "contract_profile": (("contract", "slot"), profile),
            "delivered_it_kw_per_kw": (("contract", *site), profile[:, None] / case.pue),
        }
    if case.contracts or case.by_market:
        found["residual_intensity_kgco2e_per_kwh"] = (site, case.residual)
    return found


def ways_and_contracts(case: Case, classes: list[str], regions: list[str]) -> dict[str, object]:
    """What multiplies signals: the way requests are divided, and what is contracted."""
    several = case.ways if len(case.ways) > 1 else ()
    way_of = {classes[k]: f"chat/{'ab'[q]}" for q, ks in enumerate(several) for k in ks}
    offers = {(f"p{i}", regions[one.region]): one for i, one in enumerate(case.contracts)}
    by_way = {("demand_rps", (k, "users")): ("Chosen", (q,)) for k, q in way_of.items()}
    return {
        "partition_of": way_of,
        "partitions_of": {"chat": ("chat/a", "chat/b")} if several else {},
        "carriers": by_way
        | {("delivered_it_kw_per_kw", label): ("Contracted_kw", label) for label in offers},
        "supply": Supply(
            {label: (one.least_kw, one.most_kw) for label, one in offers.items()},
            case.matched_share,
            case.by_market,
        ),
    }


def promises(case: Case, classes: list[str], configurations: list[str]) -> Promises:
    """Spare replicas and quality of the online workload."""
    margins = {
        (k, c): case.tokens[i] * (QUALITY[engine.llm] - case.floor)
        for i, k in enumerate(classes[:-1])
        for j, c in enumerate(configurations)
        for engine in [case.engines[case.engine_of[j]]]
        if engine.role != "prefill" and case.rate_rps[i, j]
    }
    return Promises(
        workload_of=dict.fromkeys(classes[:-1], "chat") | {NIGHT: "night"},
        quality_margin=margins if case.floor else {},
        spare_replicas={"chat": case.spare} if case.spare else {},
    )

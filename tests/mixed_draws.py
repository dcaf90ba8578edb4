"""Random cases: every lever is drawn on or off, and all numbers with it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from tests.mixed_cases import (
    DAY,
    FUTURES,
    LOSS,
    RUN,
    SLOTS,
    STAGES,
    Case,
    Contract,
    Engine,
)


def random_case(rng: np.random.Generator) -> Case:
    """A case whose numbers and levers are drawn."""
    regions, skus = [(1, 1), (2, 1), (1, 2)][rng.integers(3)]
    times = [DAY, RUN, FUTURES, STAGES, LOSS if regions > 1 else STAGES]
    time = times[rng.integers(len(times))]
    stages = 1 + (time == STAGES)

    def on(chance: float) -> bool:
        return bool(rng.random() < chance)

    engines = _engines(rng, skus, most=4 if regions == 1 else 3)
    ways = ((0,), (1, 2)) if on(0.35) else ((0,),)
    requests = _requests(rng, engines, ways)
    existing = (rng.random((skus, regions)) < 0.4).astype(int)
    stock = (rng.random((stages, skus, regions)) < 0.75).astype(int)
    hosts = rng.uniform(0, 0.3, (stages, skus, 2))
    sizes = (skus, 2)
    saved = np.array([0.0, 1.0])
    return Case(
        time=time,
        sku_accelerators=rng.choice([1.0, 2.0], skus, p=[0.2, 0.8]),
        off_kw=rng.uniform(0, 0.02, skus),
        powered_kw=rng.uniform(0.05, 0.4, skus),
        parts_kgco2e=hosts,
        parts_usd=rng.uniform(0, 1, (stages, skus, 2)),
        kgco2e_per_hour=rng.uniform(0, 0.1, skus),
        existing=existing,
        stock=stock,
        switch_off=on(0.85),
        charge=["owned-time", "purchase" if time == STAGES else "use"][rng.integers(2)],
        memory=on(0.4),
        free_gb=np.ones(sizes) * [200.0, 100.0],
        saved_kw=rng.uniform(0.01, 0.05, sizes) * saved,
        saved_kgco2e=rng.uniform(0, 0.1, sizes) * saved,
        saved_usd=rng.uniform(0, 0.2, sizes) * saved,
        saved_kgco2e_per_hour=rng.uniform(0, 0.05, sizes) * saved,
        upgrades=skus > 1 and time == STAGES and on(0.7),
        moves=regions > 1 and time == STAGES and on(0.7),
        move_kgco2e=rng.uniform(0, 0.1),
        host_life=1 + on(0.8),
        life=1 + on(0.8),
        budget_usd=float(rng.uniform(0.1, 1.2)) if on(0.25) else np.inf,
        engines=engines,
        host_reuse_share=float(rng.choice([0.5, 0.75, 1.0])),
        start_costs=on(0.6),
        hold=time in (DAY, RUN) and on(0.4),
        ways=ways,
        waits=on(0.7),
        headroom=float(rng.choice([1.0, 1.3], p=[0.7, 0.3])),
        spare=int(on(0.3)),
        floor=float(rng.choice([0.0, 0.75, 0.9])),
        region_share=_share(rng, regions),
        vendor_share=_share(rng, skus),
        **requests,
        **_power(rng, regions, time),
        **_aim(rng, time),
    )


def _share(rng: np.random.Generator, among: int) -> float:
    return float(rng.choice([1.0, 0.7, 0.5], p=[0.6, 0.25, 0.15])) if among > 1 else 1.0


def _engines(rng: np.random.Generator, skus: int, most: int) -> tuple[Engine, ...]:
    """Engines of both phases, of one, of another LLM and on hosts, at most so many."""

    def drawn(sku: int, **others: object) -> Engine:
        return Engine(
            sku=sku,
            loaded_kw=rng.uniform(0.02, 0.2),
            start_kwh=rng.uniform(0, 0.1),
            start_fraction=float(rng.choice([0.0, 0.1, 0.3])),
            **others,
        )

    last, found = skus - 1, [drawn(0)]
    are_apart = rng.random() < 0.4
    if rng.random() < 0.5 and not (are_apart and most < 4):
        share, gb = float(rng.choice([0.5, 1.0])), float(rng.choice([60.0, 110.0]))
        host = drawn(0, role="host", accelerators=0.0, host_share=share, host_gb=gb)
        found.append(replace(host, loaded_kw=0.0))
    if are_apart:
        found += [drawn(0, role="prefill"), drawn(last, role="decode")]
        if rng.random() < 0.4:
            found = found[1:]  # phases are apart, or nothing serves
    if rng.random() < 0.5 or skus > 1:
        found.append(drawn(last, llm="small" if rng.random() < 0.6 else "large"))
    return tuple(found[:most])


def _requests(
    rng: np.random.Generator, engines: tuple[Engine, ...], ways: tuple
) -> dict[str, object]:
    """Rates and energies of engines, the first perhaps at two clocks; demand and work."""
    classes = 2 + 2 * (len(ways) > 1)
    engine_of = tuple(range(len(engines)))
    rate = rng.uniform(5, 12, (classes, len(engines)))
    energy = rng.uniform(0.01, 0.06, rate.shape)
    for e, engine in enumerate(engines):
        if engine.role == "host":
            rate[:-1, e] = 0.0
            energy[-1, e] *= rng.uniform(0.3, 3)
        if engine.role in ("prefill", "decode"):
            rate[:, e] *= 1.5
            energy[:, e] *= 0.5
    has_others = len(engines) > 1 and engines[-1].role == "mixed"
    if len(ways) > 1 and has_others and rng.random() < 0.5:
        rate[[0, -1], -1] = 0.0  # for the other way alone
    if rng.random() < 0.4:
        engine_of = (*engine_of, 0)
        rate = np.column_stack([rate, 0.7 * rate[:, 0]])
        energy = np.column_stack([energy, 0.8 * energy[:, 0]])
    demand = np.zeros((classes, SLOTS))
    total = rng.uniform(0, 8, SLOTS)
    shares = rng.dirichlet([1.0, 1.0])
    demand[0] = total
    if len(ways) > 1:
        demand[1:3] = shares[:, None] * total
    return {
        "engine_of": engine_of,
        "rate_rps": rate,
        "energy_kj": energy,
        "demand_rps": demand,
        "work_rps": rng.uniform(0, 4, SLOTS) * (rng.random() < 0.8),
        "tokens": rng.uniform(50, 200, classes),
    }


def _power(rng: np.random.Generator, regions: int, time: str) -> dict[str, object]:
    """Grid, contracts, and how long slots count."""
    site = (regions, SLOTS)
    intensity = rng.uniform(0.05, 0.6, site)
    negative = "floor"
    if rng.random() < 0.5:
        intensity -= 0.6 * (rng.random(site) < 0.5)
        negative = str(rng.choice(["floor", "no-idle-earning", "allow"]))
    contracts = ()
    if negative != "no-idle-earning" and rng.random() < 0.45:
        profile = rng.uniform(0.2, 1, SLOTS)
        contracts = (
            Contract(
                region=int(rng.integers(regions)),
                profile=np.repeat(profile[:1], SLOTS) if time == FUTURES else profile,
                least_kw=float(rng.choice([0.0, 0.2])),
                most_kw=float(rng.choice([1.0, 5.0])),
                price=rng.uniform(0.05, 0.2),
                resale=rng.uniform(0.0, 0.05),
                intensity=rng.uniform(0.0, 0.05),
            ),
        )
    return {
        "hours": np.array([1.0, 0.0]) if time == LOSS else np.ones(SLOTS),
        "slot_hours": float(rng.choice([1.0, 0.5])),
        "pue": rng.uniform(1.0, 1.6, site),
        "intensity": intensity,
        "price": rng.uniform(0.02, 0.3, site),
        "residual": rng.uniform(0.1, 0.7, site),
        "negative": negative,
        "contracts": contracts,
        "by_market": bool(contracts) and rng.random() < 0.7,
        "matched_share": float(rng.choice([0.0, 0.4])) if contracts else 0.0,
    }


def _aim(rng: np.random.Generator, time: str) -> dict[str, object]:
    """Weights of impacts and of the worst future."""
    known = rng.uniform(0.2, 0.8)
    weight = float(rng.choice([0.0, 0.5, 1.0])) if time == FUTURES else 0.0
    return {
        "weights": [(1.0, 0.0), (0.0, 1.0), (1.0, 0.3)][rng.integers(3)],
        "probability": np.array([known, 1 - known]),
        "tail": float(rng.choice([0.25, 0.6])),
        "worst_weight": weight,
    }

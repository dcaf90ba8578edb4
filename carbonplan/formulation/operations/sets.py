"""Index sets: what can happen at all; what cannot is in none of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

import pyomo.environ as pyo

from carbonplan.problem import Problem
from carbonplan.problem.partitions import dedicated


@dataclass(frozen=True)
class Slots:
    """Slots of a model, as its rows look at them.

    Attributes
    ----------
    previous
        State before each slot.
    stage_of
        Stage whose servers stand in it.
    held
        First slot of the window in which replicas stay as they are.
    empty
        Openings in which no batch work waits.
    """

    previous: Mapping
    stage_of: Mapping
    held: Mapping
    empty: frozenset = field(default_factory=frozenset)


def add(m: pyo.ConcreteModel, problem: Problem, slots: Slots) -> None:
    """Attach every index set of operations."""
    before = slots.previous
    openings = [state for state in before.values() if state not in before]
    m.previous, m.stage_of, m.held = before, slots.stage_of, slots.held
    m.SLOTS = pyo.Set(initialize=list(before), dimen=None, doc="slots")
    m.STATES = pyo.Set(initialize=[*openings, *before], dimen=None, doc="slots and openings")
    m.EMPTY = slots.empty
    held = [t for t, first in slots.held.items() if first != t]
    m.HELD = pyo.Set(initialize=held, dimen=None, doc="slots in which replicas stay")
    add_sites(m, problem)
    add_service(m, problem)
    add_promises(m, problem)
    add_partitions(m, problem)


def add_sites(m: pyo.ConcreteModel, problem: Problem) -> None:
    """Sites, placements and limits."""
    placements = sorted({(problem.engine_of[c], r) for _, c, r in problem.serving})
    existing = problem.data["existing_servers"].sum("cohort").to_series()
    sites = {(problem.sku_of[e], r) for e, r in placements}
    sites |= {site for site, servers in existing.items() if servers > 0}
    m.SITES = pyo.Set(dimen=2, initialize=sorted(sites), doc="SKUs that may stand in a region")
    m.PLACEMENTS = pyo.Set(dimen=2, initialize=placements, doc="engines in a region")
    hosted = defaultdict(list)
    for e, r in placements:
        hosted[problem.sku_of[e], r].append(e)
    m.HOSTED = {site: hosted[site] for site in sorted(sites)}
    m.LOADING_IN = defaultdict(list)
    on_demand = problem.start_costs and "loading_requests" in problem.data
    for e, r in placements if on_demand else ():
        m.LOADING_IN[r].append(e)
    m.HOSTING = pyo.Set(
        dimen=2, initialize=[s for s, cs in m.HOSTED.items() if cs], doc="sites that may serve"
    )
    m.STANDING, m.REGIONS_OF_SKU = defaultdict(list), defaultdict(list)
    for g, r in m.HOSTED:
        m.STANDING[r].append(g)
        m.REGIONS_OF_SKU[g].append(r)
    powered = [r for r in m.STANDING if r in problem.site_power_kw]
    spaced = [r for r in m.STANDING if r in problem.site_servers]
    m.POWER_LIMITED = pyo.Set(initialize=powered, doc="regions with a power limit")
    m.SPACE_LIMITED = pyo.Set(initialize=spaced, doc="regions with a limit on servers")


def add_service(m: pyo.ConcreteModel, problem: Problem) -> None:
    """Who may be served where, and by what."""
    m.SERVING = pyo.Set(dimen=3, initialize=problem.serving, doc="what may carry a class where")
    m.ROUTES = pyo.Set(dimen=3, initialize=problem.routes, doc="class, origin, region")
    m.SERVERS_OF, m.LOADS_OF = defaultdict(list), defaultdict(list)
    for k, c, r in problem.serving:
        m.SERVERS_OF[k, r].append(c)
        m.LOADS_OF[problem.engine_of[c], r].append((k, c))
    add_phases(m, problem)
    m.ORIGINS_OF, m.REGIONS_OF = defaultdict(list), defaultdict(list)
    for k, o, r in problem.routes:
        m.ORIGINS_OF[k, r].append(o)
        m.REGIONS_OF[k, o].append(r)
    m.ONLINE_IN = defaultdict(list)
    for k, r in sorted(m.ORIGINS_OF):
        m.ONLINE_IN[r].append(k)
    m.DEMANDS = pyo.Set(dimen=2, initialize=sorted(m.REGIONS_OF), doc="class and origin")
    m.ARRIVALS_IN = pyo.Set(dimen=2, initialize=sorted(m.ORIGINS_OF), doc="class and region")
    m.BATCH = pyo.Set(initialize=problem.batch, doc="batch classes")
    m.PLACES_OF = defaultdict(list)
    for k, c, r in problem.serving:
        if k in problem.batch and problem.role_of.get(c) != "prefill":
            m.PLACES_OF[k].append((c, r))
    regions = sorted({r for _, _, r in problem.serving})
    m.SERVICE_REGIONS = pyo.Set(initialize=regions, doc="regions that may serve")


def add_phases(m: pyo.ConcreteModel, problem: Problem) -> None:
    """Who answers requests, and who hands them over to whom, by the weights that they use."""
    m.ANSWERING = defaultdict(list)
    by_role = {"prefill": defaultdict(list), "decode": defaultdict(list)}
    for k, c, r in problem.serving:
        role = problem.role_of.get(c, "mixed")
        if role != "prefill":
            m.ANSWERING[k, r].append(c)
        if role != "mixed":
            by_role[role][k, problem.weights_of[c], r].append(c)
    m.PREFILLING, m.DECODING = by_role["prefill"], by_role["decode"]
    handovers = sorted({*m.PREFILLING, *m.DECODING})
    m.HANDOVERS = pyo.Set(
        dimen=3, initialize=handovers, doc="class, weights and region of separate phases"
    )


def add_promises(m: pyo.ConcreteModel, problem: Problem) -> None:
    """Contracts by region; answers that have a quality, and engines that may stand ready."""
    promises = problem.promises
    contracts = list(problem.supply.bounds_kw)
    m.CONTRACTS = pyo.Set(dimen=2, initialize=contracts, doc="contracts, with their region")
    m.CONTRACTS_IN = defaultdict(list)
    for p, r in contracts:
        m.CONTRACTS_IN[r].append(p)
    m.ANSWERS_OF = defaultdict(list)
    ready: dict[str, dict[tuple[str, str], None]] = defaultdict(dict)
    answering = [(k, c, r) for (k, r), cs in m.ANSWERING.items() for c in cs]
    for k, c, r in answering:
        w = promises.workload_of.get(k)
        if (k, c) in promises.quality_margin:
            m.ANSWERS_OF[w].append((k, c, r))
        if w in promises.spare_replicas:
            ready[w][problem.engine_of[c], r] = None
    m.SPARES_OF = {w: list(engines) for w, engines in ready.items()}
    m.SKUS_OF_VENDOR = defaultdict(list)
    for g in m.REGIONS_OF_SKU:
        m.SKUS_OF_VENDOR[problem.shares.vendor_of.get(g)].append(g)


def add_partitions(m: pyo.ConcreteModel, problem: Problem) -> None:
    """Ways of dividing requests, and the engines that serve one of them alone."""
    m.PARTITIONS_OF = dict(problem.partitions_of)
    m.PARTITIONS = pyo.Set(
        initialize=[q for found in m.PARTITIONS_OF.values() for q in found],
        doc="ways of dividing requests into classes",
    )
    m.partition_of_engine = dedicated(problem.serving, problem.engine_of, problem.partition_of)
    alone = [(e, r) for e, r in m.PLACEMENTS if e in m.partition_of_engine]
    m.DEDICATED = pyo.Set(dimen=2, initialize=alone, doc="engines of one partition in a region")

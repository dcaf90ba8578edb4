"""Index sets: what can happen at all; what cannot is in none of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

import pyomo.environ as pyo

from carbonplan.problem import Problem


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
        if k in problem.batch:
            m.PLACES_OF[k].append((c, r))
    regions = sorted({r for _, _, r in problem.serving})
    m.SERVICE_REGIONS = pyo.Set(initialize=regions, doc="regions that may serve")

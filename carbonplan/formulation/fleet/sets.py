"""Index sets of the fleet: which servers of which age may stand where, and become what."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

import pyomo.environ as pyo

from carbonplan.problem import Problem


def add(m: pyo.ConcreteModel, problem: Problem) -> None:
    """Attach stages, cohorts, renewal and limits; ``m.SITES`` stands already."""
    sites = list(m.SITES)
    stages = [node.name for node in problem.nodes]
    m.STAGES = pyo.Set(initialize=stages, doc="stages")
    m.FLEETS = pyo.Set(
        dimen=3, initialize=[(y, g, r) for y in stages for g, r in sites], doc="sites in stages"
    )
    add_renewal(m, problem, sites)
    add_cohorts(m, problem)
    add_limits(m, problem, sites)


def add_renewal(m: pyo.ConcreteModel, problem: Problem, sites: list) -> None:
    """What cohorts may become at the start of a stage."""
    renewal, among = problem.renewal, set(sites)
    kept = [(y, v, g, r) for y, v, g, r in renewal.kept if (g, r) in among]
    upgrades = [
        one for one in renewal.upgrades if {(one[2], one[4]), (one[3], one[4])} <= among
    ]
    moves = [one for one in renewal.moves if {(one[2], one[3]), (one[2], one[4])} <= among]
    m.KEPT = pyo.Set(dimen=4, initialize=kept, doc="cohorts that may still stand in a stage")
    m.UPGRADES = pyo.Set(dimen=5, initialize=upgrades, doc="hosts that may get accelerators")
    m.MOVES = pyo.Set(dimen=5, initialize=moves, doc="servers that may move")
    m.UPGRADES_FROM, m.UPGRADES_IN = defaultdict(list), defaultdict(list)
    for y, v, g, d, r in upgrades:
        m.UPGRADES_FROM[y, v, g, r].append(d)
        m.UPGRADES_IN[y].append((v, g, d, r))
    m.MOVES_FROM, m.MOVES_TO = defaultdict(list), defaultdict(list)
    for y, v, g, r, q in moves:
        m.MOVES_FROM[y, v, g, r].append(q)
        m.MOVES_TO[y, v, g, q].append(r)


def add_cohorts(m: pyo.ConcreteModel, problem: Problem) -> None:
    """Cohorts that may stand in a stage, and as what they come to."""
    m.BOUGHT_AS, m.KEPT_AS = defaultdict(list), defaultdict(list)
    m.UPGRADED_AS = defaultdict(list)
    stood = [(y, y, g, r) for y, g, r in m.FLEETS]
    for label in stood:
        m.BOUGHT_AS[label].append(label)
    for label in m.KEPT:
        m.KEPT_AS[label].append(label)
    for y, w, d, g, r in m.UPGRADES:
        m.UPGRADED_AS[y, problem.renewal.upgraded[y, w], g, r].append((w, d))
    stood = list(dict.fromkeys([*stood, *m.KEPT, *m.UPGRADED_AS]))
    m.STOOD = pyo.Set(dimen=4, initialize=stood, doc="cohorts in a stage")
    m.COHORTS_OF = defaultdict(list)
    for y, v, g, r in stood:
        m.COHORTS_OF[y, g, r].append(v)
    add_aging(m, problem, set(stood))


def add_aging(m: pyo.ConcreteModel, problem: Problem, stood: set) -> None:
    """Cohorts that come from the stage before; in the first one, from what stood."""
    parent = {node.name: node.parent for node in problem.nodes}
    renewed = [*m.UPGRADES_FROM, *m.MOVES_FROM, *m.MOVES_TO]
    aging = [label for label in m.KEPT if parent[label[0]] is not None]
    aging = list(dict.fromkeys([*aging, *renewed]))
    existing = problem.data["existing_servers"].to_series()
    m.AGING = pyo.Set(dimen=4, initialize=aging, doc="cohorts that pass into a stage")
    m.STOOD_BEFORE = {
        (y, v, g, r): [parent[y]] if (parent[y], v, g, r) in stood else []
        for y, v, g, r in aging
    }
    m.stood_before = {
        (y, v, g, r): float(existing.get((v, g, r), 0.0)) if parent[y] is None else 0.0
        for y, v, g, r in aging
    }


def add_limits(m: pyo.ConcreteModel, problem: Problem, sites: Iterable) -> None:
    """Where purchases are limited, and which are ordered together."""
    among = set(sites)
    m.stock, m.total_stock = {}, {}
    for y, g, r, most in problem.stock:
        if r is None:
            m.total_stock[y, g] = min(most, m.total_stock.get((y, g), most))
        elif (g, r) in among:
            m.stock[y, g, r] = min(most, m.stock.get((y, g, r), most))
    stocked = [(y, g) for y, g in m.total_stock if g in m.REGIONS_OF_SKU]
    m.STOCKED = pyo.Set(dimen=3, initialize=list(m.stock), doc="regions with a stock")
    m.STOCKED_IN_ALL = pyo.Set(dimen=2, initialize=stocked, doc="SKUs with a stock for all")
    m.BUDGETS = pyo.Set(initialize=list(problem.budget_usd), doc="stages with a budget")
    orders = [
        (y, first, g, r) for y, first, g in problem.renewal.orders for r in m.REGIONS_OF_SKU[g]
    ]
    m.ORDERS = pyo.Set(dimen=4, initialize=orders, doc="purchases ordered together")

"""Sets and coefficients of hosts: replicas on their sockets, and sizes of their memory."""

from __future__ import annotations

from collections import defaultdict

import pyomo.environ as pyo

from carbonplan.formulation.operations.parameters import described, values
from carbonplan.problem import Problem
from carbonplan.problem.memory import AS_SOLD

ON_HOSTS = {
    "host_share": "share of a host that a replica on its sockets takes [1]",
    "host_dram_gb": "DRAM of a replica on a host [GB]",
    "free_dram_gb": "DRAM of a server as sold that it does not need [GB]",
}
BY_SIZE = {
    "fitted_free_dram_gb": "DRAM of a server that it does not need [GB]",
    "saved_idle_kw": "power that a powered server is spared [kW]",
}


def add(m: pyo.ConcreteModel, problem: Problem) -> None:
    """Attach both; the sets are empty where the levers are not used."""
    m.memory_is_chosen = bool(problem.fittings)
    add_reuse(m, problem)
    add_sizes(m, problem)
    add_fitted(m, problem)


def add_reuse(m: pyo.ConcreteModel, problem: Problem) -> None:
    """Sites whose hosts may run replicas, and what these take."""
    engines = set(problem.on_hosts)
    m.ON_HOSTS = {
        site: [e for e in hosted if e in engines] for site, hosted in m.HOSTED.items()
    }
    m.REUSING = pyo.Set(
        dimen=2,
        initialize=[site for site, hosted in m.ON_HOSTS.items() if hosted],
        doc="sites whose hosts may run replicas",
    )
    for name, doc in ON_HOSTS.items() if engines else ():
        setattr(m, name, described(values(problem.data[name]), doc))
    if engines:
        m.host_reuse_share = float(problem.data["host_reuse_share"])


def add_sizes(m: pyo.ConcreteModel, problem: Problem) -> None:
    """Sizes of memory that cohorts of a SKU may have, and those that some cohort may."""
    m.SIZES = defaultdict(list)
    for v, g, size in problem.fittings:
        m.SIZES[v, g].append(size)
    m.MAY_HAVE = frozenset(problem.fittings)
    stood = {(v, g, r) for _, v, g, r in m.STOOD}
    m.SIZES_OF = {
        (g, r): list(
            dict.fromkeys(
                size for v, sku, size in problem.fittings if sku == g and (v, g, r) in stood
            )
        )
        for g, r in (m.SITES if problem.fittings else ())
    }
    m.sizes_differ = any(len(sizes) > 1 for sizes in m.SIZES.values())
    for name, doc in BY_SIZE.items() if problem.fittings else ():
        setattr(m, name, described(values(problem.data[name].transpose("sku", "memory")), doc))


def add_fitted(m: pyo.ConcreteModel, problem: Problem) -> None:
    """Which servers may have which memory, in stages and in slots."""
    fitting = [(y, v, g, r) for y, v, g, r in m.STOOD if m.SIZES.get((v, g))]
    fitted = [(*label, size) for label in fitting for size in m.SIZES[label[1], label[2]]]
    bought = {node.name for node in problem.nodes}
    staying = [
        one for one in fitted if one[:4] in m.AGING and one[1] in bought and one[1] != one[0]
    ]
    worn_out = [label for label in m.UPGRADES_FROM if label not in m.STOOD]
    staying += [(*one, AS_SOLD) for one in worn_out if AS_SOLD in m.SIZES.get(one[1:3], ())]
    m.FITTED_STILL = {one: [one] if one[:4] in m.STOOD else [] for one in staying}
    sites = [(g, r, size) for (g, r), sizes in m.SIZES_OF.items() for size in sizes]
    m.AS_SOLD = {size: float(size == AS_SOLD) for *_, size in fitted}
    m.FITTING = pyo.Set(dimen=4, initialize=fitting, doc="cohorts whose memory has a size")
    m.FITTED = pyo.Set(dimen=5, initialize=fitted, doc="sizes of memory of cohorts")
    m.STAYING = pyo.Set(dimen=5, initialize=staying, doc="sizes that pass into a stage")
    m.FITTED_SITES = pyo.Set(dimen=3, initialize=sites, doc="sizes of memory at sites")
    m.FITTED_FLEETS = pyo.Set(
        dimen=4,
        initialize=[(y, *site) for y in m.STAGES for site in sites],
        doc="sizes of memory at sites in stages",
    )

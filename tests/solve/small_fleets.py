"""Small fleets with whole replicas in several slots, that branch and bound alone can prove."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

from carbonplan.program import Layout, Program

TYPES = 6
RATES = np.array([3.1, 2.3, 1.7, 5.3, 4.1, 0.9])


def random_fleet(seed: int, slots: int = 10, put_off: float = 0.2) -> Program:
    """Six types of servers with two replicas each serve a random load; a little is put off.

    Columns Servers[type], Replicas[type, slot], Work[slot], Backlog[slot]; rows: work is done,
    backlog is carried, which couples the slots in a ring, and replicas fit in servers.
    """
    generator = np.random.default_rng(seed)
    demand = generator.uniform(4, 18, slots)
    servers = np.arange(TYPES)
    replicas = TYPES + np.arange(TYPES * slots).reshape(TYPES, slots)
    work, backlog = TYPES * (slots + 1) + np.arange(2 * slots).reshape(2, slots)
    count = TYPES * (slots + 1) + 2 * slots
    served, carried = sp.lil_array((slots, count)), sp.lil_array((slots, count))
    fits = sp.lil_array((TYPES * slots, count))
    for slot in range(slots):
        served[slot, replicas[:, slot]] = RATES
        served[slot, work[slot]] = -1
        carried[slot, [work[slot], backlog[slot], backlog[slot - 1]]] = [1, 1, -1]
        for kind in range(TYPES):
            fits[kind * slots + slot, replicas[kind, slot]] = 1
            fits[kind * slots + slot, servers[kind]] = -2
    price = np.outer(RATES**0.9, generator.uniform(0.1, 0.5, slots))
    upper = [np.full(TYPES, 4.0), np.full(TYPES * slots, 8.0)]
    labels = tuple((str(kind),) for kind in range(TYPES))
    return Program(
        matrix=sp.csc_array(sp.vstack([served, carried, fits])),
        row_lower=np.concatenate([np.zeros(slots), demand, np.full(TYPES * slots, -np.inf)]),
        row_upper=np.concatenate([np.full(slots, np.inf), demand, np.zeros(TYPES * slots)]),
        column_lower=np.concatenate([np.zeros(work[0]), demand - put_off, np.zeros(slots)]),
        column_upper=np.concatenate([*upper, demand + put_off, np.full(slots, put_off)]),
        integer=np.arange(count) < work[0],
        cost=np.concatenate([4 * RATES**0.8, price.ravel(), np.zeros(2 * slots)]),
        offset=3.0,
        impacts={},
        columns={
            "Servers": Layout(("sku",), labels, servers),
            "Replicas": Layout(("sku",), labels, replicas),
            "Work": Layout(("class",), (("batch",),), work[None]),
            "Backlog": Layout(("class",), (("batch",),), backlog[None]),
        },
        rows={},
    )

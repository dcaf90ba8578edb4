"""Of several ways of dividing the requests of a workload, a plan uses one at a time."""

from __future__ import annotations

import numpy as np

from carbonplan.verify.case import Case
from carbonplan.verify.checks import Check, at_most, equal, whole

NAME = "one_partition_is_used"


def partition_checks(case: Case) -> list[Check]:
    """One partition of each workload, the same over a window, and no replicas for others."""
    if not case.partitions:
        return []
    workloads = list(dict.fromkeys(one.rpartition("/")[0] for one in case.partitions))
    of_workload = np.array(
        [[float(q.rpartition("/")[0] == w) for q in case.partitions] for w in workloads]
    )
    by_partition = case.partitions, case.slots
    return [
        whole(NAME, "partition chosen", case.chosen, by_partition),
        equal(
            NAME, "partitions chosen", of_workload @ case.chosen, 1.0, (workloads, case.slots)
        ),
        equal(NAME, "over its window", case.chosen, _held(case), by_partition),
        _others_rest(case),
    ]


def _held(case: Case) -> np.ndarray:
    """What is chosen in the first slot of the window of each slot, (q, t)."""
    hours = case.inputs.scenario.fleet.hold_hours
    if hours is None:
        return case.chosen
    window = max(1, round(hours / float(case.slot_hours[0])))
    first = np.searchsorted(case.run, case.run)
    slots = np.arange(len(case.run))
    return case.chosen[:, slots - (slots - first) % window]


def _others_rest(case: Case) -> Check:
    """No replica runs that was measured for a class of a partition that is not chosen."""
    way = {one.name: one.way for one in case.classes if one.is_optional}
    idle = np.zeros_like(case.replicas)
    for e, replica in enumerate(case.engine_running):
        if replica.mode in way:
            chosen = case.chosen[case.partitions.index(way[replica.mode])]
            idle[e] = case.replicas[e] * (1.0 - chosen)
    axes = case.engines, case.regions, case.slots
    return at_most(NAME, "replicas of another partition", idle, 0.0, axes)

"""Ways of dividing requests into classes, of which a plan chooses one at a time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from carbonplan.catalogue.inputs import Inputs
from carbonplan.problem.records import Label

CHOSEN = "Chosen"


def partition_of(inputs: Inputs) -> dict[str, str]:
    """Partition of each class of a workload that has several, ``<workload>/<partition>``."""
    return {one.name: one.way for one in inputs.classes if one.is_optional}


def partitions_of(inputs: Inputs) -> dict[str, tuple[str, ...]]:
    """The partitions of each workload that has several."""
    ways: dict[str, dict[str, None]] = {}
    for one in inputs.classes:
        if one.is_optional:
            ways.setdefault(one.workload.name, {})[one.way] = None
    return {workload: tuple(found) for workload, found in ways.items()}


def demand_carriers(inputs: Inputs) -> dict[tuple[str, Label], tuple[str, Label]]:
    """Demand of such a class is there where its partition is chosen."""
    origins = inputs.series["origin"].values.tolist()
    return {
        ("demand_rps", (name, origin)): (CHOSEN, (partition,))
        for name, partition in partition_of(inputs).items()
        for origin in origins
    }


def dedicated(
    serving: Iterable[Label], engine_of: Mapping[str, str], of_class: Mapping[str, str]
) -> dict[str, str]:
    """The partition of engines that can serve the classes of one partition alone."""
    served: dict[str, set[str | None]] = {}
    for k, c, _ in serving:
        served.setdefault(engine_of[c], set()).add(of_class.get(k))
    return {
        engine: partition
        for engine, (partition, *others) in ((e, tuple(found)) for e, found in served.items())
        if partition is not None and not others
    }

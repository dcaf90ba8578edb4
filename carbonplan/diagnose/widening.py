"""What the fleet may use, made wider: for requests that nothing of it serves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from carbonplan.catalogue import hardware
from carbonplan.catalogue.gather import library_of
from carbonplan.configurations.enumeration import candidates_of, class_limits, impossible
from carbonplan.configurations.modes import llms_in_modes
from carbonplan.diagnose import weights
from carbonplan.diagnose.ladders import Rung, Setting
from carbonplan.technology.operating import OK, operating_points
from carbonplan.technology.planning import calibration_of

if TYPE_CHECKING:
    from carbonplan.catalogue.inputs import Inputs, WorkloadClass
    from carbonplan.catalogue.records import Server
    from carbonplan.scenario.loaded import LoadedScenario

PARALLEL = (1, 2, 4, 8)
PRECISIONS = ("bf16", "fp8")
MOST_SKUS = 2  # that are tried


def widenings(
    loaded: LoadedScenario, inputs: Inputs, workloads: Sequence[str]
) -> Iterator[Setting]:
    """Parallelism, precisions and SKUs that the fleet does not use and that might help."""
    fleet = inputs.scenario.fleet
    for key, words, usual in (
        ("tensor_parallel", "tensor parallelism", PARALLEL),
        ("precisions", "precisions", PRECISIONS),
    ):
        has = list(getattr(fleet, key))
        more = [*has, *(one for one in usual if one not in has)]
        if more != has:
            yield _wider(f"fleet.{key}", f"the {words} of the fleet", has, [more])
    classes = [k for k in inputs.classes if k.workload.name in workloads]
    skus = _other_skus(loaded, inputs, classes)
    if skus:
        lists = [[*fleet.skus, sku] for sku in skus]
        yield _wider("fleet.skus", "the SKUs of the fleet", list(fleet.skus), lists)


def _wider(path: str, words: str, before: list, lists: Sequence[list]) -> Setting:
    """A list of the fleet with more in it."""
    rungs = []
    for more in lists:
        added = ", ".join(str(one) for one in more if one not in before)
        override = f"{path}=[{', '.join(str(one) for one in more)}]"
        told = f"add {added} to {words}"
        rungs.append(Rung(override, more, told, 1.0))
    return Setting(
        path, words, before, weights.HARDWARE, tuple(rungs), rungs[-1].override, is_service=True
    )


def _other_skus(
    loaded: LoadedScenario, inputs: Inputs, classes: Sequence[WorkloadClass]
) -> list[str]:
    """SKUs of the catalogue that serve every one of some classes, the least memory first."""
    library = library_of(loaded)
    names = [
        one for one in hardware.sku_names(library) if one not in inputs.scenario.fleet.skus
    ]
    servers = hardware.servers(names, library)
    able = [s for s in servers if all(_serves(inputs, s, k) for k in classes)]
    by_memory = sorted(
        able, key=lambda s: (s.sku.accelerators * s.accelerator.memory_gb, s.name)
    )
    return [s.name for s in by_memory[:MOST_SKUS]]


def _serves(inputs: Inputs, server: Server, one: WorkloadClass) -> bool:
    """Whether some configuration of a SKU serves a class inside its SLOs."""
    measured = llms_in_modes(inputs)
    replicas = [
        replica
        for llm in inputs.llms
        if llm.llm in one.workload.llms and llm.llm not in measured
        for configuration, replica in candidates_of(inputs, llm, server)
        if not configuration.on_host and impossible(replica) is None
    ]
    if not replicas:
        return False
    points = operating_points(
        replicas,
        [class_limits(inputs, one)],
        utilisation_limit=inputs.scenario.fleet.utilisation_limit,
        calibration=calibration_of(inputs),
    )
    return bool(np.any(points.rejection[0] == OK))
